// surface.js: what the controls of one message, modal or home tab hold, and how an action is sent.

// What was entered in places not drawn for longest is forgotten first.
const mostSurfaces = 1000;

/**
 * surfaceFor gives the form state of one place. A redraw keeps what was entered in the same block and action, as Slack does.
 * where is what the server needs to find the place: {channel, message_ts} or {view_id}.
 */
function surfaceFor(key, where, kind) {
  const surface = { key, where, kind, old: state.surfaces.get(key)?.values ?? {}, values: {}, labels: new Map() };
  state.surfaces.delete(key);
  state.surfaces.set(key, surface);
  if (state.surfaces.size > mostSurfaces) state.surfaces.delete(state.surfaces.keys().next().value);
  return surface;
}

/** remember registers a control and returns its value: what was entered before, else initial. */
function remember(surface, block, element, initial) {
  const before = surface.old[block.block_id]?.[element.action_id];
  const value = before?.type === element.type ? before : { type: element.type, ...initial };
  (surface.values[block.block_id] ??= {})[element.action_id] = value;
  return value;
}

function change(surface, block, element, payload) {
  (surface.values[block.block_id] ??= {})[element.action_id] = { type: element.type, ...payload };
}

/** act sends one action, after its confirm dialog; it says whether it was sent. The control is busy until the server answers. */
async function act(surface, block, element, payload, node) {
  if (node?.getAttribute("aria-busy") === "true") return false;
  if (!(await confirmed(element.confirm))) return false;
  node?.setAttribute("aria-busy", "true");
  const action = { type: element.type, action_id: element.action_id, block_id: block.block_id, ...payload };
  const answer = await ask("/page/action", { as: state.as, ...surface.where, action, state: { values: surface.values } });
  node?.removeAttribute("aria-busy");
  if (answer.ok === false) toast(inWords(answer.error));
  return true;
}

/** altered notes a control's new value and, where a change is an action by itself, sends it; a refused confirm puts the old value back. */
async function altered(surface, block, element, payload, node, undo = () => {}) {
  const before = surface.values[block.block_id]?.[element.action_id];
  change(surface, block, element, payload);
  if (block.type === "input" && !block.dispatch_action) return;
  if (!(await act(surface, block, element, payload, node))) {
    surface.values[block.block_id][element.action_id] = before;
    undo();
  }
}

const hooks = (block, element, more = {}) => ({
  "data-action-id": element.action_id,
  "data-block-id": block.block_id,
  "data-type": element.type,
  ...more,
});
