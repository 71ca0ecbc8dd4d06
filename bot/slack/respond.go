package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	slackgo "github.com/slack-go/slack"

	"dbbot/ops"
)

// maxVerdict is what is read of a response URL's answer: "ok", or one error code and its reasons.
const maxVerdict = 64 << 10

// respond posts to a response URL. slack-go can do it too, but its errors print the whole URL, with which anybody can
// write in the place of the bot.
func (c *Client) respond(ctx context.Context, to ops.Secret, message *slackgo.WebhookMessage) error {
	const method = "response_url"
	body, err := json.Marshal(message)
	if err != nil {
		return explain(method, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.Reveal(), bytes.NewReader(body))
	if err != nil {
		return explain(method, bare(err))
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	response, err := c.http.Do(request)
	if err != nil {
		return explain(method, bare(err))
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, maxVerdict))
	if err != nil {
		return explain(method, bare(err))
	}
	return explain(method, verdict(response.StatusCode, string(said)))
}

// bare takes the URL out of an error.
func bare(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("%s: %w", failed.Op, failed.Err)
	}
	return err
}

// verdict reads Slack's answer, which is the word ok or an error code, bare or in JSON.
func verdict(status int, said string) error {
	var answer struct {
		OK       bool                     `json:"ok"`
		Error    string                   `json:"error"`
		Metadata slackgo.ResponseMetadata `json:"response_metadata"`
	}
	if json.Unmarshal([]byte(said), &answer) == nil {
		if answer.OK {
			return nil
		}
		said = answer.Error
	}
	said = strings.TrimSpace(said)
	switch {
	case status == http.StatusOK && (said == "ok" || said == ""):
		return nil
	case status >= 500 || said == "" || strings.ContainsAny(said, " <\n"):
		return slackgo.StatusCodeError{Code: status, Status: http.StatusText(status)}
	}
	return slackgo.SlackErrorResponse{Err: ops.Printable(said, 60), ResponseMetadata: answer.Metadata}
}
