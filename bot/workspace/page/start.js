// start.js: the address, moving between places, keys, and the beginning.

/** addressOf writes a state of the page as its address, so that links and tests can open it. */
function addressOf({
  as = state.as,
  channel = state.channel,
  thread = state.thread,
  tab = state.tab,
  theme = state.theme,
  dev = devLog.shown,
} = {}) {
  return query("/", { as, channel, thread, tab: tab === "home" ? "home" : "", theme: theme === "auto" ? "" : theme, dev: dev ? "1" : "" });
}

function writeAddress({ push = false } = {}) {
  const address = addressOf();
  if (address === location.pathname + location.search) return;
  history[push ? "pushState" : "replaceState"](null, "", address);
}

/** goTo opens a channel, or another tab of it. */
function goTo(id, { tab = "messages", push = true, thread = "", focus = true } = {}) {
  const moved = id !== state.channel || thread !== state.thread;
  Object.assign(state, { channel: id, tab: appOf(state.channels.get(id)) ? tab : "messages", thread });
  if (moved) Object.assign(state, { replies: [], home: null });
  state.unread.delete(id);
  closeSide();
  writeAddress({ push });
  drawPlace(moved);
  // An app may publish its home within a millisecond: it is asked only when the answer can be heard, else by refresh.
  if (state.tab !== "home") loadHistory(id, { toEnd: true });
  else if (live()) openHome();
  if (thread) loadThread();
  if (focus) (state.tab === "home" ? $("tab-home") : $("composer-text"))?.focus();
}

/** firstChannel is where one begins who has not said where. */
const firstChannel = () => {
  const all = [...state.channels.values()];
  return (all.find((c) => c.kind !== "im") ?? all[0])?.id ?? "";
};

function drawPlace(moved) {
  drawSidebar();
  drawChannelHead();
  drawTitle();
  if (!moved) return drawLog();
  drawThreadFrame();
  // Emptied first, and quietly: what was there before is not news in the new channel.
  $("log").setAttribute("aria-busy", "true");
  $("log").replaceChildren();
  drawLog({ toEnd: true });
  $("log").removeAttribute("aria-busy");
  drawComposer();
}

function drawComposer() {
  const channel = state.channels.get(state.channel);
  const closed = channel && closedBecause(channel);
  fill(
    $("composer-area"),
    channel && !closed
      ? composer({ id: "composer-text", label: `Message ${channel.kind === "im" ? "" : "#"}${channelName(channel)}` })
      : div("composer soft", closed ?? ""),
  );
  drawOffline();
}

function drawTitle() {
  const channel = state.channels.get(state.channel);
  const name = channel ? (channel.kind === "im" ? "" : "#") + channelName(channel) : "";
  document.title = shown(`${state.unread.size ? "• " : ""}${name} · ${state.boot.team.name}`);
}

/** drawOffline says in the composer that commands would go nowhere. */
function drawOffline() {
  const area = $("composer-area");
  area.querySelector(".offline-note")?.remove();
  if (mainApp() && !mainApp().sockets && area.firstElementChild)
    area.prepend(
      el(
        "div",
        { class: "offline-note", "data-testid": "offline-note" },
        icon("warning"),
        `${appName()} has no open socket: commands and buttons will not reach it.`,
      ),
    );
}

/** becomePerson looks through another person's eyes: all that was only for the one before goes. */
async function becomePerson(id) {
  Object.assign(state, { as: id, thread: "", replies: [], home: null });
  for (const held of [state.messages, state.notices, state.unread, state.surfaces, state.rawShown]) held.clear();
  stack.views = [];
  drawModal();
  await reboot();
  sayStatus(`You are now ${nameOf(me() ?? { id })}`);
}

