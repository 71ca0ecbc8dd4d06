package bot

import "dbbot/commands"

// homeTab is what dbbot is for one person: their databases as they are now, and what to type.
func homeTab(status commands.View) commands.View {
	quick := commands.Section{Title: "To type, in any channel", Lines: []commands.Text{
		{{Kind: commands.Literal, Text: "/db status"}, {Text: " this overview, to share or to read anew"}},
		{{Kind: commands.Literal, Text: "/db help"}, {Text: " all that can be asked for"}},
		{{Kind: commands.Literal, Text: "/db whoami"}, {Text: " what you may do on which database"}},
		{{Kind: commands.Literal, Text: "@dbbot status"}, {Text: " the same inside a thread"}},
	}}
	view := status
	view.Title = "Your databases"
	view.Buttons = nil
	view.Parts = append(view.Parts[:len(view.Parts):len(view.Parts)], commands.Part{Section: &quick})
	view.Notes = append(view.Notes[:len(view.Notes):len(view.Notes)], commands.Say("Open this tab again to read anew."))
	return view
}
