// inputs.js: typed inputs: text, numbers, addresses, dates, rich text, files.

const inputTypes = { plain_text_input: "text", number_input: "number", email_text_input: "email", url_text_input: "url" };

/** textElement draws one line or several; dispatch follows dispatch_action_config (Enter by default). */
function textElement(element, block, surface) {
  const rich = element.type === "rich_text_input";
  const field = rich ? "rich_text_value" : "value";
  const held = remember(surface, block, element, { [field]: element.initial_value ?? null })[field];
  const lines = rich || element.multiline;
  const payloadOf = (text) => ({ [field]: rich ? richFromText(text) : text === "" ? null : text });
  const shared = {
    ...hooks(block, element),
    class: "field",
    placeholder: plainOf(element.placeholder) || null,
    maxlength: element.max_length,
    minlength: element.min_length,
    autofocus: element.focus_on_load,
    value: rich ? plainRich(held) : (held ?? ""),
  };
  const node = lines
    ? el("textarea", { ...shared, rows: element.min_lines ?? 3 })
    : el("input", {
        ...shared,
        type: inputTypes[element.type],
        step: element.is_decimal_allowed ? "any" : null,
        min: element.min_value,
        max: element.max_value,
        inputmode: element.type === "number_input" ? "decimal" : null,
      });
  const when = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  node.addEventListener("input", () => {
    change(surface, block, element, payloadOf(node.value));
    if (block.dispatch_action && when.includes("on_character_entered"))
      rested(node, () => act(surface, block, element, payloadOf(node.value)));
  });
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || (lines && !event.ctrlKey && !event.metaKey)) return;
    if (!block.dispatch_action || !when.includes("on_enter_pressed")) return;
    event.preventDefault();
    act(surface, block, element, payloadOf(node.value), node);
  });
  return node;
}

// Characters are sent when the typing rests, as Slack does it.
const restTimers = new WeakMap();
function rested(node, then) {
  clearTimeout(restTimers.get(node));
  restTimers.set(node, setTimeout(then, 500));
}

const dateFields = {
  datepicker: ["date", "selected_date", "initial_date"],
  timepicker: ["time", "selected_time", "initial_time"],
  datetimepicker: ["datetime-local", "selected_date_time", "initial_date_time"],
};

function dateElement(element, block, surface) {
  const [type, field, initial] = dateFields[element.type];
  const held = remember(surface, block, element, { [field]: element[initial] ?? null })[field];
  const local = element.type === "datetimepicker";
  const toField = (value) => (value === null || value === undefined ? "" : local ? localInput(value) : value);
  const fromField = (text) => (text === "" ? null : local ? Math.floor(new Date(text).getTime() / 1000) : text);
  const node = el("input", {
    ...hooks(block, element),
    type,
    class: "field date-field",
    value: toField(held),
    autofocus: element.focus_on_load,
    "aria-label": labelOf(surface, block) || plainOf(element.placeholder) || type,
  });
  let before = node.value;
  node.addEventListener("change", () => {
    altered(surface, block, element, { [field]: fromField(node.value) }, node, () => {
      node.value = before;
    }).then(() => {
      before = node.value;
    });
  });
  return node;
}

/** localInput writes epoch seconds as a datetime-local field wants them: in the reader's zone, without one named. */
function localInput(seconds) {
  const date = new Date(seconds * 1000);
  return new Date(date - date.getTimezoneOffset() * 60e3).toISOString().slice(0, 16);
}

// Slack takes ten files in one input.
const mostFiles = 10;

function fileElement(element, block, surface) {
  const held = remember(surface, block, element, { files: [] }).files;
  const list = el("ul", { class: "file-list" });
  const most = element.max_files ?? mostFiles;
  let files = held;
  const draw = () =>
    fill(
      list,
      files.map((file) =>
        el(
          "li",
          {},
          icon("file"),
          el("bdi", {}, file.title || file.name),
          iconButton("close", `Remove ${file.name}`, () => set(files.filter((f) => f !== file))),
        ),
      ),
    );
  const set = (next) => {
    files = next;
    change(surface, block, element, { files });
    draw();
  };
  const input = el("input", {
    ...hooks(block, element),
    type: "file",
    class: "field",
    multiple: most > 1,
    accept: (element.filetypes ?? []).map((t) => `.${t}`).join(",") || null,
  });
  input.addEventListener("change", async () => {
    input.setAttribute("aria-busy", "true");
    for (const file of [...input.files].slice(0, most - files.length)) {
      const answer = await uploadFile(file, surface.where.channel);
      if (answer.file) set([...files, answer.file]);
      else toast(`${file.name}: ${inWords(answer.error)}`);
    }
    input.removeAttribute("aria-busy");
    input.value = "";
  });
  draw();
  return div("file-input", input, list);
}

function uploadFile(file, channel) {
  const form = new FormData();
  form.append("as", state.as);
  form.append("channel", channel ?? "");
  form.append("file", file);
  return ask("/page/file", form);
}
