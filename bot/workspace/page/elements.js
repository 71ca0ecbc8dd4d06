// elements.js: the interactive elements that are pressed or ticked. Selects are in select.js, typed inputs in inputs.js.

const elementKinds = {
  button: buttonElement,
  workflow_button: buttonElement,
  image: imageElement,
  overflow: overflowElement,
  checkboxes: tickElement,
  radio_buttons: tickElement,
  feedback_buttons: feedbackElement,
  icon_button: iconElement,
  static_select: selectElement,
  external_select: selectElement,
  users_select: selectElement,
  conversations_select: selectElement,
  channels_select: selectElement,
  multi_static_select: selectElement,
  multi_external_select: selectElement,
  multi_users_select: selectElement,
  multi_conversations_select: selectElement,
  multi_channels_select: selectElement,
  datepicker: dateElement,
  timepicker: dateElement,
  datetimepicker: dateElement,
  plain_text_input: textElement,
  number_input: textElement,
  email_text_input: textElement,
  url_text_input: textElement,
  rich_text_input: textElement,
  file_input: fileElement,
};

/** elementNode draws any element; what it does not know is shown raw. */
function elementNode(element, block, surface) {
  const draw = Object.hasOwn(elementKinds, element?.type) ? elementKinds[element.type] : null;
  if (!draw) return rawBox(element);
  try {
    return draw(element, block, surface);
  } catch {
    return rawBox(element);
  }
}

function imageElement(element) {
  return picture(element.image_url ?? element.slack_file?.url, element.alt_text, "block-image small");
}

const hiddenFrom = (element) => Array.isArray(element.visible_to_user_ids) && !element.visible_to_user_ids.includes(state.as);

function buttonElement(element, block, surface) {
  if (hiddenFrom(element)) return null;
  const style = ["primary", "danger"].includes(element.style) ? element.style : "";
  const payload = { text: element.text, value: element.value ?? undefined, style: element.style };
  const attributes = {
    ...hooks(block, element),
    class: `button ${style}`,
    "aria-label": element.accessibility_label,
    onclick: (event) => act(surface, block, element, payload, event.currentTarget),
  };
  const href = element.url && safeURL(element.url);
  if (href) return el("a", { ...attributes, href, target: "_blank", rel: "noopener noreferrer" }, textObject(element.text));
  return el("button", { ...attributes, type: "button" }, textObject(element.text));
}

function overflowElement(element, block, surface) {
  const button = iconButton(
    "more",
    "More options",
    () =>
      menu(
        button,
        (element.options ?? []).map((option) => ({
          label: textObject(option.text),
          description: plainOf(option.description),
          href: option.url,
          data: { "data-value": option.value },
          pick: () => act(surface, block, element, { selected_option: option }, button),
        })),
        "More options",
      ),
    { ...hooks(block, element), "aria-haspopup": "menu", "aria-expanded": "false" },
  );
  button.classList.add("outlined");
  return button;
}

/** tickElement draws checkboxes and radio buttons. */
function tickElement(element, block, surface) {
  const many = element.type === "checkboxes";
  const held = remember(
    surface,
    block,
    element,
    many ? { selected_options: element.initial_options ?? [] } : { selected_option: element.initial_option ?? null },
  );
  const name = `${surface.key}/${block.block_id}/${element.action_id}`;
  const isChosen = (option) => (many ? held.selected_options : [held.selected_option]).some((o) => o?.value === option.value);
  const inputs = (element.options ?? []).map((option) =>
    el("input", { type: many ? "checkbox" : "radio", name, checked: isChosen(option), "data-value": option.value }),
  );
  const box = el(
    "div",
    { ...hooks(block, element), class: "ticks", role: many ? "group" : "radiogroup", "aria-label": labelOf(surface, block) },
    element.options?.map((option, i) =>
      el(
        "label",
        { class: "tick" },
        inputs[i],
        el("span", {}, textObject(option.text), option.description && span("soft block", textObject(option.description))),
      ),
    ),
  );
  let before = inputs.map((input) => input.checked);
  box.addEventListener("change", () => {
    const chosen = element.options.filter((_, i) => inputs[i].checked);
    const undo = () =>
      inputs.forEach((input, i) => {
        input.checked = before[i];
      });
    altered(surface, block, element, many ? { selected_options: chosen } : { selected_option: chosen[0] ?? null }, box, undo).then(() => {
      before = inputs.map((input) => input.checked);
    });
  });
  return box;
}

const labelOf = (surface, block) => (block.type === "input" ? plainOf(block.label) : plainOf(block.text)) || null;

function feedbackElement(element, block, surface) {
  const one = (which, shape) =>
    which &&
    iconButton(
      shape,
      which.accessibility_label || plainOf(which.text),
      (event) => {
        event.currentTarget.parentElement
          .querySelectorAll("button")
          .forEach((b) => b.setAttribute("aria-pressed", String(b === event.currentTarget)));
        act(surface, block, element, { text: which.text, value: which.value }, event.currentTarget);
      },
      { ...hooks(block, element), "data-value": which.value, "aria-pressed": "false" },
    );
  return span("feedback", one(element.positive_button, "thumbup"), one(element.negative_button, "thumbdown"));
}

function iconElement(element, block, surface) {
  if (hiddenFrom(element)) return null;
  const label = element.accessibility_label || plainOf(element.text);
  return iconButton(
    knownIcon(element.icon),
    label,
    (event) => act(surface, block, element, { text: element.text, value: element.value }, event.currentTarget),
    hooks(block, element),
  );
}
