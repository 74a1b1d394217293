package main

import (
	"net"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"
)

type settings struct {
	Role      string `json:"role"`
	Kind      string `json:"kind"`
	Trickle   bool   `json:"trickle"`
	Address   string `json:"address"`
	Lite      bool   `json:"lite"`
	RelayOnly bool   `json:"relayOnly"`
	Servers   []struct {
		URL        string `json:"url"`
		Username   string `json:"username"`
		Credential string `json:"credential"`
	} `json:"servers"`
}

// options are Pion's own words for what was asked; whatever was not asked stays at its default.
func (s settings) options() ([]ice.AgentOption, error) {
	// Without these it gathers nothing: its example names them.
	options := []ice.AgentOption{ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4, ice.NetworkTypeUDP6})}
	if own := net.ParseIP(s.Address); own != nil {
		options = append(options, ice.WithIPFilter(own.Equal))
		if own.IsLoopback() {
			options = append(options, ice.WithIncludeLoopback())
		}
	}
	switch {
	case s.Lite:
		// A lite agent has host candidates alone (RFC 8445 §5.2).
		options = append(options, ice.WithICELite(true), ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeHost}))
	case s.RelayOnly:
		options = append(options, ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeRelay}))
	}
	var uris []*stun.URI
	for _, server := range s.Servers {
		uri, err := stun.ParseURI(server.URL)
		if err != nil {
			return nil, err
		}
		uri.Username, uri.Password = server.Username, server.Credential
		uris = append(uris, uri)
	}
	if len(uris) > 0 {
		options = append(options, ice.WithUrls(uris))
	}
	return options, nil
}
