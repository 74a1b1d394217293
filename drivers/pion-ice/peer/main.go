// Pion's ICE agent as its example shows it, driven over stdio (drivers/PROTOCOL.md).
package main

import (
	"encoding/json"
	"errors"
	"sync"

	"github.com/pion/ice/v4"

	"assay.test/stdio"
)

// Description is what one side tells the other of itself.
type Description struct {
	Ufrag      string   `json:"ufrag"`
	Password   string   `json:"password"`
	Lite       bool     `json:"lite,omitempty"`
	Candidates []string `json:"candidates"`
}

// The agent of this process, once it is started.
var (
	state   sync.Mutex
	current *peer
)

func main() {
	stdio.Serve(stdio.Driver{
		Name: "pion-ice",
		Verbs: map[string]stdio.Verb{
			"start":             start,
			"describe":          with((*peer).describe),
			"remote":            with((*peer).remote),
			"candidate":         with((*peer).addCandidate),
			"end-of-candidates": with(func(*peer, stdio.Params) (any, error) { return nil, nil }),
			"send":              with((*peer).send),
			"selected":          with((*peer).selected),
			"restart":           with((*peer).restart),
			"close":             with(func(p *peer, _ stdio.Params) (any, error) { return nil, p.agent.Close() }),
		},
		Events: []string{"candidate", "gathered", "ice", "selected", "open", "data", "error"},
		Alive:  workLoop,
	})
}

// workLoop returns when the agent's own loop comes round.
func workLoop() {
	if p, err := running(); err == nil {
		_, _, _ = p.agent.GetLocalUserCredentials()
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
	if asked.Kind != "raw-ice" {
		return nil, errors.New("it speaks raw-ice only")
	}
	options, err := asked.options()
	if err != nil {
		return nil, err
	}
	agent, err := ice.NewAgentWithOptions(options...)
	if err != nil {
		return nil, err
	}
	p := &peer{agent: agent, controlling: asked.Role == "controlling", trickle: asked.Trickle, lite: asked.Lite}
	if err := p.listen(); err != nil {
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
