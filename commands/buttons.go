package commands

// The buttons that a question's answer may carry. The road knows what they do; a command only says whether its
// answer is worth asking again and showing to others.
const (
	Refresh = "Refresh" // reads again, and puts the new answer in the old one's place
	Share   = "Share"   // shows this very answer to the channel
)

// The buttons of a request. Each is a wish: who presses is authorised at the press.
const (
	Approve    = "Approve"
	Reject     = "Reject"
	Withdraw   = "Withdraw"
	Cancel     = "Cancel"      // while it runs
	BreakGlass = "Break glass" // one decides alone, with a written reason, where the policy allows it
	Retry      = "Retry"       // asks for the same again, once it has failed
)

// refreshAndShare is what most questions offer. Sharing asks first: the answer leaves the asker's eyes, and a channel
// may have guests in it, who may ask nothing themselves. Channels of several organisations the road refuses.
func refreshAndShare() []Button {
	return []Button{{Name: Refresh}, {Name: Share, Confirm: &Confirm{
		Title: "Show this to the channel?",
		Text:  "Everybody in this channel will see it, guests too.",
		Yes:   "Share", No: "Keep it to me",
	}}}
}
