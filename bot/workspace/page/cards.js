// cards.js: blocks that frame others, and blocks about work in progress, media and files.

const knownIcon = (name) => (Object.hasOwn(icons, name) ? name : "star");
const cardText = (object) => (typeof object === "string" ? object : textObject(object));

function cardBlock(block, surface) {
  return el("article", { class: "card" },
    block.hero_image && picture(block.hero_image.image_url ?? block.hero_image.slack_file?.url, block.hero_image.alt_text, "card-hero"),
    el("div", { class: "card-head" }, block.icon && picture(block.icon.image_url, block.icon.alt_text, "card-icon"), block.slack_icon && icon(knownIcon(block.slack_icon.name)),
      el("div", {}, block.title && el("div", { class: "strong prose" }, cardText(block.title)), block.subtitle && el("div", { class: "soft prose" }, cardText(block.subtitle)))),
    block.body && el("div", { class: "prose" }, cardText(block.body)),
    block.subtext && el("div", { class: "soft prose small" }, cardText(block.subtext)),
    block.actions?.length && el("div", { class: "actions" }, block.actions.map((e) => elementNode(e, block, surface))));
}

function carouselBlock(block, surface) {
  const cards = (block.elements ?? []).map((card) => el("li", {}, oneBlock({ ...card, block_id: card.block_id ?? block.block_id }, surface)));
  const strip = el("ul", { class: "carousel", tabindex: "0", "aria-label": `${cards.length} cards, scrolls sideways` }, cards);
  const move = (by) => strip.scrollBy({ left: by * strip.clientWidth * 0.8, behavior: calm() ? "auto" : "smooth" });
  return el("div", { class: "carousel-frame" }, strip, cards.length > 1 && el("div", { class: "pager" }, el("button", { type: "button", class: "small-button", "aria-label": "Cards before", onclick: () => move(-1) }, "‹"), el("button", { type: "button", class: "small-button", "aria-label": "Cards after", onclick: () => move(1) }, "›")));
}

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function containerBlock(block, surface) {
  const title = block.rich_text_title ? richText(block.rich_text_title) : textObject(block.title);
  const head = el("span", { class: "container-title" }, block.icon && picture(block.icon.image_url, block.icon.alt_text, "card-icon"), el("span", {}, el("span", { class: "strong" }, title), block.subtitle && el("span", { class: "soft block" }, cardText(block.subtitle))));
  const inside = (block.child_blocks ?? []).map((child) => oneBlock({ ...child, block_id: child.block_id ?? block.block_id }, surface));
  const className = `container${block.has_header_divider ? " ruled" : ""}`;
  if (!block.is_collapsible) return el("section", { class: className }, el("div", { class: "container-head" }, head), el("div", { class: "container-body" }, inside));
  return el("details", { class: className, open: !block.default_collapsed }, el("summary", { class: "container-head" }, head, icon("down")), el("div", { class: "container-body" }, inside));
}

/** layoutBlock sets blocks beside one another; on a narrow screen they follow one another. */
function layoutBlock(block, surface) {
  const item = (cell) => el("div", { class: `cell cell-${cell.width ?? "standard"} cell-${cell.horizontal_alignment ?? "start"}` }, oneBlock({ ...cell.block, block_id: cell.block?.block_id ?? block.block_id }, surface));
  return el("section", { class: `layout lines-${block.grid_lines ?? "none"}`, "aria-label": block.label }, block.is_label_visible && el("div", { class: "strong" }, block.label),
    (block.rows ?? []).map((row) => el("div", { class: "layout-row" }, (row.items ?? []).map(item))));
}

const alertIcons = { info: "info", warning: "warning", error: "warning", success: "check" };

function alertBlock(block) {
  const level = Object.hasOwn(alertIcons, block.level) ? block.level : "default";
  return el("div", { class: `alert alert-${level}`, role: "note" }, icon(alertIcons[level] ?? "info"), el("div", { class: "prose" }, level !== "default" && el("span", { class: "sr-only" }, `${level}: `), textObject(block.text)));
}

function planBlock(block, surface) {
  const tasks = block.tasks ?? [];
  const done = tasks.filter((t) => t.status === "complete").length;
  return el("details", { class: "container plan", open: true }, el("summary", { class: "container-head" }, el("span", { class: "strong" }, cardText(block.title)), el("span", { class: "soft" }, ` ${done} of ${tasks.length} done`), icon("down")),
    el("div", { class: "container-body" }, tasks.map((task) => taskBlock(task, surface))));
}

const taskStates = { pending: "to do", in_progress: "running", complete: "done", error: "failed" };

function taskBlock(block) {
  const status = Object.hasOwn(taskStates, block.status) ? block.status : "pending";
  const parts = [block.details && richText(block.details), block.output && richText(block.output), block.sources?.length && el("div", { class: "sources" }, block.sources.map((s) => link(s.url, s.text || s.url)))].filter(Boolean);
  const mark = el("span", { class: `task-mark task-${status}`, "aria-hidden": "true" }, { complete: icon("check"), error: icon("close") }[status]);
  const head = [mark, !block.hide_title && el("span", { class: "strong" }, cardText(block.title)), el("span", { class: "soft" }, ` ${taskStates[status]}`)];
  if (!parts.length) return el("div", { class: "task-card" }, el("div", { class: "task-head" }, head));
  return el("details", { class: "task-card", open: status !== "complete" }, el("summary", { class: "task-head" }, head, icon("down")), el("div", { class: "task-body" }, parts));
}

