package main

import (
	"net"

	"github.com/pion/webrtc/v4"
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

// connection is made with what was asked; whatever was not asked stays at its default.
func (s settings) connection() (*webrtc.PeerConnection, error) {
	var engine webrtc.SettingEngine
	if own := net.ParseIP(s.Address); own != nil {
		engine.SetIPFilter(own.Equal)
		engine.SetIncludeLoopbackCandidate(own.IsLoopback())
	}
	if s.Lite {
		engine.SetLite(true)
	}
	var configuration webrtc.Configuration
	if s.RelayOnly {
		configuration.ICETransportPolicy = webrtc.ICETransportPolicyRelay
	}
	for _, server := range s.Servers {
		asked := webrtc.ICEServer{URLs: []string{server.URL}, Username: server.Username}
		if server.Credential != "" {
			asked.Credential = server.Credential
		}
		configuration.ICEServers = append(configuration.ICEServers, asked)
	}
	return webrtc.NewAPI(webrtc.WithSettingEngine(engine)).NewPeerConnection(configuration)
}
