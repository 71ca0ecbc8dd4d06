// dev.js: the developer panel: the last envelopes and Web API calls, with latency and outcome, live.

const devLog = { rows: [], shown: false, words: "", kind: "all", open: new Set(), next: 0, heard: null };

// As many as the server tells of: 200 envelopes and 200 calls.
const mostRows = 400;

/** readable turns a logged body into something to look at: JSON, or the fields of a form with the JSON inside them. */
function readable(body) {
  if (typeof body !== "string") return body;
  const parsed = parsedJSON(body);
  if (parsed !== body || !/^[^=\s{]+=/.test(body)) return parsed;
  return Object.fromEntries([...new URLSearchParams(body)].map(([name, value]) => [name, parsedJSON(value)]));
}

function parsedJSON(text) {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** logRow puts an envelope (what Slack sent the app) and a call (what the app asked of Slack) into one form. */
function logRow(kind, entry) {
  const envelope = kind === "envelope";
  const failed = envelope ? !["acked", "pending", "raw"].includes(entry.outcome) : entry.ok === false;
  return {
    kind,
    entry,
    key: entry.id ? `${kind}/${entry.id}` : `${kind}/n${devLog.next++}`,
    at: new Date(entry.at),
    failed,
    name: envelope ? entry.type : entry.method,
    took: envelope ? entry.ack_ms : entry.ms,
    outcome: envelope ? entry.outcome : entry.ok === false ? entry.error || `HTTP ${entry.status}` : "ok",
    detail: envelope ? payloadWords(entry.payload) : callWords(readable(entry.request)),
  };
}

const payloadWords = (p) =>
  [
    p?.command && `${p.command} ${p.text ?? ""}`,
    p?.event?.type,
    p?.type !== "event_callback" && p?.type,
    p?.actions?.[0]?.action_id,
    p?.view?.callback_id,
  ]
    .filter(Boolean)
    .join(" · ");
const callWords = (request) => [request?.channel, request?.user, request?.ts].filter((x) => typeof x === "string").join(" · ");

function addLog(kind, entry) {
  const row = logRow(kind, entry);
  devLog.heard?.set(row.key, row);
  const at = devLog.rows.findIndex((r) => r.key === row.key);
  if (at >= 0) devLog.rows[at] = row;
  else devLog.rows.push(row);
  devLog.rows.splice(0, devLog.rows.length - mostRows);
  drawDevRows();
}

/** loadLog reads the log anew. What the stream said since it asked is newer than the answer, and stays. */
async function loadLog() {
  const heard = new Map();
  devLog.heard = heard;
  const answer = await ask("/page/log");
  if (answer.ok === false || devLog.heard !== heard) return;
  devLog.heard = null;
  const told = [...(answer.envelopes ?? []).map((e) => logRow("envelope", e)), ...(answer.calls ?? []).map((c) => logRow("call", c))];
  const rows = new Map([...told.map((row) => [row.key, row]), ...heard]);
  devLog.rows = [...rows.values()].sort((a, b) => a.at - b.at).slice(-mostRows);
  drawDevRows();
}

function toggleDev(open = !devLog.shown) {
  devLog.shown = open;
  $("dev").hidden = !open;
  document.body.classList.toggle("with-dev", open);
  $("toggle-dev").setAttribute("aria-expanded", String(open));
  writeAddress();
  if (!open) return $("toggle-dev").focus();
  drawDevFrame();
  loadLog();
}

function drawDevFrame() {
  const filter = el("input", {
    type: "search",
    class: "field",
    placeholder: "Filter",
    "aria-label": "Filter the log",
    value: devLog.words,
    "data-testid": "dev-filter",
    oninput: () => {
      devLog.words = filter.value;
      drawDevRows();
    },
  });
  const kinds = el(
    "select",
    {
      class: "field",
      "aria-label": "What to show",
      "data-testid": "dev-kind",
      onchange: () => {
        devLog.kind = kinds.value;
        drawDevRows();
      },
    },
    [
      ["all", "Everything"],
      ["envelope", "Envelopes"],
      ["call", "API calls"],
      ["failed", "Failures"],
    ].map(([value, name]) => el("option", { value, selected: devLog.kind === value }, name)),
  );
  fill(
    $("dev"),
    el(
      "header",
      { class: "pane-head" },
      el("h2", {}, "Developer"),
      filter,
      kinds,
      span("spring"),
      iconButton("trash", "Clear the list", () => {
        devLog.rows = [];
        drawDevRows();
      }),
      iconButton("close", "Close the developer panel", () => toggleDev(false)),
    ),
    el("div", {
      class: "dev-rows",
      id: "dev-rows",
      tabindex: "0",
      role: "group",
      "aria-label": "Envelopes and API calls, newest first",
      "data-testid": "dev-rows",
    }),
  );
  kinds.value = devLog.kind;
}

function drawDevRows() {
  const box = $("dev-rows");
  if (!devLog.shown || !box) return;
  const words = devLog.words.toLowerCase();
  const rows = devLog.rows.filter(
    (r) =>
      (devLog.kind === "all" || r.kind === devLog.kind || (devLog.kind === "failed" && r.failed)) &&
      (!words || JSON.stringify(r.entry).toLowerCase().includes(words)),
  );
  reconcile(
    box,
    rows.length
      ? rows.toReversed().map((r) => ({ key: r.key, parts: [r], make: () => devRow(r) }))
      : [
          {
            key: "none",
            parts: [words],
            make: () =>
              div(
                "empty soft",
                devLog.rows.length ? "Nothing fits the filter." : "Nothing was sent yet. Envelopes go to the app, calls come from it.",
              ),
          },
        ],
  );
}

const directions = { envelope: ["→", "to the app"], call: ["←", "from the app"] };

function devRow(row) {
  const [arrow, words] = directions[row.kind];
  const node = el(
    "details",
    {
      class: `dev-row ${row.failed ? "failed" : ""}`,
      "data-testid": "dev-row",
      "data-kind": row.kind,
      "data-name": row.name,
      open: devLog.open.has(row.key),
    },
    el(
      "summary",
      {},
      el("span", { class: "dev-arrow", title: words }, arrow),
      span("sr-only", words),
      el("time", { class: "soft" }, preciseClock(row.at)),
      span("dev-name strong", row.name),
      span("dev-detail soft", row.detail),
      span("dev-took", row.took === null || row.took === undefined ? "" : `${Math.round(row.took * 10) / 10} ms`),
      span(`outcome ${row.failed ? "bad" : row.outcome === "pending" ? "" : "good"}`, row.outcome),
    ),
  );
  const unfold = () => {
    if (node.open && node.children.length === 1) node.append(devBody(row));
  };
  node.addEventListener("toggle", () => {
    devLog.open[node.open ? "add" : "delete"](row.key);
    unfold();
  });
  unfold();
  return node;
}

function devBody({ kind, entry }) {
  const [out, back] =
    kind === "envelope"
      ? [
          ["Payload", entry.payload],
          ["Ack", entry.response],
        ]
      : [
          ["Request", readable(entry.request)],
          ["Response", readable(entry.response)],
        ];
  return div(
    "dev-body",
    kind === "envelope" && div("soft small", `Envelope ${entry.id} on socket ${entry.socket ?? "?"}`),
    jsonBox(out[1] ?? null, out[0]),
    jsonBox(back[1] ?? null, back[0]),
  );
}
