// thread.js: the pane with the replies to one message.

async function openThread(ts) {
  state.thread = ts;
  state.replies = (state.messages.get(state.channel) ?? []).filter((m) => m.ts === ts);
  writeAddress();
  drawThreadFrame();
  await loadThread();
  $("thread-text")?.focus();
}

function closeThread() {
  const parent = state.thread;
  state.thread = "";
  state.replies = [];
  writeAddress();
  drawThreadFrame();
  (document.querySelector(`#log [data-ts="${CSS.escape(parent)}"]`) ?? $("log")).focus({ preventScroll: true });
}

async function loadThread() {
  if (!state.thread) return;
  const { thread, channel, as } = state;
  const answer = await ask(query("/page/history", { as, channel, thread }));
  if (thread !== state.thread || channel !== state.channel || as !== state.as) return;
  if (answer.ok === false) return toast(inWords(answer.error));
  state.replies = keepingSame(answer.messages ?? [], state.replies);
  drawThread({ toEnd: true });
}

function drawThreadFrame() {
  const pane = $("thread");
  pane.hidden = !state.thread;
  document.body.classList.toggle("with-thread", Boolean(state.thread));
  if (!state.thread) return fill(pane);
  const channel = state.channels.get(state.channel);
  fill(
    pane,
    el(
      "header",
      { class: "pane-head" },
      el("h2", {}, "Thread"),
      span("soft", channel && (channel.kind === "im" ? channelName(channel) : `#${channelName(channel)}`)),
      span("spring"),
      iconButton("close", "Close the thread", closeThread, { "data-testid": "thread-close" }),
    ),
    el("div", { class: "log", id: "thread-log", role: "log", "aria-label": "Replies", "aria-live": "polite", tabindex: "0" }),
    composer({ id: "thread-text", thread: state.thread, label: "Reply" }),
  );
  listKeys($("thread-log"), "thread-text");
  drawThread({ toEnd: true });
}

function drawThread({ toEnd = false } = {}) {
  const log = $("thread-log");
  if (!state.thread || !log) return;
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  const notices = (state.notices.get(state.channel) ?? []).filter((m) => m.thread_ts === state.thread);
  const [parent, ...replies] = [...state.replies, ...notices].sort(byTs);
  const count = {
    key: "count",
    parts: [replies.length],
    make: () =>
      el("div", { class: "day", role: "separator" }, el("span", {}, replies.length === 1 ? "1 reply" : `${replies.length} replies`)),
  };
  reconcile(log, parent ? [...logItems([parent], true), count, ...logItems(replies, true)] : []);
  if (toEnd || atEnd) log.scrollTop = log.scrollHeight;
  showLinked();
}

/** listKeys: arrows go from message to message, Escape goes back to the composer. */
function listKeys(log, composerId) {
  log.addEventListener("keydown", (event) => {
    const onMessage = event.target === log || event.target.classList.contains("message");
    if (event.key === "Escape" && !openPopup) return $(composerId)?.focus();
    if (!onMessage || !["ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
    const messages = [...log.querySelectorAll(".message")];
    if (event.target === log && event.key !== "Home") {
      event.preventDefault();
      messages.at(-1)?.focus();
    } else moveAmong(messages, event);
  });
}
