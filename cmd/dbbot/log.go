package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"dbbot/ops"
)

// newLog writes structured lines, each text of which went through ops.Redact: the last line of defence against a
// secret in a driver's error.
func newLog(w io.Writer, settings Log) *slog.Logger {
	var level slog.Level // the zero value is info
	_ = level.UnmarshalText([]byte(settings.Level))
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: redact}
	if settings.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// redact is called for each attribute, the message included.
func redact(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(ops.Redact(a.Value.String()))
	case slog.KindAny:
		if _, builtIn := a.Value.Any().(slog.Level); !builtIn {
			a.Value = slog.StringValue(ops.Redact(written(a.Value.Any())))
		}
	}
	return a
}

// written is a value as the log shows it. An error made for people comes with its cause, which is for the log alone.
func written(value any) string {
	err, isError := value.(error)
	if !isError {
		return fmt.Sprintf("%+v", value)
	}
	return withCause(err)
}

func withCause(err error) string {
	if marked, ok := errors.AsType[*ops.Error](err); ok && marked.Cause != nil {
		return err.Error() + " (" + withCause(marked.Cause) + ")"
	}
	return err.Error()
}
