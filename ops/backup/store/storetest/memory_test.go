package storetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dbbot/ops/backup"
)

// memory is a store as the contract wants it, so that its breakages show what the suite finds.
type memory struct {
	mu         sync.Mutex
	files      map[string][]byte
	tags       map[string]int
	unfinished map[string]bool
	proper     *regexp.Regexp
}

func newMemory() *memory {
	return &memory{files: map[string][]byte{}, tags: map[string]int{}, unfinished: map[string]bool{}, proper: regexp.MustCompile(`^[\w-][\w.-]*(/[\w-][\w.-]*)*$`)}
}

func (m *memory) fits(name string) error {
	bad := len(name) > 900 || !m.proper.MatchString(name)
	for part := range strings.SplitSeq(name, "/") {
		bad = bad || len(part) > 200
	}
	if bad {
		return fmt.Errorf("%q is no name", name)
	}
	return nil
}

func (m *memory) Put(ctx context.Context, name string, r io.Reader, _ int64) (int64, error) {
	if err := m.fits(name); err != nil {
		return 0, err
	}
	var all bytes.Buffer
	for ctx.Err() == nil {
		if _, err := io.CopyN(&all, r, 64<<10); err == io.EOF { //nolint:errorlint // a wrapped one is a failure
			break
		} else if err != nil {
			return 0, err
		}
	}
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	m.put(name, all.Bytes())
	return int64(all.Len()), nil
}

func (m *memory) put(name string, content []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[name] = content
	m.tags[name]++
}

func (m *memory) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := m.fits(name); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	content, ok := m.files[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, backup.ErrMissing)
	}
	from := bytes.NewReader(content)
	return io.NopCloser(readerFunc(func(p []byte) (int, error) {
		if err := context.Cause(ctx); err != nil {
			return 0, err
		}
		return from.Read(p)
	})), nil
}

func (m *memory) List(_ context.Context, prefix string) (found []backup.Object, err error) {
	if prefix != "" && m.fits(prefix+"x") != nil {
		return nil, fmt.Errorf("%q is no prefix", prefix)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		if strings.HasPrefix(name, prefix) {
			found = append(found, backup.Object{Name: name, Size: int64(len(m.files[name])), Modified: time.Now(), Tag: fmt.Sprint(m.tags[name])})
		}
	}
	return found, nil
}

func (m *memory) Delete(ctx context.Context, name string) error {
	if err := m.fits(name); err != nil || ctx.Err() != nil {
		return fmt.Errorf("%w %w", err, context.Cause(ctx))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, name)
	return nil
}

func (m *memory) Sweep(_ context.Context, prefix string, age time.Duration) (removed []string, err error) {
	if prefix != "" && m.fits(prefix+"x") != nil {
		return nil, fmt.Errorf("%q is no prefix", prefix)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.unfinished {
		if strings.HasPrefix(name, prefix) && age == 0 {
			removed = append(removed, name)
			delete(m.unfinished, name)
		}
	}
	slices.Sort(removed)
	return removed, nil
}

func (m *memory) Location() string { return "memory://here" }
func (m *memory) Close() error     { return nil }

// again is the same store opened anew: closing one says nothing of the other.
func fixtureOf(m *memory, s backup.Store) Fixture {
	return Fixture{
		Store: s, Again: func() backup.Store { return s }, Part: 1 << 20,
		Abandon:    func(_ testing.TB, name string) { m.unfinished[name] = true },
		Unfinished: func(testing.TB) int { return len(m.unfinished) },
	}
}
