// dom.js: building the document. Data enters only as text nodes and checked attributes; nothing here parses HTML.

const $ = (id) => document.getElementById(id);

// Direction overrides can make a name read backwards over the words beside it, so they are shown as what they are.
const directionControls = /[\u202a-\u202e\u2066-\u2069]/g;
const shown = (text) => String(text).replace(directionControls, (c) => `[U+${c.codePointAt(0).toString(16).toUpperCase()}]`);

/** el makes an element. on…: listener; style: object of CSS properties; null, undefined and false leave an attribute out. */
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  return add(node, children);
}

function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name === "style") for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
  else if (name === "value" || name === "checked") node[name] = value;
  else node.setAttribute(name, value === true ? "" : shown(value));
}

function add(node, children) {
  const flat = [children].flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false);
  node.append(...flat.map((c) => (c instanceof Node ? c : shown(c))));
  return node;
}

// The two elements that carry most of the page, by their class.
const div = (className, ...children) => el("div", { class: className }, children);
const span = (className, ...children) => el("span", { class: className }, children);

const fill = (node, ...children) => {
  node.replaceChildren();
  return add(node, children);
};
const fragment = (...children) => add(document.createDocumentFragment(), children);

/** svg makes an SVG element; attribute values are numbers and our own words. */
function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return add(node, children);
}

// Icons are drawn on a 20×20 field as strokes.
const icons = {
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  close: "M5 5l10 10M15 5L5 15",
  back: "M12 4l-6 6 6 6",
  down: "M5 8l5 5 5-5",
  right: "M8 5l5 5-5 5",
  hash: "M8 3L6 17M14 3l-2 14M3.5 7.5h14M2.5 12.5h14",
  lock: "M5 9h10v8H5zM7 9V6a3 3 0 0 1 6 0v3",
  shared: "M3 10a3 3 0 0 1 3-3h3M17 10a3 3 0 0 1-3 3h-3M7 10h6M11 7h3a3 3 0 0 1 3 3M9 13H6a3 3 0 0 1-3-3",
  thread: "M3 4h14v9H9l-4 3.5V13H3z",
  more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  code: "M7 5l-5 5 5 5M13 5l5 5-5 5",
  contrast: "M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14",
  send: "M3 16.5L17.5 10 3 3.5 5 10zM5 10h6",
  check: "M4 10.5l4 4 8-9",
  file: "M5 2.5h7l3.5 3.5v11.5H5zM12 2.5V6h3.5",
  download: "M10 3v10M5.5 9L10 13.5 14.5 9M3.5 17h13",
  warning: "M10 3L1.8 17h16.4zM10 8v4M10 14.6h.01",
  info: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15M10 9v5M10 6.2h.01",
  eye: "M1.5 10S4.5 4.5 10 4.5 18.5 10 18.5 10 15.5 15.5 10 15.5 1.5 10 1.5 10zM10 7.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5",
  home: "M3 9.5L10 3l7 6.5M5 8v9h10V8",
  play: "M6 4l10 6-10 6z",
  phone: "M5 3l3 .5 1 3.5-2 1.5a9 9 0 0 0 4.5 4.5l1.5-2 3.5 1 .5 3c-6 2-14-6-12-12z",
  trash: "M4 6h12M8 6V4h4v2M5.5 6l1 11h7l1-11",
  edit: "M4 16l1-4 8-8 3 3-8 8z",
  smile: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15M7.2 8h.01M12.8 8h.01M6.5 11.5c1.6 3 5.4 3 7 0",
  star: "M10 3l2.2 4.6 5 .6-3.7 3.5 1 5L10 14.2l-4.5 2.5 1-5L2.8 8.2l5-.6z",
  thumbup: "M3 9h3v8H3zM6 9l4-6c2 0 2 2 1.3 4.5H16l-1.5 8.5c-.2.6-.6 1-1.2 1H6",
  thumbdown: "M3 11h3V3H3zM6 11l4 6c2 0 2-2 1.3-4.5H16L14.5 4c-.2-.6-.6-1-1.2-1H6",
};

