// composer.js: the box people type in: sending, history by arrow-up, the usage hint, drafts.

/** composer makes a message box; thread is the ts replies go to, if any. */
function composer({ id, thread = "", label }) {
  const key = `${state.as}/${state.channel}/${thread}`;
  const text = el("textarea", {
    id,
    class: "composer-text",
    rows: 1,
    "aria-label": label,
    placeholder: label,
    "data-testid": thread ? "thread-composer" : "composer",
    spellcheck: "true",
    value: state.drafts.get(key) ?? "",
    "aria-describedby": `${id}-hint`,
  });
  const hint = el("div", { class: "usage", id: `${id}-hint`, "data-testid": "usage-hint" });
  const error = el("div", { class: "error", role: "alert", "data-testid": "composer-error" });
  const send = iconButton("send", "Send", () => submit(), { class: "icon-button send", "data-testid": "send" });
  const box = div("composer", error, hint, div("composer-box", text, send));
  const recall = { at: -1, draft: "" };

  async function submit() {
    const typed = text.value.trimEnd().replace(/^\n+/, ""); // a space before a slash makes it a message
    if (!typed.trim() || send.getAttribute("aria-busy") === "true") return;
    send.setAttribute("aria-busy", "true");
    const answer = await ask("/page/say", { as: state.as, channel: state.channel, thread_ts: thread || undefined, text: toWire(typed) });
    send.removeAttribute("aria-busy");
    error.textContent = answer.ok === false ? inWords(answer.error) : "";
    if (answer.ok === false) return text.focus();
    remembered(typed);
    recall.at = -1;
    if (text.value.trimEnd().endsWith(typed)) set("");
    $("log").scrollTop = $("log").scrollHeight;
  }

  const set = (value) => {
    text.value = value;
    text.dispatchEvent(new Event("input"));
  };
  const completion = completer(text, box);
  text.addEventListener("input", () => {
    state.drafts.set(key, text.value);
    fitHeight(text);
    fill(hint, usageHint(text.value, thread));
    error.textContent = "";
  });
  text.addEventListener("keydown", (event) => {
    if (event.isComposing || completion.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      submit();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") recallLine(event, text, recall, set);
  });
  fitHeight(text);
  return box;
}

const mostLines = 8;
function fitHeight(text) {
  text.rows = Math.min(mostLines, text.value.split("\n").length);
}

/** usageHint says how the typed command goes on. */
function usageHint(typed, thread) {
  const word = /^(\/\S+)(\s|$)/.exec(typed)?.[1];
  const command = word && state.boot.commands.find((c) => c.command === word);
  if (!command) return null;
  if (thread)
    return [
      icon("warning"),
      el("span", {}, "Slash commands do not work in threads. Mention the app instead: ", el("code", {}, `@${bot()?.name ?? appName()} …`)),
    ];
  return [el("code", {}, command.command, " ", command.usage_hint ?? ""), span("soft", command.description)];
}

// What was sent is kept for this tab, newest first, so that arrow-up works after a reload too.
const mostRemembered = 50;
const historyKey = () => `sent/${state.as}`;

function sentLines() {
  try {
    return JSON.parse(sessionStorage.getItem(historyKey()) ?? "[]");
  } catch {
    return [];
  }
}

function remembered(line) {
  try {
    sessionStorage.setItem(historyKey(), JSON.stringify([line, ...sentLines().filter((l) => l !== line)].slice(0, mostRemembered)));
  } catch {
    /* storage may be switched off; then there is no history */
  }
}

/** recallLine walks the sent lines while the box is empty or shows one of them. */
function recallLine(event, text, recall, set) {
  const lines = sentLines();
  const up = event.key === "ArrowUp";
  const browsing = recall.at >= 0 && text.value === lines[recall.at];
  if (!browsing && (text.value || !up)) return;
  const next = (browsing ? recall.at : -1) + (up ? 1 : -1);
  if (next >= lines.length) return;
  event.preventDefault();
  recall.at = next;
  set(next < 0 ? "" : lines[next]);
}

/** toWire writes typed text as Slack's clients send it: entities escaped, known @names and #names as ids; code keeps its words. */
function toWire(typed) {
  return typed
    .split(/(```[\s\S]*?```|`[^`\n]+`)/)
    .map((part, i) => {
      const escaped = part.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
      return i % 2 ? escaped : withIds(escaped);
    })
    .join("");
}

function withIds(text) {
  const names = new Map([
    ["@here", "<!here>"],
    ["@channel", "<!channel>"],
    ["@everyone", "<!everyone>"],
  ]);
  for (const group of state.groups.values()) names.set(`@${group.handle}`.toLowerCase(), `<!subteam^${group.id}>`);
  for (const channel of state.channels.values())
    if (channel.kind !== "im") names.set(`#${channel.name}`.toLowerCase(), `<#${channel.id}|${channel.name}>`);
  for (const person of state.people.values()) names.set(`@${person.name}`.toLowerCase(), `<@${person.id}>`);
  return text.replace(/(?<![\p{L}\p{N}@#&])[@#][\p{L}\p{N}][\p{L}\p{N}._-]*/gu, (word) => {
    const trimmed = word.replace(/[._-]+$/, "");
    const id = names.get(word.toLowerCase()) ?? names.get(trimmed.toLowerCase());
    return id ? id + (names.has(word.toLowerCase()) ? "" : word.slice(trimmed.length)) : word;
  });
}
