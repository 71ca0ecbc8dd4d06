package workspace

import (
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Server is a running workspace. All its state is in memory, behind one mutex; its methods may be called concurrently.
type Server struct {
	cfg     Config
	log     *slog.Logger
	handler http.Handler

	mu         sync.Mutex // guards everything below and all state reachable from it
	jump       time.Duration
	lastTS     time.Time
	closed     bool
	serial     int
	secrets    map[string]bool // tokens, masked in every log
	people     roster
	groups     []*Usergroup
	channels   directory
	apps       []*app
	tickets    map[string]*ticket
	triggers   map[string]*trigger
	triggerLog journal[*trigger]
	responses  map[string]*answerURL
	hooks      journal[*answerURL]
	views      map[string]*view
	stacks     map[stackKey][]*view
	homes      map[stackKey]*view
	files      shelf
	envelopes  journal[*envelope]
	byID       map[string]*envelope
	calls      journal[*Call]
	notices    journal[Notice]
	rates      map[rateKey]time.Time
	faults     []*CallFault
	hub        hub
	counts     Counts
	timers     map[*time.Timer]*time.Timer

	background sync.WaitGroup // sockets; timers hold no goroutine
	stop       chan struct{}
}

// Counts are things that happened and have no entry of their own in a log.
type Counts struct {
	UnknownAcks   int `json:"unknown_acks"`   // acks for envelopes never sent, or forgotten
	DuplicateAcks int `json:"duplicate_acks"` // second acks of one envelope
	LateAcks      int `json:"late_acks"`      // acks after the deadline
	OversizeAcks  int `json:"oversize_acks"`  // acks of 20,480 bytes and more, dropped
	BadFrames     int `json:"bad_frames"`     // frames that were not JSON
	Connects      int `json:"connects"`       // successful apps.connections.open
	Opened        int `json:"opened"`         // sockets that got their hello
}

// New makes a workspace. It does no I/O; serve its Handler, and Close it at the end.
func New(cfg Config) *Server {
	cfg.Periods = cfg.Periods.withDefaults()
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Team.Domain == "" {
		cfg.Team.Domain = domainOf(cfg.Team.Name)
	}
	s := &Server{
		cfg: cfg, log: cfg.Log,
		secrets:   map[string]bool{},
		people:    roster{byID: map[string]*Person{}},
		channels:  directory{byID: map[string]*channel{}},
		tickets:   map[string]*ticket{},
		triggers:  map[string]*trigger{},
		responses: map[string]*answerURL{},
		views:     map[string]*view{},
		stacks:    map[stackKey][]*view{},
		homes:     map[stackKey]*view{},
		files:     shelf{byID: map[string]*file{}, uploads: map[string]*file{}},
		envelopes: journal[*envelope]{max: cfg.Limits.History},
		byID:      map[string]*envelope{},
		calls:     journal[*Call]{max: cfg.Limits.History},
		notices:   journal[Notice]{max: cfg.Limits.History},
		rates:     map[rateKey]time.Time{},
		timers:    map[*time.Timer]*time.Timer{},
		stop:      make(chan struct{}),
	}
	s.envelopes.forget = func(e *envelope) { delete(s.byID, e.ID) }
	s.hooks = journal[*answerURL]{max: responsesKept, forget: func(h *answerURL) { delete(s.responses, h.id) }}
	s.triggerLog = journal[*trigger]{max: triggersKept, forget: func(t *trigger) { delete(s.triggers, t.id) }}
	s.hub = hub{pages: map[*page]bool{}, recent: journal[event]{max: streamKept}}
	s.populate()
	s.handler = s.routes()
	return s
}

// Handler serves everything: /api/, /link/, the hooks, /files/, the page, and /control/.
func (s *Server) Handler() http.Handler { return s.handler }

// Close ends all sockets and streams, without a close frame, and waits for them. It may be called twice.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.stop)
		for _, a := range s.apps {
			for _, k := range a.sockets {
				k.kill()
			}
		}
		for _, e := range s.envelopes.all() {
			e.cancel()
		}
		for _, stop := range s.timers {
			stop.Stop()
		}
	}
	s.mu.Unlock()
	s.background.Wait()
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", s.serveAPI)
	mux.HandleFunc("GET /link/", s.serveLink)
	mux.HandleFunc("POST /hooks/{id}", s.serveResponseURL)
	mux.HandleFunc("POST /upload/{id}", s.serveUpload)
	s.pageRoutes(mux)
	s.controlRoutes(mux)
	return http.NewCrossOriginProtection().Handler(mux) // no other site may type commands into a workspace on loopback
}

// locked runs f with mu held, and gives mu back even where f panics: one mistake must not stop everything else.
func (s *Server) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// now is the workspace's time, with the jumps a test made. Callers hold mu.
func (s *Server) now() time.Time { return s.cfg.Now().Add(s.jump) }

// after runs f with mu held once d has passed, unless the workspace is closed first. Callers hold mu.
func (s *Server) after(d time.Duration, f func()) {
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.timers, timer)
		if !s.closed {
			f()
		}
	})
	s.timers[timer] = timer
}
