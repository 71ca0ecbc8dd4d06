// combobox.js: a field that filters a list as one types; arrows and Enter choose, Escape closes, chips where several may be chosen.

const comboCount = { next: 0 };
// A person types faster than an app answers: external choices are asked for when the typing rests.
const typingRest = 200;

/** combobox draws the control. load(words) gives the choices, or a sentence why there are none. */
function combobox({ many, chosen, attributes, label, placeholder, most, load, changed }) {
  const id = `combo-${comboCount.next++}`;
  const input = el("input", {
    type: "text",
    class: "combo-input",
    role: "combobox",
    "aria-expanded": "false",
    "aria-autocomplete": "list",
    "aria-controls": id,
    "aria-label": label,
    autocomplete: "off",
    placeholder,
    "data-testid": "combo-input",
  });
  const chips = span("chips");
  const box = el("div", { ...attributes, class: "combo" }, chips, input, icon("down"));
  const c = { id, input, chips, box, many, most, load, placeholder, chosen, settled: chosen, shownList: null, choices: [], at: -1 };
  c.settle = () => {
    if (sameChoices(c.chosen, c.settled)) return;
    const before = c.settled;
    c.settled = c.chosen;
    changed(c.chosen, box, () => {
      c.chosen = c.settled = before;
      drawChosen(c);
    });
  };
  input.addEventListener("input", () => openList(c));
  input.addEventListener("click", () => {
    if (!c.shownList) openList(c, "");
  });
  input.addEventListener("blur", () => closeList(c));
  input.addEventListener("keydown", (event) => comboKey(c, event));
  box.addEventListener("pointerdown", (event) => {
    if (event.target !== input) {
      event.preventDefault();
      input.focus();
      openList(c, "");
    }
  });
  drawChosen(c);
  return box;
}

const sameChoices = (a, b) => a.length === b.length && a.every((choice, i) => choice.key === b[i].key);

function drawChosen(c) {
  c.input.value = c.many ? "" : (c.chosen[0]?.label ?? "");
  c.input.placeholder = c.many && c.chosen.length ? "" : c.placeholder;
  if (!c.many) return;
  fill(
    c.chips,
    c.chosen.map((choice) =>
      span(
        "chip",
        el("bdi", {}, choice.label),
        el(
          "button",
          {
            type: "button",
            class: "chip-x",
            "aria-label": `Remove ${choice.label}`,
            onpointerdown: (e) => e.stopPropagation(),
            onclick: () => {
              c.chosen = c.chosen.filter((x) => x.key !== choice.key);
              drawChosen(c);
              c.settle();
              c.input.focus();
            },
          },
          "×",
        ),
      ),
    ),
  );
}

async function openList(c, words = c.input.value) {
  c.wanted?.abort();
  c.wanted = new AbortController();
  const { signal } = c.wanted;
  if (words)
    await new Promise((done) => {
      setTimeout(done, typingRest);
    });
  const found = await c.load(words.trim(), signal);
  if (signal.aborted || found === null || document.activeElement !== c.input) return;
  c.choices = Array.isArray(found) ? found.filter((choice) => !c.many || !c.chosen.some((x) => x.key === choice.key)) : [];
  showList(c, typeof found === "string" ? found : c.choices.length ? "" : "Nothing fits");
}

function showList(c, note) {
  if (!c.shownList) {
    const list = el("div", {
      class: "menu listbox",
      role: "listbox",
      id: c.id,
      "aria-multiselectable": c.many ? "true" : null,
      onpointerdown: (e) => e.preventDefault(),
    });
    c.shownList = popup(c.box, list, () => {
      c.shownList = null;
      c.input.setAttribute("aria-expanded", "false");
      c.input.removeAttribute("aria-activedescendant");
    });
    c.input.setAttribute("aria-expanded", "true");
  }
  let group;
  fill(
    c.shownList.node,
    note && div("menu-note soft", note),
    c.choices.map((choice, i) => {
      const heading =
        choice.group && choice.group !== group ? el("div", { class: "menu-note strong", role: "presentation" }, choice.group) : null;
      group = choice.group;
      const current = !c.many && choice.key === c.chosen[0]?.key;
      return [
        heading,
        el(
          "div",
          {
            class: "menu-item",
            role: "option",
            id: `${c.id}-${i}`,
            "aria-selected": String(current),
            "data-value": choice.key,
            onclick: () => choose(c, choice),
          },
          span(
            "menu-text",
            el("bdi", {}, choice.node ? choice.node.cloneNode(true) : choice.label),
            choice.description && span("soft", choice.description),
          ),
          current && icon("check"),
        ),
      ];
    }),
  );
  mark(
    c,
    c.choices.length
      ? Math.max(
          0,
          c.choices.findIndex((x) => !c.many && x.key === c.chosen[0]?.key),
        )
      : -1,
  );
  c.shownList.place();
}

function mark(c, at) {
  c.at = at;
  c.shownList?.node.querySelectorAll("[role=option]").forEach((option, i) => option.classList.toggle("active", i === at));
  const active = $(`${c.id}-${at}`);
  if (!active) return c.input.removeAttribute("aria-activedescendant");
  c.input.setAttribute("aria-activedescendant", active.id);
  active.scrollIntoView({ block: "nearest" });
}

function choose(c, choice) {
  if (c.many && c.chosen.length >= c.most) return sayStatus(`At most ${c.most} may be chosen`);
  c.chosen = c.many ? [...c.chosen, choice] : [choice];
  drawChosen(c);
  if (c.many) openList(c, "");
  else closeList(c);
}

function closeList(c) {
  c.wanted?.abort();
  c.shownList?.close();
  drawChosen(c);
  c.settle();
}

function comboKey(c, event) {
  const { key } = event;
  const open = Boolean(c.shownList);
  const keys = {
    ArrowDown: () => (open ? mark(c, (c.at + 1) % c.choices.length) : openList(c, "")),
    ArrowUp: () => (open ? mark(c, (c.at - 1 + c.choices.length) % c.choices.length) : openList(c, "")),
    Enter: () => (open ? c.choices[c.at] && choose(c, c.choices[c.at]) : openList(c, "")),
    Escape: () => open && closeList(c),
    Backspace: () => c.many && !c.input.value && c.chosen.length && ((c.chosen = c.chosen.slice(0, -1)), drawChosen(c), openList(c, "")),
  };
  if (!keys[key] || (key === "Escape" && !open) || (key === "Backspace" && c.input.value)) return;
  if (key !== "Backspace") event.preventDefault();
  if (key === "Escape") event.stopPropagation();
  keys[key]();
}
