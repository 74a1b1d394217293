//go:build tools

// Package tools keeps the server's own commands in go.mod and go.sum.
package tools

import (
	_ "github.com/ortuman/jackal/cmd/jackal"
	_ "github.com/ortuman/jackal/cmd/jackalctl"
)
