// mellium.im/xmpp as its example and the documentation of its packages show it, driven over stdio (drivers/PROTOCOL.md).
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"os"
	"sync"

	"mellium.im/sasl"
	"mellium.im/xmpp"
	"mellium.im/xmpp/dial"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"
	"mellium.im/xmpp/websocket"

	"assay.test/stdio"
)

// The session of this process, once it is online.
var (
	state   sync.Mutex
	current *xmpp.Session
)

func main() {
	// The authority of the lab, where Go looks for those of the system: so the library's own TLS configurations hold.
	os.Setenv("SSL_CERT_FILE", os.Getenv("ASSAY_CA_FILE"))
	stdio.Serve(stdio.Driver{
		Name: "mellium",
		Verbs: map[string]stdio.Verb{
			"login": login, "logout": logout, "message": message, "query": query,
			"roster": fetchRoster, "carbons": enableCarbons, "archive": fetchArchive,
			"block": block, "blocklist": fetchBlocked, "join": join,
		},
		Events: []string{"online", "error", "offline", "message", "presence", "roster", "carbon", "blocked"},
		Alive:  writable,
	})
}

// writable returns when something could be sent: what the library locks, its user waits for.
func writable() {
	if session, err := running(); err == nil {
		_ = session.TokenWriter().Close()
	}
}

func running() (*xmpp.Session, error) {
	state.Lock()
	defer state.Unlock()
	if current == nil {
		return nil, errors.New("not online")
	}
	return current, nil
}

func login(params stdio.Params) (any, error) {
	address, err := jid.Parse(params.String("jid"))
	if err != nil || params.String("host") != "" && params.Int("port") == 0 {
		return nil, stdio.ErrInvalidParams
	}
	go func() {
		session, err := dialSession(address, params)
		if err != nil {
			stdio.Tell("error", map[string]any{"message": err.Error()})
			return
		}
		serve(session)
	}()
	return nil, nil
}

// dialSession connects and negotiates, over the transport asked for.
func dialSession(address jid.JID, params stdio.Params) (*xmpp.Session, error) {
	ctx := context.Background()
	features := []xmpp.StreamFeature{
		xmpp.BindResource(),
		xmpp.SASL("", params.String("password"), mechanismsFor(params)...),
	}
	if params.String("transport") == "websocket" {
		return dialWebSocket(ctx, address, params.String("service"), features)
	}
	features = append(features, xmpp.StartTLS(&tls.Config{ServerName: address.Domain().String()}))
	dialer := dial.Dialer{NoTLS: params.String("transport") == "starttls"}
	if host := params.String("host"); host != "" {
		dialer.Resolver = resolverFor(host, params.Int("port"))
	}
	conn, err := dialer.Dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return established(conn, func() (*xmpp.Session, error) {
		return xmpp.NewClientSession(ctx, address, conn, features...)
	})
}

// mechanismsFor names what the library has, strongest first; or what it has for those who have no account.
func mechanismsFor(params stdio.Params) []sasl.Mechanism {
	if params.String("username") == "" {
		return []sasl.Mechanism{sasl.Anonymous}
	}
	return []sasl.Mechanism{sasl.ScramSha256Plus, sasl.ScramSha256, sasl.ScramSha1Plus, sasl.ScramSha1, sasl.Plain}
}

func dialWebSocket(ctx context.Context, address jid.JID, service string, features []xmpp.StreamFeature) (*xmpp.Session, error) {
	location, err := url.Parse(service)
	if err != nil {
		return nil, err
	}
	dialer := websocket.Dialer{
		Origin: "https://" + location.Host,
		// By itself it would look for a certificate for the host with its port.
		TLSConfig: &tls.Config{ServerName: location.Hostname()},
	}
	conn, err := dialer.DialDirect(ctx, service)
	if err != nil {
		return nil, err
	}
	negotiator := websocket.Negotiator(func(*xmpp.Session, *xmpp.StreamConfig) xmpp.StreamConfig {
		return xmpp.StreamConfig{Features: features}
	})
	return established(conn, func() (*xmpp.Session, error) {
		// Its own NewSession takes the connection for one in clear, unless the origin too is a wss: URL.
		return xmpp.NewSession(ctx, address.Domain(), address, conn, xmpp.Secure, negotiator)
	})
}

// established negotiates; a connection on which that fails is its user's to close.
func established(conn net.Conn, negotiate func() (*xmpp.Session, error)) (*xmpp.Session, error) {
	session, err := negotiate()
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return session, nil
}

// serve is the life of a session, until it ends.
func serve(session *xmpp.Session) {
	state.Lock()
	current = session
	state.Unlock()
	stdio.Tell("online", map[string]any{"jid": session.LocalAddr().String()})
	presence := stanza.Presence{Type: stanza.AvailablePresence}.Wrap(nil)
	if err := session.Send(context.Background(), presence); err != nil {
		stdio.Tell("error", map[string]any{"message": "initial presence: " + err.Error()})
	}
	if err := session.Serve(handlers()); err != nil {
		stdio.Tell("error", map[string]any{"message": err.Error()})
	}
	_ = session.Conn().Close()
	stdio.Tell("offline", nil)
}
