package workspace

// features is the behaviour that is here, each with the test that proves it.
var features = []area{
	{"Block Kit", []feature{
		{"structure, limits in code points, unique ids: invalid_blocks with JSON pointers", []string{"TestFaults", "TestLimits", "TestEveryFieldIsJudged"}},
		{"the same verdict as the structure of Slack's own types", []string{"TestNothingThatTheTypesRefuseIsAccepted", "TestViewsMatchTheTypes"}},
	}},
	{"Manifest and seed", []feature{
		{"an app from its Slack manifest, people and channels from YAML, all faults with line and fix", []string{"TestDefaultSeed", "TestAllFaultsAtOnce"}},
	}},
}

// gaps is what an app developer could look for in vain.
var gaps = []string{
	"HTTP delivery: request URLs and signatures. Apps connect with Socket Mode.",
	"OAuth: installation, token rotation, user tokens and their scopes, org-wide installation.",
	"Enterprise Grid: enterprise ids are absent, and each person is in one workspace.",
	"Group direct messages (mpim), and direct messages between people.",
	"Shortcuts, message actions, dialogs of the old kind, workflows and functions, link unfurling.",
	"Incoming webhooks, RTM, remote files, canvases, lists, calls, bookmarks, reminders, search.",
	"The assistant and agent views, and streamed messages (chat.startStream).",
	"Images and links in blocks are not fetched, so \"downloading image failed\" is never said.",
	"Rich text elements that only Slack itself writes: tag, citation, file, canvas, list and workflow mentions.",
	"The blocks auth_provider and, in rich text, code with a language.",
	"Slack's charts and cards may be allowed on fewer surfaces than here: its documents disagree.",
}
