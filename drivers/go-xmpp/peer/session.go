package main

import (
	"errors"
	"sync"

	"github.com/xmppo/go-xmpp"

	"assay.test/stdio"
)

// session is a client, from its login to its end.
type session struct {
	client *xmpp.Client

	lock      sync.Mutex
	loggedOut bool
	// Who waits for a discovery result, and of whom.
	waiting chan discovered
	asked   string
}

// discovered is what came of a service discovery request.
type discovered struct {
	result xmpp.DiscoResult
	failed bool
}

// live tells what the library hands out, until it hands out an error.
func (s *session) live() {
	for {
		stanza, err := s.client.Recv()
		if err != nil {
			s.over(err)
			return
		}
		s.tell(stanza)
	}
}

// over is what comes of an error of Recv: its example ends the program, and one that stays can only close.
func (s *session) over(err error) {
	s.lock.Lock()
	asked := s.loggedOut
	s.lock.Unlock()
	if !asked {
		stdio.Tell("error", map[string]any{"message": err.Error()})
		_ = s.client.Close()
	}
	stdio.Tell("offline", nil)
}

func (s *session) logout() error {
	s.lock.Lock()
	s.loggedOut = true
	s.lock.Unlock()
	return s.client.Close()
}

func (s *session) tell(stanza any) {
	switch got := stanza.(type) {
	case xmpp.Chat:
		stdio.Tell("message", map[string]any{"from": got.Remote, "type": got.Type, "body": got.Text})
	case xmpp.Presence:
		stdio.Tell("presence", map[string]any{"from": got.From, "to": got.To, "type": got.Type})
	case xmpp.DiscoResult:
		s.settle(discovered{result: got})
	case xmpp.IQ:
		// An error is handed out as it came, for its user to match; DiscoverInfo tells under which id.
		s.lock.Lock()
		answers := got.Type == "error" && got.ID == "info3" && got.From == s.asked
		s.lock.Unlock()
		if answers {
			s.settle(discovered{failed: true})
		}
	}
}

func (s *session) settle(outcome discovered) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.waiting != nil {
		s.waiting <- outcome
		s.waiting = nil
	}
}

// discover asks for disco#info, the one query whose answer the library knows again.
func (s *session) discover(to string) (any, error) {
	outcome := make(chan discovered, 1)
	s.lock.Lock()
	s.waiting, s.asked = outcome, to
	s.lock.Unlock()
	if _, err := s.client.DiscoverInfo(to); err != nil {
		return nil, err
	}
	got := <-outcome
	if got.failed {
		return nil, errors.New("answered with an error")
	}
	return map[string]any{"features": got.result.Features, "identities": got.result.Identities}, nil
}
