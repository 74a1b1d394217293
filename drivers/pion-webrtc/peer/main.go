// Pion's WebRTC as its examples show it, driven over stdio (drivers/PROTOCOL.md).
package main

import (
	"encoding/json"
	"errors"
	"sync"

	"assay.test/stdio"
)

// The agent of this process, once it is started.
var (
	state   sync.Mutex
	current *peer
)

func main() {
	stdio.Serve(stdio.Driver{
		Name: "pion-webrtc",
		Verbs: map[string]stdio.Verb{
			"start":             start,
			"describe":          with((*peer).describe),
			"remote":            with((*peer).remote),
			"candidate":         with((*peer).addCandidate),
			"end-of-candidates": with((*peer).endOfCandidates),
			"send":              with((*peer).send),
			"selected":          with((*peer).selected),
			"restart":           with((*peer).restart),
			"close":             with(func(p *peer, _ stdio.Params) (any, error) { return nil, p.connection.Close() }),
		},
		Events: []string{"candidate", "gathered", "ice", "dtls", "selected", "open", "data", "error"},
		Alive:  lockOfConnection,
	})
}

// lockOfConnection returns when the connection's own lock is to be had.
func lockOfConnection() {
	if p, err := running(); err == nil {
		_ = p.connection.LocalDescription()
	}
}

func running() (*peer, error) {
	state.Lock()
	defer state.Unlock()
	if current == nil {
		return nil, errors.New("start first")
	}
	return current, nil
}

func with(verb func(*peer, stdio.Params) (any, error)) stdio.Verb {
	return func(params stdio.Params) (any, error) {
		p, err := running()
		if err != nil {
			return nil, err
		}
		return verb(p, params)
	}
}

func start(params stdio.Params) (any, error) {
	var asked settings
	if decode(params, &asked) != nil || (asked.Role != "controlling" && asked.Role != "controlled") {
		return nil, stdio.ErrInvalidParams
	}
	if asked.Kind != "data-channel" {
		return nil, errors.New("it speaks data-channel only")
	}
	p, err := newPeer(asked)
	if err != nil {
		return nil, err
	}
	state.Lock()
	defer state.Unlock()
	current = p
	return nil, nil
}

// decode reads parameters into a struct.
func decode(params any, into any) error {
	text, err := json.Marshal(params)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}
