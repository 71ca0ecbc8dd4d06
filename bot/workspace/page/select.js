// select.js: the select menus of Block Kit: where their choices come from, and what is sent when one is chosen.

/** sources say where the choices of a select come from, what field carries the choice, and how a first choice is named. */
const sources = {
  static: { field: "option", choices: (e) => optionChoices(e) },
  external: { field: "option", choices: () => [], remote: true },
  users: { field: "user", choices: () => [...state.people.values()].filter((p) => p.kind !== "deleted").map(personChoice) },
  channels: { field: "channel", choices: () => [...state.channels.values()].filter((c) => c.kind === "public").map(channelChoice) },
  conversations: {
    field: "conversation",
    choices: (e) => [...state.channels.values()].filter((c) => passesFilter(c, e.filter)).map(channelChoice),
  },
};

const optionChoice = (option, group) => ({
  key: option.value,
  label: plainOf(option.text),
  node: textObject(option.text),
  description: plainOf(option.description),
  value: option,
  group,
});
const personChoice = (person) => ({
  key: person.id,
  label: nameOf(person),
  description: [person.title, kindWords[person.kind]].filter(Boolean).join(" · "),
  value: person.id,
});
const channelChoice = (channel) => ({
  key: channel.id,
  label: (channel.kind === "im" ? "" : "#") + channelName(channel),
  description: channel.topic,
  value: channel.id,
});

function optionChoices(element) {
  const groups = element.option_groups?.map((g) => (g.options ?? []).map((o) => optionChoice(o, plainOf(g.label)))) ?? [];
  return [...(element.options ?? []).map((o) => optionChoice(o)), ...groups.flat()];
}

function passesFilter(channel, filter) {
  const kind = channel.kind;
  if (filter?.include && !filter.include.includes(kind)) return false;
  if (filter?.exclude_external_shared_channels && channel.is_ext_shared) return false;
  return !(filter?.exclude_bot_users && state.people.get(channel.im_user)?.kind === "bot");
}

/** idChoice names a person or channel that the list may not hold. */
function idChoice(id) {
  if (state.people.has(id)) return personChoice(state.people.get(id));
  if (state.channels.has(id)) return channelChoice(state.channels.get(id));
  return { key: id, label: id, value: id };
}

function selectElement(element, block, surface) {
  const many = element.type.startsWith("multi_");
  const source = sources[element.type.replace("multi_", "").replace("_select", "")];
  const field = `selected_${source.field}${many ? "s" : ""}`;
  const first =
    element[`initial_${source.field}${many ? "s" : ""}`] ??
    (element.default_to_current_conversation ? (many ? [state.channel] : state.channel) : null);
  const held = remember(surface, block, element, { [field]: many ? (first ?? []) : first })[field];
  const asChoice = (value) => (source.field === "option" ? optionChoice(value) : idChoice(value));
  const chosen = (many ? held : [held]).filter(Boolean).map(asChoice);
  return combobox({
    many,
    chosen,
    attributes: hooks(block, element),
    label: labelOf(surface, block) || plainOf(element.placeholder) || "Choose",
    placeholder: plainOf(element.placeholder) || (many ? "Choose some" : "Choose one"),
    most: element.max_selected_items ?? Infinity,
    load: source.remote
      ? (words, signal) => externalChoices(element, block, surface, words, signal)
      : async (words) => source.choices(element).filter((c) => matches(c, words)),
    changed: (choices, node, undo) =>
      altered(surface, block, element, { [field]: many ? choices.map((c) => c.value) : (choices[0]?.value ?? null) }, node, undo),
  });
}

const matches = (choice, words) =>
  [choice.label, choice.description, choice.group].some((t) => t?.toLowerCase().includes(words.toLowerCase()));

async function externalChoices(element, block, surface, words, signal) {
  const least = element.min_query_length ?? 3;
  if (words.length < least) return `Type ${least === 1 ? "a character" : `${least} characters`} or more to search`;
  const answer = await ask(
    "/page/options",
    { as: state.as, ...surface.where, block_id: block.block_id, action_id: element.action_id, value: words },
    { signal },
  );
  if (answer.aborted) return null;
  if (answer.ok === false) return inWords(answer.error);
  return optionChoices(answer);
}
