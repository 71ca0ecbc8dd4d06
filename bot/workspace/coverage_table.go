package workspace

// features is the behaviour that is here. Each names what proves it: tests of this package, or checks of the official
// clients (.ci/judge), which are named by their titles.
var features = []area{
	{"Socket Mode", []feature{
		{"a ticket opens one socket, once; hello counts the sockets", []string{"TestATicketOpensOneSocketOnce", "TestHelloSaysHowManySocketsThereAre"}},
		{"up to ten sockets, then too_many_websockets; payloads go to any one of them", []string{"TestTheEleventhSocketIsTurnedAway", "TestEnvelopesGoToAnySocket"}},
		{"warning, then refresh_requested and the end; the warned socket works until then", []string{"TestAWarnedSocketWorksUntilItIsClosed", "TestASocketIsRefreshedByItself", "a socket is refreshed with a warning, and commands go on"}},
		{"link_disabled; sockets that die without a word; pings that stop", []string{"TestLinkDisabledEndsAllSockets", "TestAKilledSocketSaysNothing", "TestPingsComeAndCanBeStopped"}},
		{"acks: matched, once, within 3 seconds, below 20 KiB; raw envelopes and redelivery", []string{"TestAcksAreTakenOnceAndInTime", "TestRawEnvelopesAndRedelivery"}},
		{"sockets that come and go lose nothing on a client that reads each to its end", []string{"TestRecyclingLosesNothing"}},
	}},
	{"Slash commands", []feature{
		{"typed by those who may, where they may; text escaped as the manifest says", []string{"TestWhoMayTypeACommandWhere", "TestWhereACommandMayBeTyped", "TestTheTextOfACommand"}},
		{"an ack that answers; operation_timeout for its person where none comes", []string{"TestAnAckCanAnswerACommand", "TestACommandThatNobodyAcksIsSeenToFail", "a command that nobody acks ends in operation_timeout"}},
		{"the app installed last has the command", []string{"TestTheAppInstalledLastHasTheCommand"}},
	}},
	{"Interactivity", []feature{
		{"buttons, selects and inputs of messages, modals and the Home tab; only what is offered can be chosen", []string{"TestAClickCarriesWhoWhereAndWhat", "TestClicksThatCannotBe", "TestSelectsOfferOnlyTheirOptions", "TestWhatIsChosenIsOffered", "TestButtonsOfAttachmentsGetTheirIds"}},
		{"external selects ask the app", []string{"TestAnExternalSelectAsksTheApp"}},
		{"response_url: five times in thirty minutes, replace and delete, in threads and in private", []string{"TestAResponseURLWorksFiveTimesInThirtyMinutes", "TestWhatAResponseURLTakes", "TestAnEphemeralAnswerCanBeReplacedAndDeletedByAClick"}},
		{"trigger_id: three seconds, once", []string{"TestATriggerOpensOneModalInThreeSeconds"}},
		{"modals: open, update with hash, push up to three, errors at fields, clear, close; 250 kB", []string{"TestViewsAreChecked", "TestASubmissionIsObeyed", "TestASubmissionThatNobodyAcks", "TestThreeModalsCanBeStacked", "TestClosingIsToldToThoseWhoAsked", "TestTheCrossClosesTheWholeStack", "TestAResponseURLForAChosenChannel", "a modal opens, refuses a bad answer with an error at its field, then takes a good one", "a second modal is pushed onto the first"}},
		{"the Home tab", []string{"TestTheHomeTab", "the Home tab is published when it is opened"}},
	}},
	{"Events", []feature{
		{"mentions, direct messages, reactions, people, groups, members: to those who subscribed and may read there", []string{"TestAMentionReachesTheApp", "TestWhoMayReact", "TestWhichEventsComeWhere"}},
		{"sent again at once, after one minute and after five, with attempt and reason", []string{"TestAnEventIsSentAgainUntilItIsAcked", "TestAnEventWaitsForASocket"}},
	}},
	{"Faults on demand", []feature{
		{"GET /control/ explains each; calls that fail, hang, break off before or after they were done", []string{"TestTheControlInterfaceIsWholeAndExplained", "TestTheControlInterfaceRefusesMisspeltFields", "TestWhatControlDoesIsReal", "TestCallsCanBeMadeToFail", "TestACallCanHang", "TestAResponseURLCanFail"}},
	}},
	{"Messages and files", []feature{
		{"post, update, delete, threads with their counts, mentions", []string{"TestUpdatingAMessage", "TestThreadsAreCounted", "TestAThreadNamesFiveAndCountsAll", "TestIdsAreFilledIn", "a button is pressed and the same message changes", "a mention in a thread is answered in that thread"}},
		{"one message a second and channel, tiers for methods: 429 with Retry-After", []string{"TestOneMessageASecondAndChannel", "TestTiers", "TestTheAllowanceHolds", "too many messages a second are refused with 429, and the client waits and goes on"}},
		{"upload in three steps", []string{"TestAFileInThreeSteps", "TestUploadsThatCannotBe", "a file goes up in three steps and stands in the channel"}},
		{"arguments as form, multipart or JSON; each method with Slack's own error codes", []string{"TestArgumentsComeInAnyForm", "TestMethodsAndTheirErrors", "TestEveryMethodRefusesEmptyArgumentsWithoutAPanic"}},
		{"tokens and scopes: not_allowed_token_type, missing_scope with needed and provided", []string{"TestTokensAreLookedAtFirst", "TestScopesAreSaidAndAskedFor", "refusals carry what Slack says"}},
	}},
	{"People and channels", []feature{
		{"full members, guests of both kinds, bots, deactivated and external people", []string{"TestWhatIsSaidOfPeople"}},
		{"user groups, and a plan without them (plan_upgrade_required)", []string{"TestAFreePlanHasNoUserGroups"}},
		{"public, private and shared channels, membership, lists in pages", []string{"TestSharedChannelsSaySo", "TestListsAndTheirPages"}},
	}},
	{"Block Kit", []feature{
		{"structure, limits in code points, unique ids: invalid_blocks with JSON pointers", []string{"TestInvalidBlocksNameTheirPlace", "TestFaults", "TestLimits", "TestEveryFieldIsJudged"}},
		{"nothing is accepted that the structure of Slack's own types refuses", []string{"TestNothingThatTheTypesRefuseIsAccepted", "TestViewsMatchTheTypes"}},
	}},
	{"The page", []feature{
		{"one document that asks no other host; every block drawn; hostile text stays text", []string{"TestThePageIsOneDocument", "TestThePageDrawsEveryBlock", "TestHostileNamesAndTextsStayText"}},
		{"commands, clicks, modals and the Home tab by hand or keyboard, wide or on a phone", []string{"TestACommandAndAClickByKeyboardAlone", "TestAModalIsFilledRefusedMendedAndSent", "TestTheSideBarIsADrawerOnAPhone"}},
		{"permalinks, followed in place or opened by themselves", []string{"TestPermalinks", "TestALinkToAMessageIsFollowedInPlace"}},
		{"the last envelopes and calls with their latency", []string{"TestTheDeveloperPanelShowsWhatWasSent"}},
	}},
	{"Manifest and seed", []feature{
		{"an app from its Slack manifest, people and channels from YAML; all faults with line and fix", []string{"TestDefaultSeed", "TestAllFaultsAtOnce"}},
	}},
}

