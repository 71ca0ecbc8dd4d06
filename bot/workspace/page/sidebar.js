// sidebar.js: the side bar, the head of the channel, the switch for who you are, and the theme.

function drawSidebar() {
  const channels = [...state.channels.values()].sort((a, b) => channelName(a).localeCompare(channelName(b)));
  const rooms = channels.filter((c) => c.kind !== "im");
  const people = channels.filter((c) => c.kind === "im" && !appOf(c));
  const kept = document.activeElement?.dataset?.goto;
  fill(
    $("side"),
    div("side-head only-narrow", el("strong", {}, state.boot.team.name), iconButton("close", "Close the list of channels", closeSide)),
    sideList("Channels", rooms),
    people.length > 0 && sideList("Direct messages", people),
    sideList("Apps", channels.filter(appOf)),
    el("div", { class: "side-foot", "data-testid": "sockets" }, apps().map(socketWords)),
  );
  if (kept)
    $("side")
      .querySelector(`[data-goto="${CSS.escape(kept)}"]`)
      ?.focus({ preventScroll: true });
}

const socketWords = ({ name, sockets }) =>
  div(
    "sockets",
    el("span", { class: `dot ${sockets ? "on" : "off"}`, "aria-hidden": "true" }),
    sockets ? `${name} is connected (${sockets} ${sockets === 1 ? "socket" : "sockets"})` : `${name} is not connected`,
  );

const sideList = (title, channels) =>
  el(
    "section",
    { class: "side-section" },
    el("h2", {}, title),
    el(
      "ul",
      {},
      channels.map((c) => el("li", {}, sideItem(c))),
    ),
  );

function sideItem(channel) {
  const unread = state.unread.has(channel.id);
  const current = channel.id === state.channel;
  const name = channelName(channel);
  const words = [
    name,
    channel.kind === "private" && "private",
    channel.is_ext_shared && "shared with another organisation",
    channel.is_archived && "archived",
    unread && "unread",
  ]
    .filter(Boolean)
    .join(", ");
  const mark =
    channel.kind === "im" ? avatar(senderOf({ user: channel.im_user }), "tiny") : icon(channel.kind === "private" ? "lock" : "hash");
  return el(
    "button",
    {
      type: "button",
      class: `side-item${unread ? " unread" : ""}${channel.is_archived ? " archived" : ""}`,
      "aria-current": current ? "page" : null,
      "aria-label": words,
      "data-goto": channel.id,
      "data-channel": channel.id,
      "data-testid": "channel",
      onclick: () => goTo(channel.id, { tab: appOf(channel)?.home_tab ? "home" : "messages" }),
    },
    mark,
    el("bdi", { class: "side-name" }, name),
    channel.is_ext_shared && icon("shared"),
    unread && el("span", { class: "unread-dot", "data-testid": "unread" }),
  );
}

function openSide() {
  document.body.classList.add("side-open");
  $("scrim").hidden = false;
  $("open-side").setAttribute("aria-expanded", "true");
  ($("side").querySelector("[aria-current]") ?? $("side").querySelector("button"))?.focus();
}

function closeSide() {
  if (!document.body.classList.contains("side-open")) return;
  document.body.classList.remove("side-open");
  $("scrim").hidden = true;
  $("open-side").setAttribute("aria-expanded", "false");
  $("open-side").focus();
}

function drawChannelHead() {
  const channel = state.channels.get(state.channel);
  if (!channel) return fill($("channel-head"), el("h1", {}, "No channel"));
  const mark =
    channel.kind === "im" ? avatar(senderOf({ user: channel.im_user }), "small") : icon(channel.kind === "private" ? "lock" : "hash");
  fill(
    $("channel-head"),
    mark,
    el("h1", { "data-testid": "channel-name" }, el("bdi", {}, channelName(channel))),
    channel.is_ext_shared && el("span", { class: "chip", title: "Shared with another organisation" }, icon("shared"), "shared"),
    channel.is_archived && span("chip", "archived"),
    channel.topic && el("span", { class: "topic soft", title: channel.topic }, channel.topic),
    span("spring"),
    channel.kind !== "im" && memberCount(channel),
  );
  drawTabs(channel);
}

function memberCount(channel) {
  const count = Array.isArray(channel.members) ? channel.members.length : channel.members;
  return count ? span("soft small members", `${count} ${count === 1 ? "member" : "members"}`) : null;
}

function drawTabs(channel) {
  const app = appOf(channel)?.home_tab;
  const home = Boolean(app) && state.tab === "home";
  $("tabs").hidden = !app;
  $("home").hidden = !home;
  for (const id of ["log", "composer-area"]) $(id).hidden = home;
  $("new-pill").hidden = true;
  const tab = (id, name, panel) =>
    el(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${id}`,
        class: "tab",
        "aria-selected": String(state.tab === id),
        "aria-controls": panel,
        tabindex: state.tab === id ? "0" : "-1",
        "data-testid": `tab-${id}`,
        onclick: () => goTo(state.channel, { tab: id }),
      },
      name,
    );
  fill($("tabs"), app && [tab("home", "Home", "home"), tab("messages", "Messages", "log")]);
}

/** personMenu lists everyone whose eyes one may borrow. */
function personMenu() {
  const people = [...state.people.values()].filter((p) => !["bot", "deleted"].includes(p.kind) && p.id !== slackbot);
  menu(
    $("person-switch"),
    people.map((p) => ({
      label: el("bdi", {}, nameOf(p)),
      description: [kindWords[p.kind], p.title].filter(Boolean).join(" · "),
      before: avatar(senderOf({ user: p.id }), "small"),
      checked: p.id === state.as,
      data: { "data-user": p.id },
      pick: () => becomePerson(p.id),
    })),
    "Who you are",
  );
}

function drawPerson() {
  const person = me();
  const button = $("person-switch");
  if (!person) return fill(button, "Choose who you are");
  button.setAttribute("aria-label", `You are ${nameOf(person)}, ${kindWords[person.kind]}. Switch person`);
  button.dataset.user = person.id;
  fill(
    button,
    avatar(senderOf({ user: person.id }), "small"),
    span("person-words", el("bdi", { class: "strong" }, nameOf(person)), span("soft small", kindWords[person.kind])),
    icon("down"),
  );
}

const themes = ["auto", "light", "dark"];

function setTheme(theme) {
  state.theme = themes.includes(theme) ? theme : "auto";
  document.documentElement.dataset.theme = state.theme;
  const label = `Theme: ${{ auto: "as the system has it", light: "light", dark: "dark" }[state.theme]}`;
  $("toggle-theme").setAttribute("aria-label", label);
  $("toggle-theme").title = label;
}
