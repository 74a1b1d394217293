package main

import (
	"errors"
	"sync"

	"github.com/pion/webrtc/v4"

	"assay.test/stdio"
)

type peer struct {
	connection  *webrtc.PeerConnection
	controlling bool
	trickle     bool

	mutex   sync.Mutex
	channel *webrtc.DataChannel
}

// Description is one side's SDP.
type Description struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

func newPeer(asked settings) (*peer, error) {
	connection, err := asked.connection()
	if err != nil {
		return nil, err
	}
	p := &peer{connection: connection, controlling: asked.Role == "controlling", trickle: asked.Trickle}
	connection.OnICEConnectionStateChange(func(state webrtc.ICEConnectionState) {
		if state != webrtc.ICEConnectionStateNew {
			stdio.Tell("ice", map[string]any{"state": state.String()})
		}
	})
	connection.OnICECandidate(func(candidate *webrtc.ICECandidate) {
		if candidate == nil {
			stdio.Tell("gathered", nil)
		} else if p.trickle {
			tellCandidate(candidate.ToJSON())
		}
	})
	connection.OnDataChannel(p.use)
	dtls := connection.SCTP().Transport()
	dtls.OnStateChange(func(state webrtc.DTLSTransportState) {
		if state != webrtc.DTLSTransportStateNew {
			stdio.Tell("dtls", map[string]any{"state": state.String()})
		}
	})
	dtls.ICETransport().OnSelectedCandidatePairChange(func(chosen *webrtc.ICECandidatePair) {
		if chosen != nil {
			stdio.Tell("selected", pair(chosen))
		}
	})
	return p, nil
}

func tellCandidate(candidate webrtc.ICECandidateInit) {
	told := map[string]any{"candidate": candidate.Candidate}
	if candidate.SDPMid != nil {
		told["mid"] = *candidate.SDPMid
	}
	if candidate.SDPMLineIndex != nil {
		told["index"] = *candidate.SDPMLineIndex
	}
	stdio.Tell("candidate", told)
}

func pair(chosen *webrtc.ICECandidatePair) map[string]any {
	return map[string]any{"local": chosen.Local.ToJSON().Candidate, "remote": chosen.Remote.ToJSON().Candidate}
}

func (p *peer) use(channel *webrtc.DataChannel) {
	p.mutex.Lock()
	p.channel = channel
	p.mutex.Unlock()
	channel.OnOpen(func() { stdio.Tell("open", nil) })
	channel.OnMessage(func(message webrtc.DataChannelMessage) {
		stdio.Tell("data", map[string]any{"data": string(message.Data)})
	})
	channel.OnError(func(err error) { stdio.Tell("error", map[string]any{"message": err.Error()}) })
}

func (p *peer) describe(stdio.Params) (any, error) {
	if p.connection.SignalingState() == webrtc.SignalingStateHaveRemoteOffer {
		answer, err := p.connection.CreateAnswer(nil)
		return p.set(answer, err)
	}
	if !p.controlling {
		return nil, errors.New("it has no offer to answer")
	}
	channel, err := p.connection.CreateDataChannel("assay", nil)
	if err != nil {
		return nil, err
	}
	p.use(channel)
	offer, err := p.connection.CreateOffer(nil)
	return p.set(offer, err)
}

func (p *peer) restart(stdio.Params) (any, error) {
	offer, err := p.connection.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	return p.set(offer, err)
}

// set takes a description as ours, and tells it: with its candidates, where they are not to be told one by one.
func (p *peer) set(description webrtc.SessionDescription, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	gathered := webrtc.GatheringCompletePromise(p.connection)
	if err := p.connection.SetLocalDescription(description); err != nil {
		return nil, err
	}
	if !p.trickle {
		<-gathered
		description = *p.connection.LocalDescription()
	}
	return Description{Type: description.Type.String(), SDP: description.SDP}, nil
}

func (p *peer) remote(params stdio.Params) (any, error) {
	var told struct{ Description Description }
	if decode(params, &told) != nil || told.Description.SDP == "" {
		return nil, stdio.ErrInvalidParams
	}
	return nil, p.connection.SetRemoteDescription(webrtc.SessionDescription{
		Type: webrtc.NewSDPType(told.Description.Type), SDP: told.Description.SDP,
	})
}

func (p *peer) addCandidate(params stdio.Params) (any, error) {
	candidate := webrtc.ICECandidateInit{Candidate: params.String("candidate")}
	if candidate.Candidate == "" {
		return nil, stdio.ErrInvalidParams
	}
	if mid, ok := params["mid"].(string); ok {
		candidate.SDPMid = &mid
	}
	if _, ok := params["index"]; ok {
		index := uint16(params.Int("index"))
		candidate.SDPMLineIndex = &index
	}
	return nil, p.connection.AddICECandidate(candidate)
}

func (p *peer) endOfCandidates(stdio.Params) (any, error) {
	return nil, p.connection.AddICECandidate(webrtc.ICECandidateInit{})
}

func (p *peer) send(params stdio.Params) (any, error) {
	data, ok := params["data"].(string)
	if !ok {
		return nil, stdio.ErrInvalidParams
	}
	p.mutex.Lock()
	channel := p.channel
	p.mutex.Unlock()
	if channel == nil {
		return nil, errors.New("there is no data channel")
	}
	return nil, channel.SendText(data)
}

func (p *peer) selected(stdio.Params) (any, error) {
	chosen, err := p.connection.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || chosen == nil {
		return nil, err
	}
	return pair(chosen), nil
}
