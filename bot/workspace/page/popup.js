// popup.js: what opens over the page: menus, list boxes, dialogs. One popup at a time; dialogs stack.

let openPopup = null;

/** popup shows node beside its anchor, in the top layer and inside the anchor's dialog, where a modal one would make the rest inert. */
function popup(anchor, node, onclose = () => {}) {
  openPopup?.close();
  node.popover = "manual";
  (anchor.closest("dialog") ?? document.body).append(node);
  node.showPopover();
  const place = () => placeBeside(anchor, node);
  const outside = (event) => {
    if (!node.contains(event.target) && !anchor.contains(event.target)) close();
  };
  const close = () => {
    document.removeEventListener("pointerdown", outside, true);
    window.removeEventListener("resize", place);
    document.removeEventListener("scroll", place, true);
    node.remove();
    if (openPopup?.close === close) openPopup = null;
    onclose();
  };
  document.addEventListener("pointerdown", outside, true);
  window.addEventListener("resize", place);
  document.addEventListener("scroll", place, true);
  place();
  openPopup = { close, node, place };
  return openPopup;
}

function placeBeside(anchor, node) {
  const at = anchor.getBoundingClientRect();
  const margin = 8;
  const below = innerHeight - at.bottom - margin,
    above = at.top - margin;
  const up = below < Math.min(node.scrollHeight, 260) && above > below;
  node.style.maxHeight = `${Math.max(120, Math.min(420, up ? above : below) - 4)}px`;
  node.style.minWidth = `${Math.min(at.width, innerWidth - 2 * margin)}px`;
  node.style.left = `${Math.max(margin, Math.min(at.left, innerWidth - node.offsetWidth - margin))}px`;
  node.style.top = up ? `${Math.max(margin, at.top - node.offsetHeight - 4)}px` : `${at.bottom + 4}px`;
}

/** menu opens a list of {label, description, icon, checked, href, data, pick} under its button; arrows, Home, End and letters move. */
function menu(anchor, items, label) {
  if (openPopup?.anchor === anchor) return openPopup.close();
  const list = el(
    "div",
    { class: "menu", role: "menu", "aria-label": label },
    items.map((item) => menuItem(item, () => shownMenu.close())),
  );
  const shownMenu = popup(anchor, list, () => anchor.setAttribute("aria-expanded", "false"));
  shownMenu.anchor = anchor;
  anchor.setAttribute("aria-expanded", "true");
  list.addEventListener("keydown", (event) => {
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      shownMenu.close();
      anchor.focus();
    } else moveAmong([...list.children], event);
  });
  (list.querySelector("[aria-checked=true]") ?? list.firstElementChild)?.focus();
}

function menuItem(item, close) {
  const role = item.checked === undefined ? "menuitem" : "menuitemradio";
  const body = [
    item.before,
    span("menu-text", el("span", {}, item.label), item.description && span("soft", item.description)),
    item.checked && icon("check"),
  ];
  const pick = () => {
    close();
    item.pick?.();
  };
  const attributes = {
    role,
    tabindex: "-1",
    class: "menu-item",
    "aria-checked": item.checked === undefined ? null : String(item.checked),
    ...item.data,
  };
  if (item.href && safeURL(item.href))
    return el("a", { ...attributes, href: safeURL(item.href), target: "_blank", rel: "noopener noreferrer", onclick: pick }, body);
  return el("button", { ...attributes, type: "button", onclick: pick }, body);
}

/** moveAmong moves the focus in a list by arrows, Home, End or a first letter. */
function moveAmong(nodes, event) {
  const at = nodes.indexOf(document.activeElement);
  const letter = event.key.length === 1 && !event.ctrlKey && !event.metaKey && /\S/.test(event.key) ? event.key.toLowerCase() : null;
  const next =
    { ArrowDown: (at + 1) % nodes.length, ArrowUp: (at - 1 + nodes.length) % nodes.length, Home: 0, End: nodes.length - 1 }[event.key] ??
    (letter
      ? [...nodes.keys()].map((i) => (at + 1 + i) % nodes.length).find((i) => nodes[i].textContent.trim().toLowerCase().startsWith(letter))
      : undefined);
  if (next === undefined) return false;
  event.preventDefault();
  nodes[next]?.focus();
  return true;
}

/** dialog opens a modal dialog: focus stays inside, Escape calls oncancel, focus returns where it was. */
function dialog({ title, className = "", body, footer, oncancel, before, testid, alert = false }) {
  const from = document.activeElement;
  const titleId = `dialog-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  const node = el("dialog", {
    class: `dialog ${className}`,
    "aria-labelledby": titleId,
    "data-testid": testid,
    role: alert ? "alertdialog" : null,
  });
  const cancel = () => (oncancel ? oncancel() : close());
  function close() {
    if (openPopup && node.contains(openPopup.node)) openPopup.close();
    node.close();
    node.remove();
    if (from?.isConnected) from.focus({ preventScroll: true });
  }
  add(node, [
    div("dialog-head", before, el("h2", { id: titleId }, title), iconButton("close", "Close", cancel, { "data-testid": "dialog-close" })),
    body,
    footer,
  ]);
  node.addEventListener("cancel", (event) => {
    event.preventDefault();
    cancel();
  });
  node.addEventListener("pointerdown", (event) => {
    if (event.target === node && !className.includes("form")) cancel();
  });
  document.body.append(node);
  node.showModal();
  return { node, close };
}

/** confirmed asks by Slack's confirm object; without one the answer is yes. */
function confirmed(ask) {
  if (!ask) return Promise.resolve(true);
  return new Promise((resolve) => {
    const answer = (yes) => {
      box.close();
      resolve(yes);
    };
    const yes = el(
      "button",
      {
        type: "button",
        class: `button ${ask.style === "danger" ? "danger" : "primary"}`,
        "data-testid": "confirm-yes",
        onclick: () => answer(true),
      },
      textObject(ask.confirm) ?? "Yes",
    );
    const no = el(
      "button",
      { type: "button", class: "button", "data-testid": "confirm-no", onclick: () => answer(false) },
      textObject(ask.deny) ?? "Cancel",
    );
    const box = dialog({
      title: plainOf(ask.title) || "Are you sure?",
      className: "confirm",
      testid: "confirm",
      alert: true,
      oncancel: () => answer(false),
      body: div("dialog-body prose", textObject(ask.text)),
      footer: div("dialog-foot", no, yes),
    });
    yes.focus();
  });
}
