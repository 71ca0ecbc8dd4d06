// state.js: what the page knows, who it looks as, and how it asks the server.

const state = {
  as: "",
  channel: "",
  thread: "",
  tab: "messages",
  boot: null,
  people: new Map(),
  channels: new Map(),
  groups: new Map(),
  messages: new Map(), // channel → messages, oldest first
  replies: [], // of the open thread, the parent first
  notices: new Map(), // channel → what Slackbot told this person; the server does not keep these
  unread: new Set(),
  rawShown: new Set(),
  drafts: new Map(),
  surfaces: new Map(),
  home: null,
  linked: "",
};

const slackbot = "USLACKBOT";
const kindWords = {
  member: "member",
  guest: "guest",
  single_channel_guest: "single-channel guest",
  deleted: "deactivated",
  bot: "app",
  external: "external",
};

const nameOf = (person) => person.real_name || person.name || person.id;
const personTitle = (person) => [nameOf(person), person.title, kindWords[person.kind]].filter(Boolean).join(" · ");
const me = () => state.people.get(state.as);
const apps = () => state.boot?.apps ?? [];
/** appOf is the app a direct message is with, if any; mainApp is the one that is meant where no app is named. */
const appOf = (channel) => (channel?.kind === "im" ? apps().find((a) => a.bot_user === channel.im_user) : undefined);
/** closedBecause is why nobody can write in a channel; empty where they can. */
function closedBecause(channel) {
  if (channel.is_archived) return "This channel is archived.";
  const app = appOf(channel);
  const open = !app || (app.messages_tab && !app.messages_tab_read_only);
  return open ? "" : `Sending messages to ${app.name} has been turned off. Its commands work in every channel.`;
}
const mainApp = () => appOf(state.channels.get(state.channel)) ?? apps()[0];
const bot = () => state.people.get(mainApp()?.bot_user);
const appName = () => mainApp()?.name ?? "the app";

/** channelName is what a channel is called by the one who looks; a direct message carries the other's name. */
function channelName(channel) {
  if (channel.kind !== "im") return channel.name;
  const other = state.people.get(channel.im_user);
  if (!other) return channel.name || channel.im_user;
  return nameOf(other) + (other.id === state.as ? " (you)" : "");
}

/** senderOf is who stands over a message: the person, or the name the app chose. */
function senderOf(message) {
  if (message.user === slackbot) return { id: slackbot, name: "Slackbot", bot: true };
  const person = state.people.get(message.user);
  const isBot = Boolean(message.bot_id) || person?.kind === "bot";
  return {
    id: message.user || message.bot_id || "?",
    name: message.username || (person ? nameOf(person) : message.user || appName()),
    bot: isBot,
    person,
  };
}

// Ten colours that carry white letters at a contrast of 4.5 or more.
const avatarColours = ["#0a6c67", "#8a3f7c", "#2a5fb0", "#9a4a12", "#4b6b1d", "#6a4bbd", "#a83250", "#1c6f8c", "#7a5a12", "#4a5a68"];

function avatar(sender, size = "") {
  const hash = [...String(sender.id)].reduce((sum, c) => (sum * 31 + c.codePointAt(0)) >>> 0, 7);
  const letters = (sender.name.match(/(?<![\p{L}\p{N}])[\p{L}\p{N}]/gu) ?? []).slice(0, 2).join("").toUpperCase();
  return el(
    "span",
    {
      class: `avatar ${size}${sender.bot ? " square" : ""}`,
      "aria-hidden": "true",
      style: { background: avatarColours[hash % avatarColours.length] },
    },
    letters || "?",
  );
}

// The workspace itself gives up on an app after three seconds; one that says nothing for longer is not there.
const askPatience = 10e3;

/** ask fetches JSON; a failure is an {ok:false, error} like any other, so that callers have one way. */
async function ask(path, body, { signal: stop } = {}) {
  const late = AbortSignal.timeout(askPatience);
  const signal = stop ? AbortSignal.any([stop, late]) : late;
  try {
    const options =
      body instanceof FormData
        ? { method: "POST", body }
        : body
          ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }
          : {};
    const response = await fetch(path, { ...options, signal });
    const text = await response.text();
    const answer = text ? JSON.parse(text) : {};
    if (!response.ok) return { ok: false, ...answer, error: answer.error ?? `HTTP ${response.status}` };
    return answer;
  } catch (fault) {
    if (fault.name === "AbortError") return { ok: false, aborted: true };
    return { ok: false, error: "unreachable", detail: String(fault.message ?? fault) };
  }
}

const query = (path, values) => `${path}?${new URLSearchParams(Object.entries(values).filter(([, v]) => v))}`;

// What the workspace's error codes mean to the person who typed.
const errorWords = {
  unreachable: "The workspace cannot be reached. Is it still running?",
  operation_timeout: "The app did not answer within three seconds (operation_timeout).",
  dispatch_failed: "The app has no open socket, so nothing could be delivered (dispatch_failed).",
  not_in_channel: "You are not a member of this channel.",
  channel_not_found: "This channel does not exist for you.",
  is_archived: "This channel is archived.",
  messages_tab_disabled: "The app has switched its Messages tab off.",
  account_inactive: "This account is deactivated.",
  messages_tab_read_only: "People cannot write to this app.",
  not_allowed_for_external_people: "People of another organisation cannot use this app's commands.",
  slash_commands_not_in_threads: "Slash commands do not work in threads. Mention the app instead.",
  unknown_command: "No app here has this command. Begin with a space to send it as a message.",
  interactivity_is_off: "The app's manifest has interactivity switched off.",
  element_not_found: "The message has changed; this control is no longer in it.",
  option_not_offered: "The message has changed; this choice is no longer in it.",
  message_not_found: "This message is gone.",
  view_not_found: "This view is closed.",
  invalid_response_action: "The app's answer to the submission is not one that Slack takes (invalid_response_action).",
  invalid_options: "The app's list of choices is not one that Slack takes.",
  file_upload_size_restricted: "The file is too large.",
  msg_too_long: "That is too long for one message.",
  already_reacted: "You have reacted with this already.",
  too_many_emoji: "There are too many different emoji under this message.",
  no_text: "There is nothing to send.",
};
const inWords = (error) => errorWords[error] ?? `That did not work: ${error || "no reason was given"}`;

/** toast tells of something that has no other place; it goes by itself and by its button. */
function toast(words) {
  const box = div("toast", icon("warning"), el("span", {}, words));
  const close = () => box.remove();
  box.append(iconButton("close", "Dismiss", close));
  $("toasts").append(box);
  setTimeout(close, 8000);
}

/** sayStatus speaks to screen readers only. */
const sayStatus = (words) => {
  $("status").textContent = shown(words);
};
