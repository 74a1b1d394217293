// Package stdio speaks drivers/PROTOCOL.md: JSON-RPC 2.0, one message a line, over standard input and output. Drivers in
// Go find it beside them in the build context of their image.
package stdio

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

const (
	parseError     = -32700
	invalidRequest = -32600
	methodNotFound = -32601
	invalidParams  = -32602
	failed         = -32000
)

// ErrInvalidParams is what a verb returns that lacks a parameter, or got one of a wrong kind.
var ErrInvalidParams = errors.New("wrong parameters")

// Failure is what a verb returns that was answered with a stanza error.
type Failure struct {
	Message   string
	Condition string
}

func (f Failure) Error() string { return f.Message }

// Params are the parameters of a request.
type Params map[string]any

// String is a parameter that is a string, or "".
func (p Params) String(name string) string {
	text, _ := p[name].(string)
	return text
}

// Int is a parameter that is a number, or 0.
func (p Params) Int(name string) int {
	number, _ := p[name].(float64)
	return int(number)
}

// Verb does what is asked, in a goroutine of its own.
type Verb func(Params) (any, error)

// Driver is what a program serves.
type Driver struct {
	Name   string
	Verbs  map[string]Verb
	Events []string
	// Alive returns when whatever the library's user would need is to be had. Nil: at once.
	Alive func()
}

var output sync.Mutex

func write(message map[string]any) {
	output.Lock()
	defer output.Unlock()
	message["jsonrpc"] = "2.0"
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(message)
}

// Tell tells an event; empty strings are left out.
func Tell(event string, params map[string]any) {
	told := map[string]any{}
	for name, value := range params {
		if value != "" {
			told[name] = value
		}
	}
	write(map[string]any{"method": event, "params": told})
}

func answer(id, result any) {
	write(map[string]any{"id": id, "result": result})
}

func refuse(id any, code int, message string, data any) {
	problem := map[string]any{"code": code, "message": message}
	if data != nil {
		problem["data"] = data
	}
	write(map[string]any{"id": id, "error": problem})
}

// Serve answers requests until standard input ends, or SIGTERM comes. It does not return.
func Serve(driver Driver) {
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	go func() {
		<-terminated
		os.Exit(0)
	}()
	input := bufio.NewReader(os.Stdin)
	for {
		line, err := input.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			driver.take(line)
		}
		if err != nil {
			if err == io.EOF {
				os.Exit(0)
			}
			os.Exit(1)
		}
	}
}

func (d Driver) take(line []byte) {
	var anything any
	if json.Unmarshal(line, &anything) != nil {
		refuse(nil, parseError, "not JSON", nil)
		return
	}
	request, _ := anything.(map[string]any)
	id := request["id"]
	method, ok := request["method"].(string)
	if !ok {
		refuse(id, invalidRequest, "not a request", nil)
		return
	}
	params, _ := request["params"].(map[string]any)
	switch method {
	case "initialize":
		verbs := []string{}
		for name := range d.Verbs {
			verbs = append(verbs, name)
		}
		answer(id, map[string]any{"name": d.Name, "verbs": verbs, "events": d.Events})
	case "alive":
		go func() {
			if d.Alive != nil {
				d.Alive()
			}
			answer(id, nil)
		}()
	case "shutdown":
		answer(id, nil)
		os.Exit(0)
	default:
		verb, known := d.Verbs[method]
		if !known {
			refuse(id, methodNotFound, "there is no verb "+method, nil)
			return
		}
		go run(id, verb, params)
	}
}

func run(id any, verb Verb, params Params) {
	result, err := verb(params)
	var failure Failure
	switch {
	case err == nil:
		answer(id, result)
	case errors.Is(err, ErrInvalidParams):
		refuse(id, invalidParams, err.Error(), nil)
	case errors.As(err, &failure):
		refuse(id, failed, failure.Message, map[string]any{"condition": failure.Condition})
	default:
		refuse(id, failed, err.Error(), nil)
	}
}
