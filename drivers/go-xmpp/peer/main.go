// go-xmpp as its example shows it, driven over stdio (drivers/PROTOCOL.md).
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

const discoInfo = "http://jabber.org/protocol/disco#info"

// What came of a service discovery request.
type discovered struct {
	result xmpp.DiscoResult
	failed bool
}

// The client of this process, once it is online, whether it was asked to log out, and who waits for a discovery result.
var (
	state     sync.Mutex
	client    *xmpp.Client
	loggedOut bool
	pending   chan discovered
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
	options := xmpp.Options{
		Host:     net.JoinHostPort(params.String("host"), strconv.Itoa(params.Int("port"))),
		User:     params.String("jid"),
		Password: params.String("password"),
		NoTLS:    transport != "direct-tls",
		StartTLS: transport != "direct-tls",
		// Without it direct TLS would ask for a certificate for the address.
		TLSConfig: &tls.Config{ServerName: domain},
	}
	go session(options)
	return nil, nil
}

func session(options xmpp.Options) {
	made, err := options.NewClient()
	if err != nil {
		stdio.Tell("error", map[string]any{"message": err.Error()})
		return
	}
	state.Lock()
	client = made
	state.Unlock()
	// NewClient has sent initial presence.
	stdio.Tell("online", map[string]any{"jid": made.JID()})
	for {
		stanza, err := made.Recv()
		if err != nil {
			over(made, err)
			return
		}
		tell(stanza)
	}
}

// over is what comes of an error of Recv: its example ends the program, and one that stays can only close.
func over(client *xmpp.Client, err error) {
	state.Lock()
	asked := loggedOut
	state.Unlock()
	if !asked {
		stdio.Tell("error", map[string]any{"message": err.Error()})
		_ = client.Close()
	}
	stdio.Tell("offline", nil)
}

func tell(stanza any) {
	switch got := stanza.(type) {
	case xmpp.Chat:
		stdio.Tell("message", map[string]any{"from": got.Remote, "type": got.Type, "body": got.Text})
	case xmpp.Presence:
		stdio.Tell("presence", map[string]any{"from": got.From, "to": got.To, "type": got.Type})
	case xmpp.DiscoResult:
		settle(discovered{result: got})
	case xmpp.IQ:
		// An error is handed out as it came; DiscoverInfo has told under which id to expect it.
		if got.Type == "error" && got.ID == "info3" {
			settle(discovered{failed: true})
		}
	}
}

func settle(outcome discovered) {
	state.Lock()
	defer state.Unlock()
	if pending != nil {
		pending <- outcome
		pending = nil
	}
}

func running() (*xmpp.Client, error) {
	state.Lock()
	defer state.Unlock()
	if client == nil {
		return nil, errors.New("not online")
	}
	return client, nil
}

func logout(stdio.Params) (any, error) {
	client, err := running()
	if err != nil {
		return nil, err
	}
	state.Lock()
	loggedOut = true
	state.Unlock()
	return nil, client.Close()
}

func message(params stdio.Params) (any, error) {
	client, err := running()
	if err != nil {
		return nil, err
	}
	_, err = client.Send(xmpp.Chat{Remote: params.String("to"), Type: "chat", Text: params.String("body")})
	return nil, err
}

func query(params stdio.Params) (any, error) {
	if params.String("xmlns") != discoInfo {
		return nil, errors.New("it has no call for " + params.String("xmlns"))
	}
	client, err := running()
	if err != nil {
		return nil, err
	}
	outcome := make(chan discovered, 1)
	state.Lock()
	pending = outcome
	state.Unlock()
	if _, err := client.DiscoverInfo(params.String("to")); err != nil {
		return nil, err
	}
	got := <-outcome
	if got.failed {
		return nil, errors.New("answered with an error")
	}
	return map[string]any{"features": got.result.Features, "identities": got.result.Identities}, nil
}
