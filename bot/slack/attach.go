package slack

import (
	"context"
	"errors"
	"strings"

	slackgo "github.com/slack-go/slack"

	"dbbot/bot"
)

// Attach puts a text file into the thread of a message, in Slack's three steps. Only the last one shows it to anybody:
// whatever goes wrong before that has shown nothing.
func (c *Client) Attach(ctx context.Context, to bot.Posted, name, title string, content []byte) error {
	ctx, cancel := context.WithTimeout(ctx, roomBound)
	defer cancel()
	const announce, complete = "files.getUploadURLExternal", "files.completeUploadExternal"
	place, err := c.web.GetUploadURLExternalContext(ctx, slackgo.GetUploadURLExternalParameters{FileName: name, FileSize: len(content)})
	if err == nil && place.FileID == "" {
		err = errors.New("the answer names no file")
	}
	if err != nil {
		return unshown(explain(announce, err))
	}
	err = c.web.UploadToURL(ctx, slackgo.UploadToURLParameters{UploadURL: place.UploadURL, Filename: name, Content: string(content)})
	if err != nil {
		return unshown(explain("the upload", without(place.UploadURL, bare(err))))
	}
	done, err := c.web.CompleteUploadExternalContext(ctx, slackgo.CompleteUploadExternalParameters{
		Files: []slackgo.FileSummary{{ID: place.FileID, Title: title}}, Channel: to.Channel, ThreadTimestamp: to.Stamp,
	})
	if err == nil && len(done.Files) == 0 {
		err = errors.New("the answer names no file")
	}
	return prospect(explain(complete, err))
}

// without takes an address that is a right to upload out of an error that repeats it.
func without(address string, err error) error {
	if text := err.Error(); strings.Contains(text, address) {
		return errors.New(strings.ReplaceAll(text, address, "the address of the upload"))
	}
	return err
}

// unshown is prospect for a step that shows nothing: what is not sure may simply be done again.
func unshown(err error) error {
	if marked := prospect(err); !errors.Is(marked, bot.ErrUnsure) {
		return marked
	}
	return mark(&bot.Later{After: pauseAway}, err)
}
