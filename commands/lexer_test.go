package commands

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestLex(t *testing.T) {
	tests := []struct{ line, want string }{ // words divided by |, quoted ones in []
		{"", ""},
		{"  \t \u00a0", ""},
		{"status orders", "status|orders"},
		{" status   orders ", "status|orders"},
		{`status "my shop"`, "status|[my shop]"},
		{"status “my shop”", "status|[my shop]"},
		{"status ‘my shop’", "status|[my shop]"},
		{"status „my shop“", "status|[my shop]"},
		{`status 'don't panic'`, "status|[don't panic]"},
		{"it’s o'clock", "it's|o'clock"},
		{`say "he said ""no"" twice"`, `say|[he said "no" twice]`},
		{`is "orders"? 'x'.`, "is|[orders]|?|[x]|."},
		{`"a".b" c`, `[a".b]|c`},
		{`""`, "[]"},
		{"—force –force --force", "--force|--force|--force"},
		{"2024–01", "2024–01"},
		{"&lt;b&gt; &amp;amp; &copy;", "<b>|&amp;|&copy;"},
		{"<@U0ANA|Ana the Great> status", "<@U0ANA|Ana the Great>|status"},
		{"<#C0ORDERS> <#C1|>", "<#C0ORDERS>|<#C1|>"},
		{"<http://shop.example|shop.example>", "<http://shop.example|shop.example>"},
		{"a < b and c > d", "a|<|b|and|c|>|d"},
		{"<@U0ANA without an end", "<@U0ANA|without|an|end"},
		{"; | $(rm) `rm` $HOME #x", ";|||$(rm)|`rm`|$HOME|#x"},
	}
	for _, tt := range tests {
		words, err := lex(tt.line)
		var got []string
		for _, w := range words {
			if w.quoted {
				w.text = "[" + w.text + "]"
			}
			got = append(got, w.text)
		}
		if err != nil || strings.Join(got, "|") != tt.want {
			t.Errorf("%q: got %q, %v\nwant %q", tt.line, strings.Join(got, "|"), err, tt.want)
		}
	}
}

func TestLexRefuses(t *testing.T) {
	tests := []struct{ line, want string }{
		{`status "orders`, "The quote at character 8 is never closed."},
		{"“orders status", "The quote at character 1 is never closed."},
		{"&amp; 'x", "The quote at character 7 is never closed."},
		{strings.Repeat("é", maxLine+1), "That is 1001 characters long; a command has at most 1000."},
	}
	for _, tt := range tests {
		if _, err := lex(tt.line); err == nil || err.Error() != tt.want {
			t.Errorf("%q: got %v, want %q", tt.line, err, tt.want)
		}
	}
}

func TestLabel(t *testing.T) {
	tests := []struct{ text, want string }{
		{"orders", "orders"},
		{"<@U0ANA>", "U0ANA"},
		{"<@U0ANA|ana>", "ana"},
		{"<#C1|>", "C1"},
		{"<#C1|orders>", "orders"},
		{"<http://shop.example|shop.example>", "shop.example"},
		{"<http://shop.example>", "http://shop.example"},
		{"<", "<"},
		{"<>", ""},
	}
	for _, tt := range tests {
		if got := (word{text: tt.text}).label(); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
	if got := (word{text: "<@U0ANA>", quoted: true}).label(); got != "<@U0ANA>" {
		t.Errorf("in quotes: got %q", got)
	}
}

// Whatever arrives, the lexer neither panics nor loses or invents letters of plain words.
func TestLexTakesAnything(t *testing.T) {
	pieces := rapid.SampledFrom([]string{`"`, "'", "“", "”", "‘", "<", ">", "|", "@", "&lt;", "&", "—", "–", " ", "\n", "a", "ß", "\x00", "\xff", "\u202e"})
	rapid.Check(t, func(t *rapid.T) {
		line := strings.Join(rapid.SliceOfN(pieces, 0, 40).Draw(t, "pieces"), "") + rapid.StringN(0, 40, -1).Draw(t, "rest")
		words, err := lex(line)
		if err == nil && strings.TrimSpace(line) != "" && len(words) == 0 {
			t.Fatalf("%q: no words and no error", line)
		}
	})
}

// What is put in quotes, with its quotes doubled, comes out as it went in.
func TestQuotingRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SampledFrom([]rune("ab \"'.?<>|&;\t\n—–é日\u202e"))
		want := string(rapid.SliceOfN(letters, 0, 30).Draw(t, "text"))
		line := `status "` + strings.ReplaceAll(want, `"`, `""`) + `" please`
		words, err := lex(line)
		if err != nil || len(words) != 3 || words[1] != (word{want, true}) {
			t.Fatalf("%q: got %v, %v", line, words, err)
		}
	})
}
