package workspace

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	// streamKept is how many events a page that lost its connection can catch up on.
	streamKept = 500
	// streamQueue bounds what waits for one slow page; one that is further behind is told to reload.
	streamQueue = 512
	// streamQuiet is how long events are kept for nobody: a page that reloads is back within it.
	streamQuiet = 30 * time.Second
	// streamBeat is how often a silent stream says that it lives, for proxies and for the page's own watchdog.
	streamBeat = 15 * time.Second
)

// audience is who may see an event: one user, those who see a channel, or everybody.
type audience struct {
	user    string
	channel *channel
}

// event is one server-sent event.
type event struct {
	seq  int
	name string
	data []byte
	to   audience
}

// hub carries events to the pages. It is guarded by the server's mutex.
type hub struct {
	seq      int
	recent   journal[event]
	pages    map[*page]bool
	lastPage time.Time
}

// page is one open stream.
type page struct {
	person *Person
	queue  chan event
	behind bool
}

// publish sends an event to the pages that may see it. What it says is made only where somebody is there to read it.
func (h *hub) publish(name string, to audience, data func() any) {
	h.seq++
	if len(h.pages) == 0 && time.Since(h.lastPage) > streamQuiet {
		h.recent = journal[event]{max: streamKept}
		return
	}
	body, err := json.Marshal(data())
	if err != nil {
		panic(fmt.Sprintf("workspace: event %s is not JSON: %v", name, err))
	}
	e := event{seq: h.seq, name: name, data: body, to: to}
	h.recent.add(e)
	for p := range h.pages {
		if p.behind || !p.may(to) {
			continue
		}
		select {
		case p.queue <- e:
		default:
			p.behind = true
			close(p.queue)
		}
	}
}

func (p *page) may(to audience) bool {
	if to.user != "" {
		return to.user == p.person.ID
	}
	return to.channel == nil || to.channel.visibleTo(p.person)
}

// serveStream writes the events that a person sees, from Last-Event-ID on where that is still known.
func (s *Server) serveStream(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	person, err := s.person(r.URL.Query().Get("as"))
	if err != nil || s.closed {
		s.mu.Unlock()
		http.Error(w, "unknown person", http.StatusNotFound)
		return
	}
	p := &page{person: person, queue: make(chan event, streamQueue)}
	s.hub.pages[p] = true
	s.hub.lastPage = time.Now()
	missed, reload := s.hub.since(r.Header.Get("Last-Event-ID"), p)
	seq := s.hub.seq
	s.background.Add(1)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.hub.pages, p)
		s.hub.lastPage = time.Now()
		s.mu.Unlock()
		s.background.Done()
	}()

	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	flush := http.NewResponseController(w)
	soon := func() time.Time { return time.Now().Add(streamBeat + writeTimeout) } // the next write comes within a beat
	if flush.SetWriteDeadline(soon()) != nil {
		return
	}
	defer flush.SetWriteDeadline(time.Time{}) // the connection may serve other requests
	fmt.Fprintf(w, "retry: 500\nid: %d\nevent: ready\ndata: {}\n\n", seq)
	if reload {
		fmt.Fprint(w, "event: reload\ndata: {}\n\n")
	}
	for _, e := range missed {
		e.write(w)
	}
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	for {
		if flush.Flush() != nil || flush.SetWriteDeadline(soon()) != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-s.stop:
			return
		case <-beat.C:
			fmt.Fprint(w, ": still here\n\n")
		case e, ok := <-p.queue:
			if !ok {
				fmt.Fprint(w, "event: reload\ndata: {}\n\n")
				return
			}
			e.write(w)
			for range len(p.queue) { // what has piled up goes out with one flush
				if e, ok = <-p.queue; ok {
					e.write(w)
				}
			}
		}
	}
}

func (e *event) write(w http.ResponseWriter) {
	fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", e.seq, e.name, e.data)
}

// since lists the events after an id for a page; reload is true where some of them are no longer known.
func (h *hub) since(last string, p *page) (missed []event, reload bool) {
	seq, err := strconv.Atoi(last)
	if last == "" || err == nil && seq == h.seq {
		return nil, false
	}
	recent := h.recent.all()
	if err != nil || seq > h.seq || len(recent) == 0 || recent[0].seq > seq+1 {
		return nil, true
	}
	for _, e := range recent {
		if e.seq > seq && p.may(e.to) {
			missed = append(missed, e)
		}
	}
	return missed, false
}