function icon(name) {
  const drawing = svg("svg", { viewBox: "0 0 20 20", class: `icon icon-${name}`, "aria-hidden": "true", focusable: "false" });
  drawing.append(svg("path", { d: icons[name] ?? icons.info }));
  return drawing;
}

const iconButton = (name, label, onclick, more = {}) =>
  el("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...more }, icon(name));

/** safeURL returns the address as a link may carry it, or null: javascript:, data: and the like never become links. */
function safeURL(address) {
  try {
    const url = new URL(String(address), location.href);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** ownURL returns an address this page may load from, or null: it talks to no other host (the policy header says so too). */
function ownURL(address) {
  if (!address) return null;
  try {
    const url = new URL(String(address), location.href);
    if (url.protocol === "data:") return url.href.startsWith("data:image/") ? url.href : null;
    const loopback = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname) && url.pathname.startsWith("/files/");
    return url.origin === location.origin || loopback ? url.pathname + url.search : null;
  } catch {
    return null;
  }
}

/** permalink returns the place that an address of this workspace names, or null: by whichever name of this machine it is reached. */
function permalink(address) {
  const url = new URL(address);
  const here = url.origin === location.origin || (["localhost", "127.0.0.1", "[::1]"].includes(url.hostname) && url.port === location.port);
  const [, channel, seconds, rest] = (here && /^\/archives\/(\w+)\/p(\d+)(\d{6})$/.exec(url.pathname)) || [];
  return channel ? { channel, thread: url.searchParams.get("thread_ts") ?? "", ts: `${seconds}.${rest}` } : null;
}

/** follow opens a message of this workspace in place, as whoever looks. */
function follow(event, place) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!state.channels.has(place.channel)) return sayStatus("That message is in a channel that you are not in.");
  state.linked = place.ts;
  goTo(place.channel, { thread: place.thread, focus: false });
}

function link(address, ...children) {
  const href = safeURL(address);
  const label = children.length ? children : [String(address)];
  const place = href && permalink(href);
  if (place) return el("a", { href: `${addressOf({ ...place, tab: "" })}#${place.ts}`, title: href, onclick: (event) => follow(event, place) }, label);
  if (!href) return el("span", { class: "dead-link", title: "This kind of link is not followed" }, label);
  return el("a", { href, target: "_blank", rel: "noopener noreferrer", title: href }, label);
}

const smallPictures = ["context-image", "card-icon", "emoji-image"];

/** picture shows an image of our own origin; one on another host is named and linked instead. */
function picture(address, alt, className = "picture") {
  const src = ownURL(address);
  if (src) return el("img", { src, alt: alt ?? "", class: className, loading: "lazy" });
  if (smallPictures.includes(className))
    return link(
      address,
      el(
        "span",
        {
          class: "picture-small",
          role: "img",
          "aria-label": `${alt || "Image"}, on another host`,
          title: `${alt || "Image"}, on another host`,
        },
        icon("file"),
      ),
    );
  return span("picture-elsewhere", icon("file"), el("span", {}, alt || "Image", " ", link(address, "on another host")));
}

/** copyButton copies what text() returns and says so. */
function copyButton(text, label = "Copy") {
  const button = el(
    "button",
    {
      type: "button",
      class: "small-button",
      onclick: async () => {
        await copyText(text());
        button.textContent = "Copied";
        setTimeout(() => {
          button.textContent = label;
        }, 1500);
      },
    },
    label,
  );
  return button;
}

// The clipboard needs a secure context, which a plain http address other than loopback is not: then the old way.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el("textarea", { class: "sr-only", value: text });
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

const json = (value) => JSON.stringify(value, null, 2);
const jsonBox = (value, label) =>
  el(
    "div",
    { class: "json-box" },
    div(
      "json-head",
      el("span", {}, label),
      copyButton(() => json(value)),
    ),
    el("pre", { tabindex: "0", "aria-label": label }, json(value)),
  );