// absentMethods are methods that an app may look for first, and does not find: unknown_method.
var absentMethods = []string{
	"apps.manifest.create", "assistant.threads.setStatus", "bookmarks.add", "calls.add", "canvases.create",
	"chat.scheduleMessage", "chat.startStream", "chat.unfurl", "conversations.create", "conversations.invite",
	"conversations.mark", "dialog.open", "emoji.list", "files.upload", "oauth.v2.access", "pins.add", "reactions.get",
	"reminders.add", "rtm.connect", "search.messages", "stars.add", "usergroups.create", "users.profile.set",
	"workflows.stepCompleted",
}

// gaps is what else an app developer could look for in vain.
var gaps = []string{
	"HTTP delivery: request URLs and signatures. Apps connect with Socket Mode.",
	"OAuth: installation, token rotation, user tokens and their scopes, org-wide installation.",
	"Enterprise Grid: enterprise ids are absent, and each person is in one workspace.",
	"Group direct messages (mpim), and direct messages between people.",
	"Shortcuts, message actions, dialogs of the old kind, workflows and functions, link unfurling.",
	"Incoming webhooks, RTM, remote files, canvases, lists, calls, bookmarks, reminders, search.",
	"The assistant and agent views, and streamed messages.",
	"Images and links in blocks are not fetched, so \"downloading image failed\" is never said.",
	"Rich text that only Slack itself writes: tags, citations, mentions of files, canvases, lists and workflows.",
	"The block auth_provider.",
	"Messages that people write carry their text alone, and not the rich_text block that Slack adds.",
	"Emoji: the page draws about two hundred, and leaves the others as their names; there are no custom ones.",
	"Ephemeral messages stay when the page is reloaded, for developers; Slack forgets them.",
	"Messages with files carry no blocks: files.completeUploadExternal takes initial_comment only.",
	"Charts, cards and containers may be allowed on fewer surfaces by Slack than here: its documents disagree.",
}
