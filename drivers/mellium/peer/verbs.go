package main

import (
	"context"
	"encoding/xml"
	"errors"
	"strings"
	"time"

	"mellium.im/xmlstream"
	"mellium.im/xmpp/blocklist"
	"mellium.im/xmpp/carbons"
	"mellium.im/xmpp/history"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/roster"
	"mellium.im/xmpp/stanza"

	"assay.test/stdio"
)

func logout(stdio.Params) (any, error) {
	session, err := running()
	if err != nil {
		return nil, err
	}
	// Then serve closes the connection: when the server has closed its stream too, or when this time is over.
	if err := session.SetCloseDeadline(time.Now().Add(time.Second)); err != nil {
		return nil, err
	}
	return nil, session.Close()
}

func message(params stdio.Params) (any, error) {
	session, err := running()
	if err != nil {
		return nil, err
	}
	to, err := jid.Parse(params.String("to"))
	if err != nil {
		return nil, stdio.ErrInvalidParams
	}
	return nil, session.Encode(context.Background(), textMessage{
		Message: stanza.Message{To: to, Type: stanza.ChatMessage},
		Body:    params.String("body"),
	})
}

func query(params stdio.Params) (any, error) {
	session, err := running()
	if err != nil {
		return nil, err
	}
	to, err := jid.Parse(params.String("to"))
	if err != nil {
		return nil, stdio.ErrInvalidParams
	}
	payload := xml.StartElement{Name: xml.Name{Space: params.String("xmlns"), Local: params.String("name")}}
	response, err := session.SendIQElement(context.Background(), xmlstream.Wrap(nil, payload), stanza.IQ{Type: stanza.GetIQ, To: to})
	if err != nil {
		return nil, err
	}
	defer response.Close()
	token, err := response.Token()
	if err != nil {
		return nil, err
	}
	start, ok := token.(xml.StartElement)
	if !ok {
		return nil, errors.New("an answer that does not begin with an element")
	}
	if _, err := stanza.UnmarshalIQError(response, start); err != nil {
		return nil, failure(err)
	}
	var text strings.Builder
	encoder := xml.NewEncoder(&text)
	if _, err := xmlstream.Copy(encoder, xmlstream.Inner(response)); err != nil {
		return nil, err
	}
	if err := encoder.Flush(); err != nil {
		return nil, err
	}
	return map[string]any{"xml": text.String()}, nil
}

func fetchRoster(stdio.Params) (any, error) {
	session, err := running()
	if err != nil {
		return nil, err
	}
	items := []string{}
	fetched := roster.Fetch(context.Background(), session)
	for fetched.Next() {
		items = append(items, fetched.Item().JID.String())
	}
	err = fetched.Err()
	if closeErr := fetched.Close(); err == nil {
		err = closeErr
	}
	return map[string]any{"items": items}, failure(err)
}

func enableCarbons(stdio.Params) (any, error) {
	session, err := running()
	if err != nil {
		return nil, err
	}
	return nil, failure(carbons.Enable(context.Background(), session))
}

func fetchArchive(params stdio.Params) (any, error) {
	session, err := running()
	if err != nil {
		return nil, err
	}
	var wanted history.Query
	if with := params.String("with"); with != "" {
		if wanted.With, err = jid.Parse(with); err != nil {
			return nil, stdio.ErrInvalidParams
		}
	}
	collected.begin()
	_, err = history.Fetch(context.Background(), wanted, session.LocalAddr().Bare(), session)
	return map[string]any{"bodies": collected.end()}, failure(err)
}

func block(params stdio.Params) (any, error) {
	session, err := running()
	if err != nil {
		return nil, err
	}
	whom, err := jid.Parse(params.String("jid"))
	if err != nil {
		return nil, stdio.ErrInvalidParams
	}
	return nil, failure(blocklist.Add(context.Background(), session, whom))
}

func fetchBlocked(stdio.Params) (any, error) {
	session, err := running()
	if err != nil {
		return nil, err
	}
	items := []string{}
	fetched := blocklist.Fetch(context.Background(), session)
	for fetched.Next() {
		items = append(items, fetched.JID().String())
	}
	err = fetched.Err()
	if closeErr := fetched.Close(); err == nil {
		err = closeErr
	}
	return map[string]any{"items": items}, failure(err)
}

func join(params stdio.Params) (any, error) {
	session, err := running()
	if err != nil {
		return nil, err
	}
	room, err := jid.Parse(params.String("room"))
	if err == nil {
		room, err = room.WithResource(params.String("nick"))
	}
	if err != nil {
		return nil, stdio.ErrInvalidParams
	}
	channel, err := rooms.Join(context.Background(), room, session)
	if err != nil {
		return nil, failure(err)
	}
	return map[string]any{"room": channel.Addr().String(), "nick": channel.Me().Resourcepart()}, nil
}

// failure keeps the condition of a stanza error.
func failure(err error) error {
	var stanzaError stanza.Error
	if errors.As(err, &stanzaError) {
		return stdio.Failure{Message: stanzaError.Error(), Condition: string(stanzaError.Condition)}
	}
	return err
}
