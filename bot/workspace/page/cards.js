// cards.js: blocks that frame others, and blocks about work in progress.

const knownIcon = (name) => (Object.hasOwn(icons, name) ? name : "star");
const cardText = (object) => (typeof object === "string" ? object : textObject(object));

function cardBlock(block, surface) {
  return el(
    "article",
    { class: "card" },
    block.hero_image && picture(block.hero_image.image_url ?? block.hero_image.slack_file?.url, block.hero_image.alt_text, "card-hero"),
    div(
      "card-head",
      block.icon && picture(block.icon.image_url, block.icon.alt_text, "card-icon"),
      block.slack_icon && icon(knownIcon(block.slack_icon.name)),
      el(
        "div",
        {},
        block.title && div("strong prose", cardText(block.title)),
        block.subtitle && div("soft prose", cardText(block.subtitle)),
      ),
    ),
    block.body && div("prose", cardText(block.body)),
    block.subtext && div("soft prose small", cardText(block.subtext)),
    block.actions?.length &&
      div(
        "actions",
        block.actions.map((e) => elementNode(e, block, surface)),
      ),
  );
}

function carouselBlock(block, surface) {
  const cards = (block.elements ?? []).map((card) =>
    el("li", {}, oneBlock({ ...card, block_id: card.block_id ?? block.block_id }, surface)),
  );
  const strip = el("ul", { class: "carousel", tabindex: "0", "aria-label": `${cards.length} cards, scrolls sideways` }, cards);
  const move = (by) => strip.scrollBy({ left: by * strip.clientWidth * 0.8, behavior: calm() ? "auto" : "smooth" });
  return div(
    "carousel-frame",
    strip,
    cards.length > 1 &&
      div(
        "pager",
        el("button", { type: "button", class: "small-button", "aria-label": "Cards before", onclick: () => move(-1) }, "‹"),
        el("button", { type: "button", class: "small-button", "aria-label": "Cards after", onclick: () => move(1) }, "›"),
      ),
  );
}

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function containerBlock(block, surface) {
  const title = block.rich_text_title ? richText(block.rich_text_title) : textObject(block.title);
  const head = span(
    "container-title",
    block.icon && picture(block.icon.image_url, block.icon.alt_text, "card-icon"),
    el("span", {}, span("strong", title), block.subtitle && span("soft block", cardText(block.subtitle))),
  );
  const inside = (block.child_blocks ?? []).map((child) => oneBlock({ ...child, block_id: child.block_id ?? block.block_id }, surface));
  const className = `container${block.has_header_divider ? " ruled" : ""}`;
  if (!block.is_collapsible) return el("section", { class: className }, div("container-head", head), div("container-body", inside));
  return el(
    "details",
    { class: className, open: !block.default_collapsed },
    el("summary", { class: "container-head" }, head, icon("down")),
    div("container-body", inside),
  );
}

/** layoutBlock sets blocks beside one another; on a narrow screen they follow one another. */
function layoutBlock(block, surface) {
  const item = (cell) =>
    div(
      `cell cell-${cell.width ?? "standard"} cell-${cell.horizontal_alignment ?? "start"}`,
      oneBlock({ ...cell.block, block_id: cell.block?.block_id ?? block.block_id }, surface),
    );
  return el(
    "section",
    { class: `layout lines-${block.grid_lines ?? "none"}`, "aria-label": block.label },
    block.is_label_visible && div("strong", block.label),
    (block.rows ?? []).map((row) => div("layout-row", (row.items ?? []).map(item))),
  );
}

const alertIcons = { info: "info", warning: "warning", error: "warning", success: "check" };

function alertBlock(block) {
  const level = Object.hasOwn(alertIcons, block.level) ? block.level : "default";
  return el(
    "div",
    { class: `alert alert-${level}`, role: "note" },
    icon(alertIcons[level] ?? "info"),
    div("prose", level !== "default" && span("sr-only", `${level}: `), textObject(block.text)),
  );
}

function planBlock(block, surface) {
  const tasks = block.tasks ?? [];
  const done = tasks.filter((t) => t.status === "complete").length;
  return el(
    "details",
    { class: "container plan", open: true },
    el(
      "summary",
      { class: "container-head" },
      span("strong", cardText(block.title)),
      span("soft", ` ${done} of ${tasks.length} done`),
      icon("down"),
    ),
    div(
      "container-body",
      tasks.map((task) => taskBlock(task, surface)),
    ),
  );
}

const taskStates = { pending: "to do", in_progress: "running", complete: "done", error: "failed" };

function taskBlock(block) {
  const status = Object.hasOwn(taskStates, block.status) ? block.status : "pending";
  const parts = [
    block.details && richText(block.details),
    block.output && richText(block.output),
    block.sources?.length &&
      div(
        "sources",
        block.sources.map((s) => link(s.url, s.text || s.url)),
      ),
  ].filter(Boolean);
  const mark = el(
    "span",
    { class: `task-mark task-${status}`, "aria-hidden": "true" },
    { complete: icon("check"), error: icon("close") }[status],
  );
  const head = [mark, !block.hide_title && span("strong", cardText(block.title)), span("soft", ` ${taskStates[status]}`)];
  if (!parts.length) return div("task-card", div("task-head", head));
  return el(
    "details",
    { class: "task-card", open: status !== "complete" },
    el("summary", { class: "task-head" }, head, icon("down")),
    div("task-body", parts),
  );
}
