package coord

import (
	"context"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What is kept is read by nobody who reads Redis, not even by who knows the names of the keys.
func TestRedisCannotReadWhatIsKept(t *testing.T) {
	one := connect(t, embedded(t))
	one.Keep(t.Context(), "token", []byte("SELECT * FROM orders"))
	dump, err := one.client.Get(t.Context(), name("kept", "token")).Result()
	if err != nil || strings.Contains(dump, "orders") || strings.Contains(dump, "SELECT") {
		t.Errorf("Redis holds %q, %v", dump, err)
	}
}

// What somebody else put there, or moved there from another token, is not taken for ours.
func TestForgedValuesAreNotRecalled(t *testing.T) {
	url := embedded(t)
	one, other := connect(t, url), connect(t, url)
	ctx := context.Background()
	one.Keep(ctx, "mine", []byte("status orders"))
	sealed, err := one.client.Get(ctx, name("kept", "mine")).Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, forged := range []string{"status payroll", "", sealed, sealed[:len(sealed)-1]} {
		if err := one.client.Set(ctx, name("kept", "theirs"), forged, keptFor).Err(); err != nil {
			t.Fatal(err)
		}
		if value, found := other.Recall(ctx, "theirs"); found {
			t.Errorf("%q was recalled as %q", forged, value)
		}
	}
	if value, found := other.Recall(ctx, "mine"); !found || string(value) != "status orders" {
		t.Errorf("recalled %q, %v", value, found)
	}
}

func TestSealing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		token, value := rapid.String().Draw(rt, "token"), rapid.SliceOf(rapid.Byte()).Draw(rt, "value")
		if got, ok := unseal(token, seal(token, value)); !ok || string(got) != string(value) {
			rt.Fatalf("unsealed %q, %v", got, ok)
		}
		if _, ok := unseal(token+"x", seal(token, value)); ok {
			rt.Fatal("another token opens it")
		}
	})
}
