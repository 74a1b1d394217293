package main

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// resolverFor answers the library's look-ups as a name server would whose SRV records name one host and port for every
// service: its dialer finds servers by their domain alone, and takes no port.
func resolverFor(host string, port int) *net.Resolver {
	return &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			addresses, err := net.DefaultResolver.LookupIP(ctx, "ip", host)
			if err != nil {
				return nil, err
			}
			ours, theirs := net.Pipe()
			go answerQuestions(ours, addresses, uint16(port))
			return theirs, nil
		},
	}
}

// answerQuestions speaks DNS as over TCP: each message behind its length in two bytes (RFC 1035 §4.2.2).
func answerQuestions(conn net.Conn, addresses []net.IP, port uint16) {
	defer conn.Close()
	for {
		var length uint16
		if binary.Read(conn, binary.BigEndian, &length) != nil {
			return
		}
		query := make([]byte, length)
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		var message dnsmessage.Message
		if message.Unpack(query) != nil || len(message.Questions) == 0 {
			return
		}
		message.Response, message.RecursionAvailable = true, true
		message.Answers = answersTo(message.Questions[0], addresses, port)
		message.Additionals = nil
		packed, err := message.AppendPack(make([]byte, 2, 512))
		if err != nil {
			return
		}
		binary.BigEndian.PutUint16(packed, uint16(len(packed)-2))
		if _, err := conn.Write(packed); err != nil {
			return
		}
	}
}

func answersTo(question dnsmessage.Question, addresses []net.IP, port uint16) []dnsmessage.Resource {
	var bodies []dnsmessage.ResourceBody
	switch question.Type {
	case dnsmessage.TypeSRV:
		// The target is the domain itself: what is behind the second of `_xmpps-client._tcp.`
		labels := strings.SplitN(question.Name.String(), ".", 3)
		target, err := dnsmessage.NewName(labels[len(labels)-1])
		if err != nil {
			return nil
		}
		bodies = append(bodies, &dnsmessage.SRVResource{Port: port, Target: target})
	case dnsmessage.TypeA:
		for _, address := range addresses {
			if four := address.To4(); four != nil {
				bodies = append(bodies, &dnsmessage.AResource{A: [4]byte(four)})
			}
		}
	case dnsmessage.TypeAAAA:
		for _, address := range addresses {
			if address.To4() == nil {
				bodies = append(bodies, &dnsmessage.AAAAResource{AAAA: [16]byte(address.To16())})
			}
		}
	}
	answers := make([]dnsmessage.Resource, len(bodies))
	for i, body := range bodies {
		header := dnsmessage.ResourceHeader{Name: question.Name, Type: question.Type, Class: question.Class, TTL: 1}
		answers[i] = dnsmessage.Resource{Header: header, Body: body}
	}
	return answers
}
