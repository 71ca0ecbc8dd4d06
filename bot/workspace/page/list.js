// list.js: the list of messages of a channel or thread, brought up to date in place, so that focus, selection and screen
// readers keep their spot.

const groupWithin = 5 * 60; // seconds in which a person's next message stands under the same name

/** logItems are the lines of a list: a heading for each day, and messages. */
function logItems(messages, inThread) {
  const items = [];
  let before = null,
    day = "";
  for (const message of messages) {
    const date = tsDate(message.ts);
    const heading = dayHeading(date);
    if (!inThread && heading !== day) {
      items.push({
        key: `day-${midnight(date).getTime()}`,
        parts: [heading],
        make: () => el("div", { class: "day", role: "separator", "aria-label": heading }, el("span", {}, heading)),
      });
      before = null;
    }
    day = heading;
    const grouped = Boolean(before) && belongsUnder(before, message);
    const raw = state.rawShown.has(message.ts);
    items.push({
      key: `${message.ts}${message.ephemeral ? "-e" : ""}`,
      parts: [message, grouped, raw],
      make: () => messageNode(message, { grouped, inThread, raw }),
    });
    before = message;
  }
  return items;
}

const belongsUnder = (before, message) =>
  before.user === message.user &&
  before.username === message.username &&
  before.bot_id === message.bot_id &&
  !before.ephemeral &&
  !message.ephemeral &&
  !before.reply_count &&
  Number(message.ts) - Number(before.ts) < groupWithin;

/** reconcile makes container hold exactly items, leaving every node that has not changed alone. */
function reconcile(container, items) {
  const old = new Map([...container.children].map((node) => [node.dataset.key, node]));
  let at = container.firstElementChild;
  for (const item of items) {
    let node = old.get(item.key);
    old.delete(item.key);
    if (!node || node.parts.length !== item.parts.length || node.parts.some((part, i) => part !== item.parts[i])) {
      const fresh = item.make();
      fresh.dataset.key = item.key;
      fresh.parts = item.parts;
      if (node) at = replaceKeepingFocus(node, fresh, at);
      node = fresh;
    }
    if (node === at) at = at.nextElementSibling;
    else container.insertBefore(node, at);
  }
  old.forEach((node) => node.remove());
}

// A message that is redrawn while a button in it has the focus gives it to the same button of the new one, else to the message.
function replaceKeepingFocus(node, fresh, at) {
  const focused = node.contains(document.activeElement) ? document.activeElement : null;
  const { actionId, blockId } = focused?.closest("[data-action-id]")?.dataset ?? {};
  node.replaceWith(fresh);
  if (focused) {
    const same = actionId && fresh.querySelector(`[data-action-id="${CSS.escape(actionId)}"][data-block-id="${CSS.escape(blockId)}"]`);
    (same?.matches("button, a, input, textarea") ? same : (same?.querySelector("input") ?? fresh)).focus({ preventScroll: true });
  }
  return at === node ? fresh : at;
}

const inMainList = (m) => !m.thread_ts || m.thread_ts === m.ts || m.subtype === "thread_broadcast";
const byTs = (a, b) => Number(a.ts) - Number(b.ts);

function drawLog({ toEnd = false } = {}) {
  const log = $("log");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  const messages = [...(state.messages.get(state.channel) ?? []), ...(state.notices.get(state.channel) ?? [])]
    .filter(inMainList)
    .sort(byTs);
  reconcile(log, messages.length ? logItems(messages, false) : [{ key: "empty", parts: [state.channel], make: emptyChannel }]);
  if (toEnd || atEnd) log.scrollTop = log.scrollHeight;
  else $("new-pill").hidden = log.dataset.length === String(messages.length) || $("new-pill").hidden === false;
  log.dataset.length = messages.length;
  showLinked();
}

/** showLinked goes, once, to the message that the address names after its #. */
function showLinked() {
  const linked = state.linked && document.querySelector(`.log [data-ts="${CSS.escape(state.linked)}"]`);
  if (!linked) return;
  state.linked = "";
  linked.scrollIntoView({ block: "center" });
  linked.focus({ preventScroll: true });
}

function emptyChannel() {
  const [command] = state.boot?.commands ?? [];
  const channel = state.channels.get(state.channel);
  if (channel && closedBecause(channel)) return div("empty", el("h3", {}, "Nothing here yet"));
  const hint = command
    ? ["Type ", el("code", {}, command.command), " below to begin. ", command.description]
    : "Write the first message below.";
  return div("empty", el("h3", {}, "Nothing here yet"), el("p", { class: "soft" }, hint));
}

const mostMessages = 500; // of one channel; the server has the older ones

/** storeMessage puts a message in its place by ts, or over the one with the same ts. */
function storeMessage(list, message) {
  const at = list.findIndex((m) => m.ts === message.ts);
  if (at >= 0) list[at] = message;
  else list.splice(list.findLastIndex((m) => Number(m.ts) < Number(message.ts)) + 1, 0, message);
  list.splice(0, list.length - mostMessages);
}

function dropMessage(channel, ts) {
  for (const held of [state.messages, state.notices])
    held.set(
      channel,
      (held.get(channel) ?? []).filter((m) => m.ts !== ts),
    );
  state.replies = state.replies.filter((m) => m.ts !== ts || m.channel !== channel);
  drawLog();
  drawThread();
}

const mostNotices = 50;

/** addNotice shows what Slackbot tells this person alone. */
function addNotice(channel, text) {
  const notices = state.notices.get(channel) ?? [];
  notices.splice(0, notices.length - mostNotices);
  notices.push({ ts: (Date.now() / 1000).toFixed(6), channel, user: slackbot, text, ephemeral: true, local: true });
  state.notices.set(channel, notices);
  if (channel === state.channel) drawLog({ toEnd: true });
  if (channel !== state.channel || state.tab === "home" || document.querySelector("dialog[open]")) toast(plainOf(text));
}
