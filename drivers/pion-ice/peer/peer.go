package main

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/pion/ice/v4"

	"assay.test/stdio"
)

type peer struct {
	agent       *ice.Agent
	controlling bool
	trickle     bool
	lite        bool

	mutex sync.Mutex
	// Candidates of the gathering that goes on, and what is closed when it is over.
	candidates []string
	gathered   chan struct{}
	conn       *ice.Conn
	// Set from an ICE restart of our own until the other side's answer to it.
	restarting bool
	// What the other side told before we had anything to tell.
	early *Description
}

const prefix = "candidate:"

func (p *peer) listen() error {
	told := func(state ice.ConnectionState) {
		if state != ice.ConnectionStateNew {
			stdio.Tell("ice", map[string]any{"state": strings.ToLower(state.String())})
		}
		if state == ice.ConnectionStateConnected {
			stdio.Tell("open", nil)
		}
	}
	return errors.Join(
		p.agent.OnConnectionStateChange(told),
		p.agent.OnCandidate(p.gatheredOne),
		p.agent.OnSelectedCandidatePairChange(func(local, remote ice.Candidate) {
			stdio.Tell("selected", pair(local, remote))
		}),
	)
}

func pair(local, remote ice.Candidate) map[string]any {
	return map[string]any{"local": prefix + local.Marshal(), "remote": prefix + remote.Marshal()}
}

// gatheredOne takes a candidate, or nil when there are no more.
func (p *peer) gatheredOne(candidate ice.Candidate) {
	p.mutex.Lock()
	gathered := p.gathered
	if candidate != nil {
		p.candidates = append(p.candidates, prefix+candidate.Marshal())
	}
	p.mutex.Unlock()
	if candidate == nil {
		stdio.Tell("gathered", nil)
		close(gathered)
	} else if p.trickle {
		stdio.Tell("candidate", map[string]any{"candidate": prefix + candidate.Marshal()})
	}
}

func (p *peer) describe(stdio.Params) (any, error) {
	description, err := p.gather()
	if err != nil {
		return nil, err
	}
	p.mutex.Lock()
	early := p.early
	p.early = nil
	p.mutex.Unlock()
	if early != nil {
		err = p.take(*early)
	}
	return description, err
}

func (p *peer) gather() (Description, error) {
	gathered := make(chan struct{})
	p.mutex.Lock()
	p.candidates, p.gathered = []string{}, gathered
	p.mutex.Unlock()
	description := Description{Lite: p.lite, Candidates: []string{}}
	var err error
	if description.Ufrag, description.Password, err = p.agent.GetLocalUserCredentials(); err != nil {
		return description, err
	}
	if err := p.agent.GatherCandidates(); err != nil {
		return description, err
	}
	if p.trickle {
		return description, nil
	}
	<-gathered
	p.mutex.Lock()
	defer p.mutex.Unlock()
	description.Candidates = p.candidates
	return description, nil
}

func (p *peer) remote(params stdio.Params) (any, error) {
	var told struct{ Description Description }
	if decode(params, &told) != nil || told.Description.Ufrag == "" {
		return nil, stdio.ErrInvalidParams
	}
	p.mutex.Lock()
	described, restarting := p.gathered != nil, p.restarting
	connected := p.conn != nil
	p.restarting = false
	p.mutex.Unlock()
	switch {
	case !described:
		return nil, p.wait(told.Description)
	case connected && !restarting:
		// The other side's restart: our answer to it is a restart, too (RFC 8445 §9).
		if err := p.agent.Restart("", ""); err != nil {
			return nil, err
		}
		return nil, p.wait(told.Description)
	default:
		return nil, p.take(told.Description)
	}
}

// wait keeps the other side's description until we have one of our own.
func (p *peer) wait(description Description) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.early = &description
	return nil
}

// take begins the checks, or goes on with them after a restart.
func (p *peer) take(description Description) error {
	if err := p.agent.SetRemoteICELite(description.Lite); err != nil {
		return err
	}
	for _, candidate := range description.Candidates {
		if err := p.add(candidate); err != nil {
			stdio.Tell("error", map[string]any{"message": candidate + ": " + err.Error()})
		}
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.conn != nil {
		return p.agent.SetRemoteCredentials(description.Ufrag, description.Password)
	}
	begin := p.agent.StartAccept
	if p.controlling {
		begin = p.agent.StartDial
	}
	conn, err := begin(description.Ufrag, description.Password)
	if err != nil {
		return err
	}
	p.conn = conn
	go read(p.agent, conn)
	return nil
}

func read(agent *ice.Agent, conn *ice.Conn) {
	// Until it is connected there is nothing to be read.
	if agent.AwaitConnect(context.Background()) != nil {
		return
	}
	buffer := make([]byte, 65536)
	for {
		length, err := conn.Read(buffer)
		if err != nil {
			return
		}
		stdio.Tell("data", map[string]any{"data": string(buffer[:length])})
	}
}

func (p *peer) add(text string) error {
	candidate, err := ice.UnmarshalCandidate(strings.TrimPrefix(text, prefix))
	if err != nil {
		return err
	}
	return p.agent.AddRemoteCandidate(candidate)
}

func (p *peer) addCandidate(params stdio.Params) (any, error) {
	text := params.String("candidate")
	if text == "" {
		return nil, stdio.ErrInvalidParams
	}
	p.mutex.Lock()
	if p.early != nil {
		p.early.Candidates = append(p.early.Candidates, text)
		p.mutex.Unlock()
		return nil, nil
	}
	p.mutex.Unlock()
	return nil, p.add(text)
}

func (p *peer) send(params stdio.Params) (any, error) {
	data, ok := params["data"].(string)
	if !ok {
		return nil, stdio.ErrInvalidParams
	}
	p.mutex.Lock()
	conn := p.conn
	p.mutex.Unlock()
	if conn == nil {
		return nil, errors.New("not connected")
	}
	_, err := conn.Write([]byte(data))
	return nil, err
}

func (p *peer) selected(stdio.Params) (any, error) {
	chosen, err := p.agent.GetSelectedCandidatePair()
	if err != nil || chosen == nil {
		return nil, err
	}
	return pair(chosen.Local, chosen.Remote), nil
}

func (p *peer) restart(stdio.Params) (any, error) {
	if err := p.agent.Restart("", ""); err != nil {
		return nil, err
	}
	p.mutex.Lock()
	p.restarting = true
	p.mutex.Unlock()
	return p.gather()
}
