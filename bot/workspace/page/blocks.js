// blocks.js: Block Kit. One function per block; what no function knows is shown raw and labelled, never dropped.

const blockKinds = {
  section: sectionBlock,
  header: headerBlock,
  context: contextBlock,
  actions: actionsBlock,
  context_actions: actionsBlock,
  divider: () => el("hr"),
  image: imageBlock,
  input: inputBlock,
  rich_text: richText,
  markdown: (block) => markdown(block.text),
  table: tableBlock,
  data_table: dataTableBlock,
  data_visualization: chartBlock,
  layout: layoutBlock,
  video: videoBlock,
  file: fileBlock,
  call: callBlock,
  card: cardBlock,
  carousel: carouselBlock,
  container: containerBlock,
  alert: alertBlock,
  plan: planBlock,
  task_card: taskBlock,
};

/** blockList draws blocks. Each gets its block_id as a hook; without one (Slack always sends one) its place stands in. */
function blockList(blocks, surface) {
  return div(
    "blocks",
    (blocks ?? []).map((block, i) => oneBlock({ ...block, block_id: block?.block_id ?? `block-${i}` }, surface)),
  );
}

function oneBlock(block, surface) {
  const known = Object.hasOwn(blockKinds, block.type);
  let content;
  try {
    content = known ? blockKinds[block.type](block, surface) : rawBox(block);
  } catch {
    content = rawBox(block, "This block could not be drawn");
  }
  return el(
    "div",
    { class: `block kind-${known ? block.type : "unknown"}`, "data-block-id": block.block_id, "data-block-type": block.type },
    content,
  );
}

/** rawBox shows what the page does not know. */
function rawBox(thing, why = "Not known to this page") {
  return el(
    "div",
    { class: "raw-box", "data-testid": "raw-box" },
    div("raw-label", icon("code"), el("strong", {}, String(thing?.type ?? "no type")), span("soft", why)),
    el("pre", { tabindex: "0", "aria-label": `Raw ${thing?.type ?? "block"}` }, json(thing)),
  );
}

function sectionBlock(block, surface) {
  const fields = block.fields?.length
    ? div(
        "fields",
        block.fields.map((f) => div("prose", textObject(f))),
      )
    : null;
  const text = block.text ? foldable(div("prose", textObject(block.text)), plainOf(block.text), block.expand) : null;
  return div(
    "section",
    div("section-text", text, fields),
    block.accessory && div("accessory", elementNode(block.accessory, block, surface)),
  );
}

// Slack folds long sections behind "Show more", unless expand says otherwise.
const foldLength = 1400;

function foldable(node, words, expand) {
  if (expand || words.length <= foldLength) return node;
  node.classList.add("folded");
  const more = el(
    "button",
    {
      type: "button",
      class: "link-button",
      "aria-expanded": "false",
      onclick: () => {
        const folded = node.classList.toggle("folded");
        more.textContent = folded ? "Show more" : "Show less";
        more.setAttribute("aria-expanded", String(!folded));
      },
    },
    "Show more",
  );
  return fragment(node, more);
}

// Header levels 1 to 4 differ in size; for the outline of the page they all stand below the channel's name.
function headerBlock(block) {
  const level = Math.min(Math.max(Number(block.level) || 2, 1), 4);
  return el("h3", { class: `header level-${level}` }, textObject(block.text));
}

function contextBlock(block) {
  return div(
    "context",
    (block.elements ?? []).map((e) =>
      e.type === "image" ? picture(e.image_url ?? e.slack_file?.url, e.alt_text, "context-image") : span("prose", textObject(e)),
    ),
  );
}

function actionsBlock(block, surface) {
  return div(
    "actions",
    (block.elements ?? []).map((e) => elementNode(e, block, surface)),
  );
}

function imageBlock(block) {
  const title = plainOf(block.title);
  return el(
    "figure",
    { class: "figure" },
    title && el("figcaption", {}, textObject(block.title)),
    picture(block.image_url ?? block.slack_file?.url, block.alt_text, "block-image"),
  );
}

/** inputBlock: label, control, hint, and the place for an error under it. */
function inputBlock(block, surface) {
  const control = elementNode(block.element, block, surface);
  const id = `in-${surface.key}-${block.block_id}`.replace(/[^\w-]/g, "_");
  const target = control.matches?.("input, textarea") ? control : (control.querySelector?.("input, textarea") ?? control);
  const groups = ["checkboxes", "radio_buttons"].includes(block.element?.type);
  if (!groups) target.id = id;
  const words = [textObject(block.label), block.optional && span("soft", " (optional)")];
  const hint = block.hint && el("div", { class: "hint soft", id: `${id}-hint` }, textObject(block.hint));
  const error = el("div", { class: "error", id: `${id}-error`, "data-testid": "input-error", role: "alert" });
  target.setAttribute("aria-describedby", [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(" "));
  if (!block.optional && !groups) target.setAttribute("aria-required", "true");
  return div("input-block", groups ? div("label", words) : el("label", { class: "label", for: id }, words), control, hint, error);
}

/** showErrors puts the app's answers under their inputs, by block_id, and moves to the first. */
function showErrors(root, errors) {
  root.querySelectorAll(".input-block").forEach((box) => {
    const words = errors[box.closest("[data-block-id]").dataset.blockId];
    box.querySelector(".error").textContent = shown(words ?? "");
    box
      .querySelectorAll("input, textarea")
      .forEach((i) => (words ? i.setAttribute("aria-invalid", "true") : i.removeAttribute("aria-invalid")));
  });
  root.querySelector("[aria-invalid=true]")?.focus();
}
