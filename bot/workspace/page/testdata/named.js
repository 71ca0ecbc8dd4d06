// The controls that a screen reader could not name.
(() => {
  const name = (node) => (node.getAttribute("aria-label") || [...(node.labels ?? [])].map((l) => l.textContent).join(" ") || node.getAttribute("title") || node.textContent || node.getAttribute("placeholder") || "").trim();
  return [...document.querySelectorAll("button, a[href], input, textarea, select, [role=button], [role=combobox], [role=tab], img")]
    .filter((n) => n.checkVisibility() && !(n.tagName === "IMG" ? n.hasAttribute("alt") : name(n)))
    .map((n) => n.outerHTML.slice(0, 160));
})()
