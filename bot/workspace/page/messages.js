// messages.js: one message: who, when, what, and what one can do with it.

/** messageNode draws a message; grouped ones show neither name nor picture again. */
function messageNode(message, { grouped, inThread, raw }) {
  const sender = senderOf(message);
  const date = tsDate(message.ts);
  const surface = surfaceFor(
    `${inThread ? "t" : "m"}/${message.channel}/${message.ts}`,
    { channel: message.channel, message_ts: message.ts },
    "message",
  );
  return el(
    "article",
    {
      class: `message${grouped ? " grouped" : ""}${message.ephemeral ? " ephemeral" : ""}`,
      tabindex: "-1",
      "data-testid": "message",
      "data-ts": message.ts,
      "data-channel": message.channel,
      "data-user": message.user,
      "data-ephemeral": message.ephemeral ? "true" : null,
      "aria-label": `${sender.name}, ${clock(date)}${message.ephemeral ? ", only visible to you" : ""}`,
    },
    message.ephemeral && div("only-you", icon("eye"), "Only visible to you"),
    div(
      "message-side",
      grouped ? el("time", { class: "hover-time", datetime: date.toISOString(), title: fullTime(date) }, clock(date)) : avatar(sender),
    ),
    div(
      "message-main",
      !grouped && messageHead(sender, date),
      safeBody(message, surface),
      raw && jsonBox(message, "Raw JSON"),
      !inThread && threadBar(message),
    ),
    toolbar(message, inThread),
  );
}

const messageHead = (sender, date) =>
  el(
    "div",
    { class: "message-head" },
    el("bdi", { class: "sender", title: sender.person ? personTitle(sender.person) : sender.id }, sender.name),
    sender.bot && span("chip", "app"),
    ["guest", "single_channel_guest", "external", "deleted"].includes(sender.person?.kind) && span("chip", kindWords[sender.person.kind]),
    el("time", { class: "soft small", datetime: date.toISOString(), title: fullTime(date) }, clock(date)),
  );

// A message that cannot be drawn must not take the others with it.
function safeBody(message, surface) {
  try {
    return messageBody(message, surface);
  } catch {
    return rawBox({ ...message, type: "message" }, "This message could not be drawn");
  }
}

function messageBody(message, surface) {
  if (message.subtype === "tombstone") return div("soft", "This message was deleted.");
  const edited = message.edited && el("span", { class: "soft small", title: `Edited ${fullTime(tsDate(message.edited.ts))}` }, " (edited)");
  const text = message.blocks?.length
    ? [blockList(message.blocks, surface), edited]
    : message.text
      ? div("prose text", mrkdwn(message.text), edited)
      : null;
  return div(
    "message-body",
    text,
    message.attachments?.map((a) => attachmentNode(a, surface)),
    message.files?.map(fileNode),
    message.reactions?.length && div("reactions", message.reactions.map((r) => reactionNode(message, r))),
  );
}

/** reactionNode is an emoji and how many put it there; pressing it adds one's own, or takes it away. */
function reactionNode(message, { name, users, count }) {
  const mine = users.includes(state.as);
  return el(
    "button",
    {
      type: "button",
      class: "chip reaction",
      title: users.map((id) => senderOf({ user: id }).name).join(", "),
      "aria-label": `${name.replaceAll("_", " ")}, ${count}`,
      "aria-pressed": String(mine),
      "data-reaction": name,
      onclick: () => react(message, name, !mine),
    },
    emoji(name),
    String(count),
  );
}

async function react({ channel, ts }, name, on) {
  const answer = await ask("/page/react", { as: state.as, channel, message_ts: ts, name, on });
  if (answer.ok === false) toast(inWords(answer.error));
}

// What one reacts with most; more would need a search.
const reactions = ["+1", "white_check_mark", "eyes", "tada", "heart", "-1", "x"];

function reactionMenu(button, message) {
  const taken = (name) => message.reactions?.some((r) => r.name === name && r.users.includes(state.as)) ?? false;
  menu(
    button,
    reactions.map((name) => ({
      label: fragment(emoji(name), ` ${name.replaceAll("_", " ")}`),
      data: { "data-reaction": name },
      pick: () => react(message, name, !taken(name)),
    })),
    "React",
  );
}

function threadBar(message) {
  if (!message.reply_count) return null;
  const people = (message.reply_users ?? []).slice(0, 4).map((id) => avatar(senderOf({ user: id }), "tiny"));
  const words = `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`;
  return el(
    "button",
    { type: "button", class: "thread-bar", "data-testid": "thread-bar", onclick: () => openThread(message.ts) },
    people,
    span("link strong", words),
    message.latest_reply && span("soft small", `Last reply ${timeAgo(tsDate(message.latest_reply))}`),
  );
}

function toolbar(message, inThread) {
  const local = message.local;
  const more = iconButton(
    "more",
    "More",
    () =>
      menu(
        more,
        [
          {
            label: state.rawShown.has(message.ts) ? "Hide raw JSON" : "Raw JSON",
            data: { "data-testid": "raw-toggle" },
            pick: () => toggleRaw(message.ts),
          },
          { label: "Copy text", pick: () => copyText(message.text ?? "") },
          { label: "Copy JSON", pick: () => copyText(json(message)) },
          !local && {
            label: "Copy link",
            pick: () =>
              copyText(
                new URL(`${addressOf({ channel: message.channel, thread: message.thread_ts ?? "" })}#${message.ts}`, location.href).href,
              ),
          },
          message.ephemeral && { label: "Dismiss", pick: () => dropMessage(message.channel, message.ts) },
        ].filter(Boolean),
        "Message",
      ),
    { "aria-haspopup": "menu", "aria-expanded": "false", "data-testid": "message-menu" },
  );
  const smile = iconButton("smile", "React", () => reactionMenu(smile, message), {
    "aria-haspopup": "menu",
    "aria-expanded": "false",
    "data-testid": "react",
  });
  return div(
    "toolbar",
    !message.ephemeral && !local && smile,
    !inThread &&
      !message.ephemeral &&
      iconButton("thread", "Reply in thread", () => openThread(message.thread_ts ?? message.ts), { "data-testid": "reply" }),
    more,
  );
}

function toggleRaw(ts) {
  if (!state.rawShown.delete(ts)) state.rawShown.add(ts);
  drawLog();
  drawThread();
}
