module dbbot

go 1.26.0

// Every library is here for one reason:
require (
	github.com/Shopify/toxiproxy/v2 v2.5.0 // tests: latency, resets and silence between us and a server
	github.com/alecthomas/kong v1.17.0 // the program's own command line
	github.com/alicebob/miniredis/v2 v2.40.0 // the demo's embedded Redis
	github.com/chromedp/cdproto v0.159.0 // tests: what the browser says of the page, in chromedp's own types
	github.com/chromedp/chromedp v0.23.0 // tests: the workspace's page in a real browser
	github.com/coder/websocket v1.8.15 // Socket Mode, both ends: our own loop and the local workspace
	github.com/go-redis/redis_rate/v10 v10.0.1 // the rate limit that replicas share (GCRA in Redis)
	github.com/golang-migrate/migrate/v4 v4.20.1 // migration files and their state table
	github.com/jackc/pgx/v5 v5.12.0 // PostgreSQL: pipelines, cancel requests, error fields
	github.com/pganalyze/pg_query_go/v6 v6.2.5 // PostgreSQL's own parser: migrations are split and judged by it
	github.com/prometheus/client_golang v1.25.0 // /metrics
	github.com/redis/go-redis/v9 v9.23.0 // first-time, rate limit and cache shared by replicas
	github.com/riverqueue/river v0.51.0 // the queue that replicas share in PostgreSQL: runs, expiry, reminders, messages
	github.com/riverqueue/river/riverdriver/riverpgxv5 v0.51.0 // River on pgx
	github.com/riverqueue/river/rivertype v0.51.0 // River's own words for jobs
	github.com/rs/zerolog v1.28.0 // tests: the logger that toxiproxy wants, to be silent
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // tests: Slack's published schemas
	github.com/slack-go/slack v0.35.0 // Slack's Web API and payload types
	go.uber.org/goleak v1.3.0 // tests: no goroutine is left behind
	go.yaml.in/yaml/v4 v4.0.0 // the configuration file: unknown fields and all faults with their lines
	golang.org/x/sync v0.24.0 // errgroup and singleflight
	google.golang.org/protobuf v1.36.12 // walking the parse tree of a migration
	pgregory.net/rapid v1.3.0 // tests: properties
)

require (
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/gorilla/mux v1.8.0 // indirect
	github.com/gorilla/websocket v1.5.3 // indirect
	github.com/jackc/pgerrcode v0.0.0-20240316143900-6e2875d9b438 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/kylelemons/godebug v1.1.0 // indirect
	github.com/mattn/go-colorable v0.1.13 // indirect
	github.com/mattn/go-isatty v0.0.16 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.72.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/riverqueue/river/riverdriver v0.51.0 // indirect
	github.com/riverqueue/river/rivershared v0.51.0 // indirect
	github.com/rs/xid v1.4.0 // indirect
	github.com/tidwall/gjson v1.20.0 // indirect
	github.com/tidwall/match v1.2.0 // indirect
	github.com/tidwall/pretty v1.2.1 // indirect
	github.com/tidwall/sjson v1.2.5 // indirect
	github.com/yuin/gopher-lua v1.1.1 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	gopkg.in/tomb.v1 v1.0.0-20141024135613-dd632973f1e7 // indirect
)