/** videoBlock never plays: another host's player may not run here; it names the film and links it. */
function videoBlock(block) {
  const title = textObject(block.title);
  return el("div", { class: "card video" },
    el("div", { class: "soft small" }, [block.provider_name, block.author_name].filter(Boolean).join(" · ")),
    el("div", { class: "strong" }, link(block.title_url || block.video_url, title)),
    block.description && el("div", { class: "prose" }, textObject(block.description)),
    el("div", { class: "video-frame" }, ownURL(block.thumbnail_url) && picture(block.thumbnail_url, block.alt_text, "block-image"), el("span", { class: "video-link" }, icon("play"), link(block.video_url, "Watch: ", block.alt_text || "video"))));
}

function fileBlock(block) {
  return el("div", { class: "file-card" }, icon("file"), el("span", {}, "Remote file ", el("code", {}, block.external_id ?? block.file_id ?? "")));
}

function callBlock(block) {
  const call = block.call?.v1 ?? {};
  return el("div", { class: "card" }, el("div", { class: "card-head" }, icon("phone"), el("div", {}, el("div", { class: "strong" }, call.name || "Call"), el("div", { class: "soft" }, call.has_ended ? "Ended" : block.call_id))),
    call.join_url && !call.has_ended && el("div", { class: "actions" }, el("span", { class: "button" }, link(call.join_url, "Join"))));
}

/** attachmentNode draws the older form of a message: a coloured bar with text, fields, image and footer. */
function attachmentNode(attachment, surface) {
  const marked = (text) => text && el("div", { class: "prose" }, mrkdwn(text));
  const colours = { good: "#2e9e5b", warning: "#d99a00", danger: "#c8322b" };
  const colour = colours[attachment.color] ?? cssColour(`#${String(attachment.color ?? "").replace(/^#/, "")}`);
  const body = attachment.blocks?.length ? blockList(attachment.blocks, surface) : [
    attachment.author_name && el("div", { class: "strong small" }, attachment.author_link ? link(attachment.author_link, attachment.author_name) : attachment.author_name),
    attachment.title && el("div", { class: "strong" }, attachment.title_link ? link(attachment.title_link, attachment.title) : attachment.title),
    marked(attachment.text),
    attachment.fields?.length && el("div", { class: "fields" }, attachment.fields.map((f) => el("div", { class: f.short ? "" : "wide" }, el("div", { class: "strong" }, f.title), marked(f.value)))),
    attachment.image_url && picture(attachment.image_url, attachment.fallback, "block-image"),
    attachment.thumb_url && picture(attachment.thumb_url, attachment.fallback, "block-image small"),
    attachment.actions?.length && el("div", { class: "actions" }, attachment.actions.map((a) => (a.url ? el("span", { class: "button" }, link(a.url, a.text)) : rawBox(a, "Attachment actions of the old kind are not sent by this page")))),
    (attachment.footer || attachment.ts) && el("div", { class: "soft small" }, [attachment.footer, attachment.ts && slackDate(attachment.ts, "{date_short_pretty} {time}", "")].filter(Boolean).flatMap((x, i) => (i ? [" · ", x] : [x]))),
  ];
  const whole = body instanceof Node || body.some(Boolean) ? body : marked(attachment.fallback);
  return fragment(marked(attachment.pretext), el("div", { class: "attachment", style: { "--bar": colour === "transparent" ? "var(--line-strong)" : colour } }, whole));
}

const fileSize = (bytes) => { const units = ["B", "KB", "MB", "GB"]; let n = Number(bytes) || 0, i = 0; while (n >= 1000 && i < 3) { n /= 1000; i++; } return `${i ? n.toFixed(1) : n} ${units[i]}`; };

/** fileNode shows an uploaded file: images and text with a look inside, all with a download. */
function fileNode(file) {
  const name = file.title || file.name || file.id;
  const address = ownURL(file.url_private_download ?? file.url_private);
  const image = String(file.mimetype ?? "").startsWith("image/") && ownURL(file.url_private ?? file.thumb_360);
  const head = el("div", { class: "file-card", "data-file": file.id }, icon("file"), el("span", { class: "file-name" }, el("bdi", { class: "strong" }, name), el("span", { class: "soft small block" }, [file.pretty_type || file.filetype || file.mimetype, file.size !== undefined && fileSize(file.size)].filter(Boolean).join(" · "))),
    address && el("a", { class: "icon-button", href: address, download: file.name ?? "", "aria-label": `Download ${name}`, title: "Download" }, icon("download")));
  return el("div", { class: "file" }, head, image && el("a", { href: image, target: "_blank", rel: "noopener" }, picture(image, file.alt_txt || name, "block-image")), file.preview && el("pre", { class: "code-block", tabindex: "0" }, file.preview));
}
