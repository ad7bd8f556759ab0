// SPDX-License-Identifier: Apache-2.0

// Package slogor stands in for the coloured log of lego's program: what that calls of it, with Go's own
// handler of plain text behind it.
package slogor

import (
	"io"
	"log/slog"
)

// OptionFn sets one option of a handler.
type OptionFn func(*slog.HandlerOptions)

// SetLevel leaves out what is below a level.
func SetLevel(level slog.Leveler) OptionFn {
	return func(options *slog.HandlerOptions) { options.Level = level }
}

// SetTimeFormat changes nothing: times are RFC 3339.
func SetTimeFormat(string) OptionFn { return func(*slog.HandlerOptions) {} }

// DisableColor changes nothing: there are no colours.
func DisableColor() OptionFn { return func(*slog.HandlerOptions) {} }

// NewHandler writes key=value lines.
func NewHandler(out io.Writer, fns ...OptionFn) slog.Handler {
	options := &slog.HandlerOptions{}
	for _, fn := range fns {
		fn(options)
	}
	return slog.NewTextHandler(out, options)
}
