// go-xmpp as its example and the documentation of its options show it, driven over stdio (drivers/PROTOCOL.md).
package main

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strconv"
	"sync"

	"github.com/xmppo/go-xmpp"

	"assay.test/stdio"
)

// What the library is told to be the same device from one login to the next (XEP-0388 §2.3): any UUID of version 4.
const userAgentID = "6d0d1f5c-9a3e-4b6f-8f53-2b8f9c1d7e40"

// The session of this process, once there is one, and the token that the library was given for the next login.
var (
	state   sync.Mutex
	current *session
	token   xmpp.Fast
)

func main() {
	// The authority of the lab, where Go looks for those of the system.
	os.Setenv("SSL_CERT_FILE", os.Getenv("ASSAY_CA_FILE"))
	// alive is answered by a goroutine of its own: the client has no lock that its user could be made to wait for.
	stdio.Serve(stdio.Driver{
		Name:   "go-xmpp",
		Verbs:  map[string]stdio.Verb{"login": login, "logout": logout, "message": message, "query": query},
		Events: []string{"online", "error", "offline", "message", "presence"},
	})
}

func login(params stdio.Params) (any, error) {
	domain, transport := params.String("domain"), params.String("transport")
	if params.String("jid") == "" || domain == "" || params.String("host") == "" || params.Int("port") == 0 {
		return nil, stdio.ErrInvalidParams
	}
	state.Lock()
	kept := token
	state.Unlock()
	options := xmpp.Options{
		Host:     net.JoinHostPort(params.String("host"), strconv.Itoa(params.Int("port"))),
		User:     params.String("jid"),
		Password: params.String("password"),
		NoTLS:    transport != "direct-tls",
		StartTLS: transport != "direct-tls",
		// Without it direct TLS would ask for a certificate for the address.
		TLSConfig: &tls.Config{ServerName: domain},
		// What it has and does not do by itself.
		SSDP:          true,
		Fast:          true,
		UserAgentID:   userAgentID,
		FastToken:     kept.Token,
		FastMechanism: kept.Mechanism,
	}
	go connect(options)
	return nil, nil
}

func connect(options xmpp.Options) {
	client, err := options.NewClient()
	if err != nil {
		stdio.Tell("error", map[string]any{"message": err.Error()})
		return
	}
	made := &session{client: client}
	state.Lock()
	current = made
	if client.Fast.Token != "" {
		token = client.Fast
	}
	state.Unlock()
	// NewClient has sent initial presence.
	stdio.Tell("online", map[string]any{"jid": client.JID()})
	made.live()
}

func running() (*session, error) {
	state.Lock()
	defer state.Unlock()
	if current == nil {
		return nil, errors.New("not online")
	}
	return current, nil
}

func logout(stdio.Params) (any, error) {
	session, err := running()
	if err != nil {
		return nil, err
	}
	return nil, session.logout()
}

func message(params stdio.Params) (any, error) {
	session, err := running()
	if err != nil {
		return nil, err
	}
	_, err = session.client.Send(xmpp.Chat{Remote: params.String("to"), Type: "chat", Text: params.String("body")})
	return nil, err
}

func query(params stdio.Params) (any, error) {
	session, err := running()
	if err != nil {
		return nil, err
	}
	if params.String("xmlns") != xmpp.XMPPNS_DISCO_INFO {
		return nil, errors.New("it has no call for " + params.String("xmlns"))
	}
	return session.discover(params.String("to"))
}
