// complete.js: completion of /commands, @people, #channels and :emoji: while typing.

const mostShown = 8;

/** completionsAt returns what could stand at the caret: {from, items:[{insert, label, description, before}]}. */
function completionsAt(text, caret) {
  const typed = text.slice(0, caret);
  const command = /^\/\S*$/.exec(typed);
  if (command) return { from: 0, items: commandItems(typed) };
  const word = /(?:^|[\s(])([@#:])([\p{L}\p{N}._+-]*)$/u.exec(typed);
  if (!word || (word[1] === ":" && word[2].length < 2)) return { from: 0, items: [] };
  const items = { "@": personItems, "#": channelItems, ":": emojiItems }[word[1]](word[2].toLowerCase());
  return { from: caret - word[2].length - 1, items: items.slice(0, mostShown) };
}

const commandItems = (typed) =>
  state.boot.commands
    .filter((c) => c.command.startsWith(typed.toLowerCase()))
    .map((c) => ({ insert: `${c.command} `, label: `${c.command} ${c.usage_hint ?? ""}`, description: c.description }));

function personItems(words) {
  const people = [...state.people.values()]
    .filter((p) => p.kind !== "deleted" && [p.name, nameOf(p)].some((n) => n.toLowerCase().startsWith(words)))
    .map((p) => ({
      insert: `@${p.name} `,
      label: nameOf(p),
      description: [p.title, kindWords[p.kind]].filter(Boolean).join(" · "),
      before: avatar(senderOf({ user: p.id }), "tiny"),
    }));
  const groups = [...state.groups.values()]
    .filter((g) => g.handle.toLowerCase().startsWith(words))
    .map((g) => ({ insert: `@${g.handle} `, label: `@${g.handle}`, description: g.name }));
  const all = ["here", "channel"]
    .filter((n) => n.startsWith(words))
    .map((n) => ({ insert: `@${n} `, label: `@${n}`, description: "everyone here" }));
  return [...people, ...groups, ...all];
}

const channelItems = (words) =>
  [...state.channels.values()]
    .filter((c) => c.kind !== "im" && c.name.toLowerCase().startsWith(words))
    .map((c) => ({ insert: `#${c.name} `, label: `#${c.name}`, description: c.topic }));

const emojiItems = (words) =>
  [...Object.keys(shortcodes), ...Object.keys(circles)]
    .filter((n) => n.startsWith(words))
    .map((n) => ({ insert: `:${n}: `, label: `:${n}:`, before: emoji(n) }));

/** completer shows the list over the box; key(event) says whether it took the key. */
function completer(text, box) {
  const id = `${text.id}-list`;
  const c = { found: { from: 0, items: [] }, at: 0, shown: null };
  Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id }).forEach(([k, v]) =>
    text.setAttribute(k, v),
  );
  const close = () => c.shown?.close();
  const choose = (item) => {
    const caret = text.selectionStart;
    close();
    text.setRangeText(item.insert, c.found.from, caret, "end");
    text.dispatchEvent(new Event("input"));
    text.focus();
  };
  const mark = (at) => {
    c.at = at;
    c.shown.node.querySelectorAll("[role=option]").forEach((o, i) => {
      o.classList.toggle("active", i === at);
      o.setAttribute("aria-selected", String(i === at));
    });
    text.setAttribute("aria-activedescendant", `${id}-${at}`);
  };
  const show = () => {
    c.found = completionsAt(text.value, text.selectionStart);
    if (!c.found.items.length || document.activeElement !== text) return close();
    if (!c.shown)
      c.shown = popup(
        box,
        el("div", { class: "menu listbox", role: "listbox", id, "aria-label": "Completions", "data-testid": "completions" }),
        () => {
          c.shown = null;
          text.setAttribute("aria-expanded", "false");
          text.removeAttribute("aria-activedescendant");
        },
      );
    text.setAttribute("aria-expanded", "true");
    fill(
      c.shown.node,
      c.found.items.map((item, i) => completionRow(item, `${id}-${i}`, () => choose(item))),
    );
    mark(0);
    c.shown.place();
  };
  text.addEventListener("input", show);
  text.addEventListener("blur", close);
  const keys = {
    ArrowDown: () => mark((c.at + 1) % c.found.items.length),
    ArrowUp: () => mark((c.at - 1 + c.found.items.length) % c.found.items.length),
    Enter: () => choose(c.found.items[c.at]),
    Tab: () => choose(c.found.items[c.at]),
    Escape: close,
  };
  return {
    key(event) {
      if (!c.shown || !keys[event.key] || event.shiftKey) return false;
      event.preventDefault();
      event.stopPropagation();
      keys[event.key]();
      return true;
    },
  };
}

const completionRow = (item, id, choose) =>
  el(
    "div",
    { class: "menu-item", role: "option", id, onpointerdown: (event) => event.preventDefault(), onclick: choose },
    item.before,
    span("menu-text", el("bdi", {}, item.label), item.description && span("soft", item.description)),
  );
