package workspace

import "testing"

// A link to a message of this workspace is followed in place, as whoever looks; into a channel that is not theirs it is not.
func TestALinkToAMessageIsFollowedInPlace(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	posted := func(channel, text string) string {
		ts, _ := w.api("chat.postMessage", "channel", channel, "text", text)["ts"].(string)
		link, _ := w.api("chat.getPermalink", "channel", channel, "message_ts", ts)["permalink"].(string)
		return link
	}
	card, secret := posted("C0GENERAL", "the card itself"), posted("G0LEADS", "for leads")
	w.api("chat.postMessage", "channel", "D0ANA", "text", "See <"+card+"|the card> or <"+secret+"|the leads>.")
	p := w.tab(t, chrome, 380, "/?as=U0ANA&channel=D0ANA")
	p.click(`.log a:nth-of-type(2)`)
	p.until(`document.querySelector("[role=status]").textContent.includes("not in")`)
	p.click(`.log a`)
	p.until(`document.activeElement.textContent.includes("the card itself")`)
	p.until(`location.search.includes("as=U0ANA") && location.search.includes("channel=C0GENERAL")`)
}
