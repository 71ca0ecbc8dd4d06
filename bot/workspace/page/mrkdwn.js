// mrkdwn.js: Slack's own mark-up (https://docs.slack.dev/messaging/formatting-message-text) as document nodes.

const entities = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const unescapeText = (text) => String(text).replace(/&(amp|lt|gt);/g, (e) => entities[e]);

// While styles are looked for, links and code are held aside behind these two private characters, so that a * inside an
// address means nothing.
const holdOpen = "\uE000",
  holdClose = "\uE001";

/** mrkdwn returns nodes for a text; verbatim leaves bare addresses unlinked. */
function mrkdwn(text, { verbatim = false } = {}) {
  const out = [];
  String(text ?? "")
    .replaceAll(holdOpen, "")
    .replaceAll(holdClose, "")
    .split(/```/)
    .forEach((part, i, all) => {
      const fenced = i % 2 === 1 && i < all.length - 1;
      if (fenced) out.push(el("pre", { class: "code-block" }, mrkdwnCode(part.replace(/^\n|\n$/g, ""))));
      else if (part || i === 0) out.push(quotesAndLines(i % 2 === 1 ? "```" + part : trimFences(part, i, all.length), verbatim));
    });
  return fragment(out);
}

// The line breaks beside a code block are drawn by the block itself.
function trimFences(part, i, count) {
  let text = part;
  if (i > 0) text = text.replace(/^\n/, "");
  if (i < count - 1) text = text.replace(/\n$/, "");
  return text;
}

function quotesAndLines(text, verbatim) {
  const out = [];
  for (const run of runsOf(text.split("\n"), (line) => /^(&gt;|>)/.test(line))) {
    const lines = run.lines.join("\n");
    if (run.same) out.push(el("blockquote", {}, inlineMrkdwn(lines.replace(/^(&gt;|>) ?/gm, ""), verbatim)));
    else out.push(inlineMrkdwn(lines, verbatim));
  }
  return out;
}

/** runsOf groups consecutive lines that agree about test. */
function runsOf(lines, test) {
  const runs = [];
  for (const line of lines) {
    const same = test(line);
    if (runs.at(-1)?.same === same) runs.at(-1).lines.push(line);
    else runs.push({ same, lines: [line] });
  }
  return runs;
}

function inlineMrkdwn(text, verbatim) {
  const held = [];
  const hold = (node) => {
    held.push(node);
    return `${holdOpen}${held.length - 1}${holdClose}`;
  };
  const rest = text
    .replace(/`([^`\n]+)`/g, (_, code) => hold(el("code", {}, mrkdwnCode(code))))
    .replace(/<([^<>\n]+)>/g, (_, inner) => hold(angle(inner)));
  return styled(rest, held, verbatim);
}

// Code keeps its characters; only addresses that Slack itself wrapped are unwrapped.
const mrkdwnCode = (code) => unescapeText(code.replace(/<((?:https?|mailto):[^|>]+)(?:\|([^>]*))?>/g, (_, url, label) => label ?? url));

const styles = [
  ["*", "strong"],
  ["_", "em"],
  ["~", "del"],
];
const stylePattern = /(?<![\p{L}\p{N}*_~])([*_~])(?=\S)((?:(?!\1)[^\n])*?\S)\1(?![\p{L}\p{N}])/u;

function styled(text, held, verbatim) {
  const match = stylePattern.exec(text);
  if (!match) return leaf(text, held, verbatim);
  const tag = styles.find(([mark]) => mark === match[1])[1];
  return fragment(
    leaf(text.slice(0, match.index), held, verbatim),
    el(tag, {}, styled(match[2], held, verbatim)),
    styled(text.slice(match.index + match[0].length), held, verbatim),
  );
}

const bareAddress = /https?:\/\/[^\s<>|*`"']+[^\s<>|*`"'.,;:!?)\]]/g;

function leaf(text, held, verbatim) {
  const out = [];
  text.split(/\uE000(\d+)\uE001/).forEach((part, i) => {
    if (i % 2 === 1) out.push(held[Number(part)]);
    else out.push(verbatim ? withEmoji(unescapeText(part)) : linkified(unescapeText(part)));
  });
  return fragment(out);
}

function linkified(text) {
  const out = [];
  let from = 0;
  for (const match of text.matchAll(bareAddress)) {
    out.push(withEmoji(text.slice(from, match.index)), link(match[0]));
    from = match.index + match[0].length;
  }
  return fragment(out, withEmoji(text.slice(from)));
}

/** angle reads what stands between < and >. */
function angle(inner) {
  const bar = inner.indexOf("|");
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? "" : unescapeText(inner.slice(bar + 1));
  if (target.startsWith("@")) return userMention(target.slice(1), label);
  if (target.startsWith("#")) return channelMention(target.slice(1), label);
  if (target.startsWith("!")) return special(target.slice(1), label, inner);
  const address = unescapeText(target);
  if (/^[a-z][a-z0-9+.-]*:/i.test(address)) return link(address, label ? withEmoji(label) : address.replace(/^mailto:/, ""));
  return el("span", {}, `<${unescapeText(inner)}>`);
}

function special(target, label, whole) {
  const [kind, ...parts] = target.split("^");
  if (kind === "subteam") return groupMention(parts[0], label);
  if (kind === "date") return slackDate(parts[0], unescapeText(parts[1] ?? ""), label, parts[2] && unescapeText(parts[2]));
  if (["here", "channel", "everyone", "group"].includes(kind)) return broadcastMention(kind);
  return el("span", {}, label || `<${whole}>`);
}

function userMention(id, label) {
  const person = state.people.get(id);
  const mine = id === state.as;
  return el(
    "span",
    { class: mine ? "mention mine" : "mention", "data-user": id, title: person ? personTitle(person) : id },
    "@",
    el("bdi", {}, person ? nameOf(person) : label || id),
  );
}

function channelMention(id, label) {
  const channel = state.channels.get(id);
  const name = channel?.name ?? label;
  if (!channel) return span("mention", name ? `#${name}` : "#private-channel");
  return el("button", { type: "button", class: "mention", "data-goto": id, onclick: () => goTo(id) }, "#", el("bdi", {}, name));
}

function groupMention(id, label) {
  const group = state.groups.get(id);
  const mine = (group?.users ?? []).includes(state.as);
  return el(
    "span",
    { class: mine ? "mention mine" : "mention", title: group?.name ?? id },
    "@",
    el("bdi", {}, group?.handle ?? label.replace(/^@/, "") ?? id),
  );
}

const broadcastMention = (range) => span("mention mine", `@${range}`);

/** textObject draws a plain_text or mrkdwn object. */
function textObject(object) {
  if (!object) return null;
  if (object.type === "mrkdwn") return mrkdwn(object.text, { verbatim: object.verbatim });
  const text = unescapeText(object.text ?? "");
  return object.emoji === false ? fragment(text) : withEmoji(text);
}

/** plainOf is a text object as plain words, for labels and titles. */
const plainOf = (object) => (typeof object === "string" ? object : unescapeText(object?.text ?? ""));
