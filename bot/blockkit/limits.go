package blockkit

// Slack's limits, in characters (Unicode code points) where nothing else is said. Sources: the Block Kit reference,
// @slack/types 3.2.0, and slackapi/bolt-js#2509 and #2867 for the undocumented sum.
const (
	maxBlocks      = 50 // of a message; a view may have 100
	maxHeader      = 150
	maxTextObject  = 3000
	maxButtons     = 25 // elements of one actions block
	maxButtonText  = 75
	maxButtonValue = 2000
	maxDialogTitle = 100
	maxDialogText  = 300
	maxDialogWord  = 30
	maxModalWord   = 24   // title and buttons of a modal
	maxLabel       = 2000 // and hint of an input
	maxInput       = 3000 // characters that can be written
	maxLinkURL     = 3000
	maxTableRows   = 100  // with the row of names
	maxTableCells  = 20   // of one row
	maxFallback    = 4000 // bytes: chat.postEphemeral counts those, chat.update characters

	// maxCharacters of all blocks together. Slack refuses messages of rich text somewhere between 11,300 and 13,200
	// characters (msg_blocks_too_long) and does not say how it counts; nobody reads that much in a chat either. A
	// table may hold as much, so that it needs no bound of its own.
	maxCharacters = 10000
)

// Our own bounds, so that one long name, query or list cannot take the room of all the others.
const (
	maxTitle   = 120
	maxSpans   = 100 // of one line; more is an accident
	maxLine    = 600
	maxLines   = 40 // below one section
	maxCell    = 200
	maxColumn  = 40 // width of a column drawn as preformatted text
	maxNotes   = 10
	maxNote    = 400
	maxVerdict = 20

	roomForLine            = 2  // the line ends before a headline
	roomForMore            = 60 // "… 99 of 9999999 rows … 20 of 9999 columns"
	roomToSayWhatIsMissing = 400
	blocksKeptForTheEnd    = 3 // notes, what is missing, buttons
)

const (
	nothingToSay = "dbbot has nothing to say about this."
	cutHere      = "\n… The rest does not fit here. In a terminal, dbbot ask with the same words shows all of it."
)
