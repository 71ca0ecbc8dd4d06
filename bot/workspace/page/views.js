// views.js: modals (a stack of views in one dialog) and the App Home tab.

const stack = { views: [], dialog: null };

/** viewEvent applies what the server says happened to the modals of this person. */
function viewEvent({ op, view }) {
  const at = stack.views.findIndex((v) => v.id === view?.id);
  if (op === "open") stack.views = [view];
  else if (op === "push" && at < 0) stack.views.push(view);
  else if (op === "update" && at >= 0) stack.views[at] = view;
  else if (op === "close") stack.views = stack.views.filter((v) => v.id !== view?.id);
  else if (op === "clear") stack.views = [];
  drawModal();
}

function drawModal() {
  const view = stack.views.at(-1);
  const focused = document.activeElement?.id;
  if (!view) {
    stack.dialog?.close();
    stack.dialog = null;
    return;
  }
  if (stack.shown === view && stack.dialog) return;
  const fresh = stack.dialog?.node.dataset.viewId !== view.id;
  stack.shown = view;
  if (fresh) {
    stack.dialog?.close();
    stack.dialog = dialog({ title: "", className: "form", testid: "modal", oncancel: cancelModal });
    stack.dialog.node.dataset.viewId = view.id;
  }
  fillModal(stack.dialog.node, view);
  const first =
    (!fresh && focused && $(focused)) ||
    stack.dialog.node.querySelector("[autofocus]") ||
    stack.dialog.node.querySelector(".dialog-body :is(input, textarea, button, select):not([disabled])");
  (first ?? stack.dialog.node.querySelector("button")).focus();
}

function fillModal(node, view) {
  const surface = surfaceFor(`v/${view.id}`, { view_id: view.id }, "modal");
  const titleId = node.getAttribute("aria-labelledby");
  const back = stack.views.length > 1 && iconButton("back", "Back", () => closeView(view), { "data-testid": "modal-back" });
  const body = div("dialog-body", blockList(view.blocks, surface));
  const note = el("div", { class: "error", role: "alert", "data-testid": "modal-error" });
  const submit =
    view.submit && el("button", { type: "submit", class: "button primary", "data-testid": "modal-submit" }, textObject(view.submit));
  const form = el(
    "form",
    { class: "modal-form", novalidate: true },
    body,
    note,
    el(
      "div",
      { class: "dialog-foot" },
      el(
        "button",
        {
          type: "button",
          class: "button",
          "data-testid": "modal-close",
          onclick: () => (view.clear_on_close ? cancelModal() : closeView(view)),
        },
        textObject(view.close) ?? (submit ? "Cancel" : "Close"),
      ),
      submit,
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submitView(view, surface, form, submit, note);
  });
  fill(
    node,
    div(
      "dialog-head",
      back,
      el("h2", { id: titleId }, textObject(view.title)),
      span("chip", appName()),
      iconButton("close", "Close", cancelModal, { "data-testid": "dialog-close" }),
    ),
    form,
  );
}

// The cross and Escape close every view of the stack, at once: the app hears of each that asked to be told.
function cancelModal() {
  const view = stack.views.at(-1);
  stack.views = [];
  drawModal();
  if (view) ask("/page/view", { as: state.as, view_id: view.id, event: "clear" });
}

function closeView(view) {
  stack.views = stack.views.filter((v) => v.id !== view.id);
  drawModal();
  ask("/page/view", { as: state.as, view_id: view.id, event: "close" });
}

/** submitView checks what Slack's client checks, sends, and waits for the app's word. */
async function submitView(view, surface, form, button, note) {
  if (!button || button.getAttribute("aria-busy") === "true") return;
  const faults = localFaults(view, surface, form);
  showErrors(form, faults);
  note.textContent = "";
  if (Object.keys(faults).length) return;
  button.setAttribute("aria-busy", "true");
  const answer = await ask("/page/view", { as: state.as, view_id: view.id, event: "submit", state: { values: surface.values } });
  button.removeAttribute("aria-busy");
  if (answer.errors || answer.response_action === "errors") return showErrors(form, answer.errors ?? {});
  if (answer.ok === false) {
    note.textContent = shown(inWords(answer.error));
    return;
  }
  if (answer.response_action === "clear") viewEvent({ op: "clear" });
  else if (!answer.response_action) viewEvent({ op: "close", view });
}

/** localFaults: what is required, too short, or not of its kind, by block_id. */
function localFaults(view, surface, form) {
  const faults = {};
  for (const block of (view.blocks ?? []).filter((b) => b.type === "input")) {
    const entered = surface.values[block.block_id]?.[block.element?.action_id] ?? {};
    const field = form.querySelector(`[data-block-id="${CSS.escape(block.block_id)}"] :is(input, textarea)`);
    const { type, ...content } = entered;
    const empty = Object.values(content).every(
      (v) =>
        v === null || v === undefined || v === "" || (Array.isArray(v) && !v.length) || (v?.type === "rich_text" && !plainRich(v).trim()),
    );
    if (empty && !block.optional) faults[block.block_id] = "Please fill in this field.";
    else if (!empty && block.element?.min_length > String(entered.value ?? "").length)
      faults[block.block_id] = `Please write at least ${block.element.min_length} characters.`;
    else if (field && !field.validity.valid && !field.validity.valueMissing) faults[block.block_id] = field.validationMessage;
  }
  return faults;
}

/** openHome tells the app that its Home tab was opened, and shows what it has published. */
async function openHome() {
  const as = state.as;
  const answer = await ask("/page/home", { as, app_id: mainApp()?.id });
  if (as !== state.as) return;
  if (answer.ok === false) toast(inWords(answer.error));
  if (answer.view) state.home = answer.view;
  drawHome();
}

function drawHome() {
  const pane = $("home");
  if (!state.home)
    return fill(
      pane,
      div(
        "empty",
        el("h3", {}, `${appName()} has not published a Home tab for you yet`),
        el("p", { class: "soft" }, "It was told that you opened it (app_home_opened)."),
      ),
    );
  const focused = document.activeElement?.dataset?.actionId;
  const surface = surfaceFor(`h/${state.as}`, { view_id: state.home.id }, "home");
  fill(pane, div("home-body", blockList(state.home.blocks, surface)));
  if (focused) pane.querySelector(`[data-action-id="${CSS.escape(focused)}"]`)?.focus();
}
