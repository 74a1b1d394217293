package main

import (
	"encoding/xml"
	"io"
	"sync"

	"mellium.im/xmlstream"
	"mellium.im/xmpp/stanza"
)

// collection is what the library's archive handler hands out while an archive is asked, as its integration test takes it.
// Its iterator is no way: it gives out a reader from which the session reads on at the same time.
type collection struct {
	lock   sync.Mutex
	asked  bool
	bodies []string
}

var collected collection

func (c *collection) begin() {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.asked, c.bodies = true, []string{}
}

func (c *collection) end() []string {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.asked = false
	return c.bodies
}

func (c *collection) take(_ stanza.Message, r xmlstream.TokenReadEncoder) error {
	var result struct {
		Forwarded struct {
			Message textMessage `xml:"jabber:client message"`
		} `xml:"urn:xmpp:forward:0 forwarded"`
	}
	if err := xml.NewTokenDecoder(r).Decode(&result); err != nil && err != io.EOF {
		return err
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.asked {
		c.bodies = append(c.bodies, result.Forwarded.Message.Body)
	}
	return nil
}
