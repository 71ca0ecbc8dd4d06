// stream.js: what happens in the workspace arrives here by itself.

const stream = { source: null, retry: 0 };

// A closed stream is asked for again after 1, 2, 4 … at most 15 seconds.
const longestWait = 15e3;

/** live says whether this person's events arrive now. */
const live = () => document.body.dataset.live === state.as;

function openStream() {
  stream.source?.close();
  delete document.body.dataset.live;
  const source = new EventSource(query("/page/stream", { as: state.as }));
  stream.source = source;
  for (const [name, handle] of Object.entries(handlers))
    source.addEventListener(name, (event) => {
      if (source === stream.source) handle(event.data ? JSON.parse(event.data) : {});
    });
  source.addEventListener("error", () => {
    if (source !== stream.source) return;
    document.body.classList.add("offline");
    delete document.body.dataset.live;
    if (source.readyState === EventSource.CLOSED)
      setTimeout(
        () => {
          if (source === stream.source) openStream();
        },
        Math.min(longestWait, 1000 * 2 ** stream.retry++),
      );
  });
}

const handlers = {
  // From here on nothing is missed (tests wait for it). What happened while nobody listened is fetched.
  ready: () => {
    stream.retry = 0;
    document.body.classList.remove("offline");
    document.body.dataset.live = state.as;
    refresh();
  },
  message: ({ message }) => {
    putMessage(message);
    noteUnread(message);
  },
  changed: ({ message }) => putMessage(message),
  deleted: ({ channel, ts }) => dropMessage(channel, ts),
  view: viewEvent,
  home: ({ view }) => {
    if (state.tab === "home" && view.app_id === mainApp()?.id) {
      state.home = view;
      drawHome();
    }
  },
  notice: ({ channel, text }) => addNotice(channel, text),
  channel: channelEvent,
  envelope: (entry) => addLog("envelope", entry),
  call: (entry) => addLog("call", entry),
  app: ({ id, sockets }) => {
    for (const app of apps()) if (app.id === id) app.sockets = sockets;
    drawSidebar();
    drawOffline();
  },
  reload: () => reboot(),
};

/** channelEvent takes over what a channel is now; one that this person no longer sees goes, with what was read of it. */
function channelEvent({ channel }) {
  if (channel.visible) {
    const before = state.channels.get(channel.id);
    state.channels.set(channel.id, channel);
    drawSidebar();
    drawChannelHead();
    if (channel.id === state.channel && before?.is_archived !== channel.is_archived) drawComposer();
    return;
  }
  state.channels.delete(channel.id);
  for (const held of [state.messages, state.notices, state.unread]) held.delete(channel.id);
  if (channel.id === state.channel) goTo(firstChannel(), { push: false, focus: false });
  else drawSidebar();
}

const arrivals = new Map(); // channel → how many messages have come by the stream

/** putMessage stores a message of a channel whose history is here, and shows it where it belongs. */
function putMessage(message) {
  arrivals.set(message.channel, (arrivals.get(message.channel) ?? 0) + 1);
  const held = state.messages.get(message.channel);
  if (held) storeMessage(held, message);
  if (message.channel !== state.channel) return;
  drawLog({ toEnd: message.user === state.as && inMainList(message) });
  if (state.thread && (message.thread_ts === state.thread || message.ts === state.thread)) {
    storeMessage(state.replies, message);
    drawThread();
  }
}

function noteUnread(message) {
  if (message.user === state.as || !inMainList(message)) return;
  if (message.channel === state.channel && state.tab !== "home" && !document.hidden) return;
  state.unread.add(message.channel);
  drawSidebar();
  drawTitle();
}

/** loadHistory fetches a channel; where something arrives meanwhile it fetches once more, so that nothing stale stays. */
async function loadHistory(channel, { toEnd = false } = {}) {
  const as = state.as,
    before = arrivals.get(channel);
  const answer = await ask(query("/page/history", { as, channel }));
  if (as !== state.as) return;
  if (answer.ok === false) return toast(inWords(answer.error));
  if (arrivals.get(channel) !== before) return loadHistory(channel, { toEnd });
  state.messages.set(channel, keepingSame(answer.messages ?? [], state.messages.get(channel) ?? []));
  if (channel === state.channel) drawLog({ toEnd });
}

/** keepingSame lets messages that have not changed stay the very objects they were, so that they are not drawn, or read out, again. */
function keepingSame(fresh, held) {
  const before = new Map(held.map((m) => [m.ts, m]));
  return fresh.map((m) => (JSON.stringify(before.get(m.ts)) === JSON.stringify(m) ? before.get(m.ts) : m));
}

function refresh() {
  if (state.tab === "home") openHome();
  else if (state.channel) loadHistory(state.channel, { toEnd: !state.messages.has(state.channel) });
  loadThread();
  if (devLog.shown) loadLog();
}
