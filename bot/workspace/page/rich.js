// rich.js: rich_text blocks.

function richText(block) {
  return div("rich", (block.elements ?? []).map(richElement));
}

function richElement(element) {
  switch (element.type) {
    case "rich_text_section":
      return div("rich-section", richInlines(element.elements));
    case "rich_text_preformatted":
      return el("pre", { class: "code-block" }, richInlines(element.elements));
    case "rich_text_quote":
      return el("blockquote", {}, richInlines(element.elements));
    case "rich_text_list":
      return richList(element);
    default:
      return rawBox(element);
  }
}

// Slack's lists are flat: indent says how deep an item stands, offset where the count starts.
function richList(list) {
  const indent = Number(list.indent) || 0;
  const ordered = list.style === "ordered";
  const kinds = ordered ? ["1", "a", "i"] : ["disc", "circle", "square"];
  const attributes = { class: `rich-list${list.border ? " bordered" : ""}`, style: { "--indent": String(Math.min(indent, 8)) } };
  if (ordered) Object.assign(attributes, { type: kinds[indent % 3], start: (Number(list.offset) || 0) + 1 });
  else attributes.style["list-style-type"] = kinds[indent % 3];
  return el(
    ordered ? "ol" : "ul",
    attributes,
    (list.elements ?? []).map((item) => el("li", {}, item.elements ? richInlines(item.elements) : richInline(item))),
  );
}

const richInlines = (elements) => (elements ?? []).map(richInline);

// Every inline type that Slack's clients send; each returns what stands in the line.
const inlineKinds = {
  text: (e) => e.text,
  link: (e) => link(e.url, e.text || e.url),
  emoji: (e) => (ownURL(e.url) ? picture(e.url, `:${e.name}:`, "emoji-image") : emoji(String(e.name), e.unicode)),
  user: (e) => userMention(e.user_id, ""),
  channel: (e) => channelMention(e.channel_id, ""),
  usergroup: (e) => groupMention(e.usergroup_id, ""),
  team: (e) => span("mention", `@${e.team_id === state.boot?.team?.id ? state.boot.team.name : e.team_id}`),
  broadcast: (e) => broadcastMention(e.range),
  color: (e) => span("colour", el("span", { class: "swatch", style: { background: cssColour(e.value) }, "aria-hidden": "true" }), e.value),
  date: (e) => slackDate(e.timestamp, e.format, e.fallback, e.url),
  tag: (e) => span(`tag tag-${tagColour(e.color)}`, e.text),
  citation: (e) => el("sup", { class: "citation" }, e.url ? link(e.url, e.text || "source") : e.text || "source"),
  file: (e) => span("mention", icon("file"), e.text || e.file_id || "file"),
  message_mention: (e) => (e.url ? link(e.url, e.text || "message") : e.text || "message"),
  attachment_mention: (e) => link(e.url, e.text || e.url),
  work_object_mention: (e) => link(e.url, e.text || e.url),
  workflow_mention: (e) => (e.url ? link(e.url, e.text || "workflow") : e.text || "workflow"),
};

function richInline(element) {
  const draw = Object.hasOwn(inlineKinds, element?.type) ? inlineKinds[element.type] : null;
  if (!draw) return el("code", { class: "raw-inline", title: "An element this page does not know" }, JSON.stringify(element));
  return withStyle(draw(element), element.style);
}

function withStyle(content, style) {
  const tags = { code: "code", strike: "del", italic: "em", bold: "strong", underline: "u", highlight: "mark", client_highlight: "mark" };
  return Object.entries(tags).reduce((inner, [name, tag]) => (style?.[name] ? el(tag, {}, inner) : inner), content);
}

const cssColour = (value) => (/^#[0-9a-f]{3,8}$/i.test(value ?? "") ? value : "transparent");
const tagColour = (colour) => (["red", "orange", "yellow", "green", "blue", "purple", "pink"].includes(colour) ? colour : "grey");

/** plainRich is the plain text of a rich_text block: for labels and for copying. */
const plainRich = (block) =>
  (block?.elements ?? [])
    .flatMap((e) => e.elements ?? [])
    .flatMap((e) => e.elements ?? [e])
    .map((e) => e.text ?? e.name ?? "")
    .join("");

/** richFromText makes the rich_text value of a plain text area. */
function richFromText(text) {
  return { type: "rich_text", elements: [{ type: "rich_text_section", elements: text ? [{ type: "text", text }] : [] }] };
}
