package main

import (
	"encoding/xml"
	"io"

	"mellium.im/xmlstream"
	"mellium.im/xmpp"
	"mellium.im/xmpp/blocklist"
	"mellium.im/xmpp/carbons"
	"mellium.im/xmpp/disco"
	"mellium.im/xmpp/disco/info"
	"mellium.im/xmpp/history"
	"mellium.im/xmpp/muc"
	"mellium.im/xmpp/mux"
	"mellium.im/xmpp/ping"
	"mellium.im/xmpp/receipts"
	"mellium.im/xmpp/roster"
	"mellium.im/xmpp/stanza"
	"mellium.im/xmpp/version"

	"assay.test/stdio"
)

// The rooms that were entered.
var rooms = &muc.Client{}

type textMessage struct {
	stanza.Message
	Body string `xml:"body"`
}

// handlers has every handler that the library brings, and tells what they are given.
func handlers() xmpp.Handler {
	options := []mux.Option{
		disco.Handle(),
		mux.Ident(identity{}),
		ping.Handle(),
		version.Handle(version.Query{Name: "mellium driver", Version: "1"}),
		receipts.Handle(&receipts.Handler{}),
		history.Handle(history.NewHandler(mux.MessageHandlerFunc(collected.take))),
		roster.Handle(roster.Handler{Push: func(_ string, item roster.Item) error {
			stdio.Tell("roster", map[string]any{"items": []string{item.JID.String()}})
			return nil
		}}),
		carbons.Handle(carbons.Handler{F: tellCarbon}),
		blocklist.Handle(blocklist.Handler{Block: func(item blocklist.Item) {
			stdio.Tell("blocked", map[string]any{"items": []string{item.JID.String()}})
		}}),
		muc.HandleClient(rooms),
	}
	for _, kind := range []stanza.MessageType{
		stanza.ChatMessage, stanza.NormalMessage, stanza.HeadlineMessage, stanza.GroupChatMessage, stanza.ErrorMessage,
	} {
		options = append(options, mux.MessageFunc(kind, xml.Name{Local: "body"}, tellMessage))
	}
	for _, kind := range []stanza.PresenceType{
		stanza.AvailablePresence, stanza.UnavailablePresence, stanza.ErrorPresence, stanza.SubscribePresence,
		stanza.SubscribedPresence, stanza.UnsubscribePresence, stanza.UnsubscribedPresence,
	} {
		options = append(options, mux.PresenceFunc(kind, xml.Name{}, tellPresence))
	}
	return mux.New(stanza.NSClient, options...)
}

// identity is what the library wants to be told for answers to service discovery.
type identity struct{}

func (identity) ForIdentities(node string, tell func(info.Identity) error) error {
	if node != "" {
		return nil
	}
	return tell(info.Identity{Category: "client", Type: "bot", Name: "mellium driver"})
}

func tellMessage(_ stanza.Message, r xmlstream.TokenReadEncoder) error {
	message, err := decodeMessage(r)
	if err != nil {
		// As its example does: said, and no reason to end the session.
		stdio.Tell("error", map[string]any{"message": err.Error()})
		return nil
	}
	stdio.Tell("message", told(message))
	return nil
}

func tellCarbon(outer stanza.Message, sent bool, inner xml.TokenReader) error {
	direction := "received"
	if sent {
		direction = "sent"
	}
	stdio.Tell("carbon", map[string]any{"from": outer.From.String(), "type": direction})
	message, err := decodeMessage(inner)
	if err != nil {
		return err
	}
	params := told(message)
	params["carbon"] = direction
	stdio.Tell("message", params)
	return nil
}

func tellPresence(presence stanza.Presence, _ xmlstream.TokenReadEncoder) error {
	stdio.Tell("presence", map[string]any{
		"from": presence.From.String(), "to": presence.To.String(), "type": string(presence.Type),
	})
	return nil
}

func decodeMessage(r xml.TokenReader) (textMessage, error) {
	var message textMessage
	err := xml.NewTokenDecoder(r).Decode(&message)
	if err == io.EOF {
		err = nil
	}
	return message, err
}

func told(message textMessage) map[string]any {
	return map[string]any{
		"from": message.From.String(), "to": message.To.String(), "type": string(message.Type), "id": message.ID,
		"body": message.Body,
	}
}