/** reboot reads everything anew for the person the page looks as. */
async function reboot() {
  const boot = await ask(query("/page/boot", { as: state.as }));
  if (boot.ok === false) return drawFault(boot);
  state.boot = { commands: [], apps: [], ...boot };
  const byId = (list) => new Map((list ?? []).map((thing) => [thing.id, thing]));
  Object.assign(state, {
    people: byId(boot.people),
    channels: byId(boot.channels),
    groups: byId(boot.usergroups),
    as: boot.me?.id ?? boot.me ?? state.as,
  });
  fill($("team-name"), boot.team.name);
  drawPerson();
  const id = state.channels.has(state.channel) ? state.channel : firstChannel();
  state.messages.clear();
  const { tab, thread } = state;
  state.channel = "";
  openStream();
  goTo(id, { tab, thread, push: false, focus: document.activeElement === document.body });
  if (devLog.shown) loadLog();
}

function drawFault(answer) {
  fill(
    $("log"),
    div(
      "empty",
      el("h3", {}, "The workspace did not answer"),
      el("p", { class: "soft" }, inWords(answer.error), " ", answer.detail),
      el("button", { type: "button", class: "button primary", onclick: reboot }, "Try again"),
    ),
  );
}

function readAddress() {
  const values = new URLSearchParams(location.search);
  const get = (name) => values.get(name) ?? "";
  return {
    as: get("as"),
    channel: get("channel"),
    thread: get("thread"),
    tab: get("tab") || "messages",
    theme: get("theme") || "auto",
    dev: get("dev") === "1",
  };
}

/** nextRegion moves the focus to the next part of the page, as F6 does in programs. */
function nextRegion(back) {
  const regions = [...document.querySelectorAll("[data-region]")].filter((r) => r.checkVisibility({ visibilityProperty: true }));
  const at = regions.findIndex((r) => r.contains(document.activeElement));
  const region = regions[(at + (back ? -1 : 1) + regions.length) % regions.length];
  (region.querySelector("textarea") ?? region.querySelector("[aria-current]") ?? region).focus();
}

function pageKeys(event) {
  if (event.key === "F6" && !document.querySelector("dialog[open]")) {
    event.preventDefault();
    nextRegion(event.shiftKey);
  } else if (event.key === "." && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    toggleDev();
  } else if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) escape(event.target);
}

// Escape closes what is nearest: a menu, the side bar, the panel or pane that holds the focus.
function escape(target) {
  if (openPopup) openPopup.close();
  else if (document.body.classList.contains("side-open")) closeSide();
  else if ($("dev").contains(target)) toggleDev(false);
  else if ($("thread").contains(target)) closeThread();
}

function tabKeys(event) {
  if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  goTo(state.channel, { tab: state.tab === "home" ? "messages" : "home", focus: false });
  $(`tab-${state.tab}`).focus();
}

function begin() {
  const address = readAddress();
  Object.assign(state, {
    as: address.as,
    channel: address.channel,
    thread: address.thread,
    tab: address.tab,
    linked: location.hash.slice(1),
  });
  setTheme(address.theme);
  for (const button of document.querySelectorAll("[data-icon]")) button.append(icon(button.dataset.icon));
  $("open-side").addEventListener("click", openSide);
  $("scrim").addEventListener("click", closeSide);
  $("toggle-dev").addEventListener("click", () => toggleDev());
  $("toggle-theme").addEventListener("click", () => {
    setTheme(themes[(themes.indexOf(state.theme) + 1) % themes.length]);
    writeAddress();
    sayStatus($("toggle-theme").title);
  });
  $("person-switch").addEventListener("click", personMenu);
  $("tabs").addEventListener("keydown", tabKeys);
  $("new-pill").addEventListener("click", () => {
    $("log").scrollTop = $("log").scrollHeight;
    $("new-pill").hidden = true;
  });
  $("log").addEventListener("scroll", () => {
    if ($("log").scrollHeight - $("log").scrollTop - $("log").clientHeight < 60) $("new-pill").hidden = true;
  });
  listKeys($("log"), "composer-text");
  document.addEventListener("keydown", pageKeys);
  window.addEventListener("popstate", () => {
    const { channel, tab, thread } = readAddress();
    goTo(channel, { tab, thread, push: false, focus: false });
  });
  if (address.dev) toggleDev(true);
  reboot();
}

document.addEventListener("DOMContentLoaded", begin);
