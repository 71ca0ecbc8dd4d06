package job

import (
	"net/url"
	"strings"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// way is a way to the state database that can be closed.
type way struct {
	*toxiproxy.Proxy
	url string
}

func (h *house) proxy() way {
	h.Helper()
	u, err := url.Parse(h.url)
	if err != nil {
		h.Fatal(err)
	}
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	p := toxiproxy.NewProxy(api, "postgres", "127.0.0.1:0", u.Host)
	if err := p.Start(); err != nil {
		h.Fatal(err)
	}
	h.Cleanup(p.Stop)
	u.Host = p.Listen
	return way{p, u.String()}
}

// gone is how a state database goes away.
var gone = map[string]func(*testing.T, way){
	"every connection breaks, and none comes about": func(_ *testing.T, w way) { w.Stop() },
	// the server still sees the connections: something between holds them open
	"nothing is heard any more": func(t *testing.T, w way) {
		for _, stream := range []string{"upstream", "downstream"} {
			silence := `{"name": "` + stream + `", "type": "timeout", "stream": "` + stream + `", "attributes": {"timeout": 0}}`
			if _, err := w.Toxics.AddToxicJson(strings.NewReader(silence)); err != nil {
				t.Fatal(err)
			}
		}
	},
}
