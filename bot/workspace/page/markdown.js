// markdown.js: the markdown block, which is standard Markdown and not mrkdwn. Headings, lists, tasks, tables, code, quotes, rules, links.

function markdown(text) {
  const lines = String(text ?? "")
    .replaceAll("\r\n", "\n")
    .split("\n");
  const out = div("markdown");
  for (let at = 0; at < lines.length;) at = markdownBlock(lines, at, out);
  return out;
}

// Each rule looks at one line and says how many it took; the first that fits draws them.
const markdownRules = [fencedCode, markdownHeading, markdownRule, markdownTable, markdownQuote, markdownList, markdownParagraph];

function markdownBlock(lines, at, out) {
  if (!lines[at].trim()) return at + 1;
  for (const rule of markdownRules) {
    const taken = rule(lines, at, out);
    if (taken) return at + taken;
  }
  return at + 1;
}

function fencedCode(lines, at, out) {
  const open = /^\s*(```+|~~~+)(.*)$/.exec(lines[at]);
  if (!open) return 0;
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(open[1])) end++;
  out.append(el("pre", { class: "code-block" }, lines.slice(at + 1, end).join("\n")));
  return end - at + 1;
}

// Levels start at h4, because the page itself and its blocks own the ones above.
function markdownHeading(lines, at, out) {
  const match = /^(#{1,6})\s+(.*?)\s*#*$/.exec(lines[at]);
  if (!match) return 0;
  out.append(el(`h${Math.min(6, match[1].length + 3)}`, { class: `md-h${match[1].length}` }, inlineMarkdown(match[2])));
  return 1;
}

function markdownRule(lines, at, out) {
  if (!/^\s*([-*_])(\s*\1){2,}\s*$/.test(lines[at])) return 0;
  out.append(el("hr"));
  return 1;
}

const tableCells = (line) =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));

function markdownTable(lines, at, out) {
  if (!lines[at].includes("|") || !/^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(lines[at + 1] ?? "")) return 0;
  const align = tableCells(lines[at + 1]).map((c) => (c.endsWith(":") ? (c.startsWith(":") ? "center" : "right") : "left"));
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|")) end++;
  const row = (line, tag) =>
    el(
      "tr",
      {},
      tableCells(line).map((c, i) => el(tag, { class: `align-${align[i] ?? "left"}` }, inlineMarkdown(c))),
    );
  out.append(
    el(
      "div",
      { class: "table-scroll", tabindex: "0", role: "group", "aria-label": "Table" },
      el(
        "table",
        {},
        el("thead", {}, row(lines[at], "th")),
        el(
          "tbody",
          {},
          lines.slice(at + 2, end).map((l) => row(l, "td")),
        ),
      ),
    ),
  );
  return end - at;
}

function markdownQuote(lines, at, out) {
  let end = at;
  while (end < lines.length && /^\s*>/.test(lines[end])) end++;
  if (end === at) return 0;
  const inner = markdown(
    lines
      .slice(at, end)
      .map((l) => l.replace(/^\s*> ?/, ""))
      .join("\n"),
  );
  out.append(el("blockquote", {}, inner));
  return end - at;
}

const listItem = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;

function markdownList(lines, at, out) {
  let end = at;
  while (end < lines.length && (listItem.test(lines[end]) || (end > at && /^\s{2,}\S/.test(lines[end])))) end++;
  if (end === at) return 0;
  const stack = [];
  for (const line of lines.slice(at, end)) placeItem(stack, line, out);
  return end - at;
}

// stack holds the open lists from the outermost in; a deeper indent opens a list inside the last item.
function placeItem(stack, line, out) {
  const match = listItem.exec(line);
  if (!match) {
    stack.at(-1).list.lastElementChild.append(" ", inlineMarkdown(line.trim()));
    return;
  }
  const [, space, mark, text] = match;
  while (stack.length > 1 && space.length < stack.at(-1).indent) stack.pop();
  if (!stack.length || space.length > stack.at(-1).indent + 1) {
    const list = /\d/.test(mark) ? el("ol", { start: Number.parseInt(mark, 10) }) : el("ul");
    (stack.at(-1)?.list.lastElementChild ?? out).append(list);
    stack.push({ indent: space.length, list });
  }
  const task = /^\[([ xX])\]\s+(.*)$/.exec(text);
  const box = task && el("input", { type: "checkbox", checked: task[1] !== " ", disabled: true, "aria-label": "done" });
  stack.at(-1).list.append(el("li", { class: task ? "task" : null }, box, inlineMarkdown(task ? task[2] : text)));
}

function markdownParagraph(lines, at, out) {
  let end = at + 1;
  const starts = (line) => /^\s*(```|~~~|#{1,6}\s|>)/.test(line) || listItem.test(line);
  while (end < lines.length && lines[end].trim() && !starts(lines[end])) end++;
  out.append(el("p", {}, inlineMarkdown(lines.slice(at, end).join("\n"))));
  return end - at;
}

const inlineRules = [
  [/\\([\\`*_{}[\]()#+.!|~<>-])/, (m) => m[1]],
  [/`+([^`]+)`+/, (m) => el("code", {}, m[1])],
  [/!\[([^\]]*)\]\(([^)\s]+)[^)]*\)/, (m) => picture(m[2], m[1])],
  [/\[([^\]]+)\]\(([^)\s]+)[^)]*\)/, (m) => link(m[2], inlineMarkdown(m[1]))],
  [/<([@#!][^<>\s]+|https?:\/\/[^<>\s]+|mailto:[^<>\s]+)>/, (m) => angle(m[1])],
  [/\*\*(?=\S)([\s\S]*?\S)\*\*/, (m) => el("strong", {}, inlineMarkdown(m[1]))],
  [/(?<![\p{L}\p{N}])__(?=\S)([\s\S]*?\S)__(?![\p{L}\p{N}])/u, (m) => el("strong", {}, inlineMarkdown(m[1]))],
  [/~~(?=\S)([\s\S]*?\S)~~/, (m) => el("del", {}, inlineMarkdown(m[1]))],
  [/\*(?=\S)([^*]*?\S)\*/, (m) => el("em", {}, inlineMarkdown(m[1]))],
  [/(?<![\p{L}\p{N}])_(?=\S)([^_]*?\S)_(?![\p{L}\p{N}])/u, (m) => el("em", {}, inlineMarkdown(m[1]))],
];

/** inlineMarkdown draws the rule that matches first in the text, then what is left and right of it. */
function inlineMarkdown(text) {
  let best = null;
  for (const [pattern, draw] of inlineRules) {
    const match = pattern.exec(text);
    if (match && (!best || match.index < best.match.index)) best = { match, draw };
  }
  if (!best) return linkified(text);
  const { match, draw } = best;
  return fragment(linkified(text.slice(0, match.index)), draw(match), inlineMarkdown(text.slice(match.index + match[0].length)));
}
