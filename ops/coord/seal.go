package coord

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
)

// box seals what a token stands for with a key made of the token itself, which Redis never sees (name): whoever reads
// Redis learns nothing, and whoever writes there can put no words into an answer. A token is random and used for
// nothing else, so a hash of it makes a good key.
func box(token string) cipher.AEAD {
	key := sha256.Sum256([]byte("dbbot kept value " + token))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // 32 bytes are always a key
	}
	sealing, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // and AES always fits
	}
	return sealing
}

func seal(token string, value []byte) []byte { return box(token).Seal(nil, nil, value, nil) }

func unseal(token string, sealed []byte) (value []byte, ok bool) {
	value, err := box(token).Open(nil, nil, sealed, nil)
	return value, err == nil
}
