package audit

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"dbbot/ops"
)

// minKey is the fewest bytes of a key: as many as the hash has, for fewer would be the weakest part of the chain.
const minKey = 32

// minDifferent is the fewest different characters of a key. A random one of 32 bytes, in hex too, has more than that but
// once in many billions; one that was typed to fill the field has fewer.
const minDifferent = 8

// Key seals the chain and signs checkpoints. It lies outside the database, so that whoever may write there cannot make a
// chain that verifies. What it is made of is held by two functions, which no way of printing looks into.
type Key struct {
	mac    func(canonical []byte) []byte
	signer func() ed25519.PrivateKey
}

// NewKey makes a key of a secret: any text of at least 32 bytes, as `openssl rand -hex 32` prints it. The error is an
// *ops.Error, and holds nothing of it.
func NewKey(secret ops.Secret) (Key, error) {
	text := strings.TrimSpace(secret.Reveal())
	if len(text) < minKey || different(text) < minDifferent {
		return Key{}, &ops.Error{
			Message: fmt.Sprintf("The audit key is too weak: it takes %d random bytes or more.", minKey),
			Hint:    "`openssl rand -hex 32` makes one. Keep it outside the database, and keep it: what was sealed with it is verified with it.",
		}
	}
	chain, signing := derive(text, "chain"), derive(text, "checkpoint")
	return Key{
		mac: func(canonical []byte) []byte {
			h := hmac.New(sha256.New, chain)
			h.Write(canonical)
			return h.Sum(nil)
		},
		signer: func() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(signing) },
	}, nil
}

// Set is false of the zero Key, with which nothing can be sealed.
func (k Key) Set() bool { return k.mac != nil }

// Format prints *** whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, "***") }

// Public is the half of the key that everybody may know: it verifies checkpoints, and makes none. Base64.
func (k Key) Public() string {
	return base64.StdEncoding.EncodeToString(k.signer().Public().(ed25519.PublicKey))
}

// derive makes an independent key for each purpose.
func derive(secret, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, domain+" "+purpose, sha256.Size)
	if err != nil {
		panic(err) // the length asked for is always allowed
	}
	return key
}

func different(text string) int {
	seen := map[byte]bool{}
	for i := range len(text) {
		seen[text[i]] = true
	}
	return len(seen)
}
