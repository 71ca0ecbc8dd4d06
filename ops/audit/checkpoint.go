package audit

import (
	"bufio"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"dbbot/ops"
)

// Checkpoint says that the chain held an entry. Kept where the database cannot be reached from, it shows that a tail was
// cut. It is signed with a private key (Ed25519) made of the audit key, so that whoever has the checkpoint alone can
// verify it; the public half is on it, and must be the one that other checkpoints and the channel have shown.
type Checkpoint struct {
	Seq       int64
	Hash      []byte // of that entry
	At        time.Time
	By        string // public half of the key, base64
	Signature []byte
}

// mark begins a checkpoint wherever it is written.
const mark = "dbbot-checkpoint-v1"

// Checkpoint signs that the chain held e at a time, kept to the second.
func (k Key) Checkpoint(e Entry, at time.Time) Checkpoint {
	c := Checkpoint{Seq: e.Seq, Hash: e.Hash, At: at.UTC().Truncate(time.Second), By: k.Public()}
	c.Signature = k.sign(c.signed())
	return c
}

// Genuine says whether the signature is that of the public key on it.
func (c Checkpoint) Genuine() bool { return genuine(c.By, c.signed(), c.Signature) }

// Own says whether a checkpoint was signed with this very key.
func (k Key) Own(c Checkpoint) bool { return c.By == k.Public() && c.Genuine() }

func (c Checkpoint) signed() []byte {
	out := number(text(nil, mark), c.Seq)
	out = number(text(out, string(c.Hash)), c.At.Unix())
	return text(out, c.By)
}

func (k Key) sign(message []byte) []byte { return ed25519.Sign(k.signer(), message) }

func genuine(public string, message, signature []byte) bool {
	key, err := base64.StdEncoding.Strict().DecodeString(public)
	return err == nil && len(key) == ed25519.PublicKeySize && ed25519.Verify(key, message, signature)
}

// String is the checkpoint on one line, as it is posted and kept.
func (c Checkpoint) String() string {
	return fmt.Sprintf("%s seq=%d at=%s hash=%x key=%s sig=%s", mark, c.Seq, c.At.Format(time.RFC3339), c.Hash, c.By,
		base64.StdEncoding.EncodeToString(c.Signature))
}

// ParseCheckpoint reads one back, also from a line that was copied out of a channel, with whatever stands round it. Its
// signature is not looked at.
func ParseCheckpoint(line string) (Checkpoint, error) {
	wrong := &ops.Error{Message: "This is no checkpoint, or not all of it.", Hint: "A checkpoint is one line that begins with " + mark + "."}
	begin := strings.Index(line, mark)
	if begin < 0 {
		return Checkpoint{}, wrong
	}
	var c Checkpoint
	var at, hash, signature string
	words := strings.Fields(strings.ReplaceAll(line[begin+len(mark):], "`", " "))
	if len(words) < 5 {
		return Checkpoint{}, wrong
	}
	_, err := fmt.Sscanf(strings.Join(words[:5], " "), "seq=%d at=%s hash=%s key=%s sig=%s", &c.Seq, &at, &hash, &c.By, &signature)
	if err == nil {
		c.At, err = time.Parse(time.RFC3339, at)
	}
	if err == nil {
		c.Hash, err = hex.DecodeString(hash)
	}
	if err == nil {
		c.Signature, err = base64.StdEncoding.Strict().DecodeString(signature)
	}
	if err != nil || c.Seq < 1 || len(c.Hash) != sha256.Size || len(c.Signature) != ed25519.SignatureSize {
		return Checkpoint{}, wrong
	}
	return c, nil
}

// maxLine of anything that is read back: an entry of the longest texts, all of them escaped, is shorter.
const maxLine = 1 << 20

// ReadCheckpoints reads all that a file or a copied conversation holds; other lines are passed over. damaged are the
// numbers of lines that hold a checkpoint which cannot be read, or was not signed by the key on it.
func ReadCheckpoints(r io.Reader) (found []Checkpoint, damaged []int, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		if !strings.Contains(lines.Text(), mark) {
			continue
		}
		c, err := ParseCheckpoint(lines.Text())
		if err != nil || !c.Genuine() {
			damaged = append(damaged, n)
			continue
		}
		found = append(found, c)
	}
	return found, damaged, lines.Err()
}
