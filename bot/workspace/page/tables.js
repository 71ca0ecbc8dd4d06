// tables.js: table and data_table blocks.

/** cell draws raw_text, raw_number, rich_text and action_cell. */
function cellContent(cell, block, surface) {
  switch (cell?.type) {
    case "raw_text":
      return withEmoji(String(cell.text ?? ""));
    case "raw_number":
      return cell.text ?? String(cell.value);
    case "rich_text":
      return richText(cell);
    case "action_cell":
      return elementNode(cell.element, block, surface);
    default:
      return cell ? rawBox(cell) : "";
  }
}

const cellAlign = (cell, settings) =>
  `align-${settings?.align || (cell?.type === "raw_number" ? "right" : "left")}${settings?.is_wrapped === false ? " no-wrap" : ""}`;

/** scrolled lets a wide table move sideways inside its own frame, also by keyboard. */
const scrolled = (table, label) => el("div", { class: "table-scroll", tabindex: "0", role: "group", "aria-label": label }, table);

function tableBlock(block, surface) {
  const [head, ...rows] = block.rows ?? [];
  const line = (cells, tag) =>
    el(
      "tr",
      {},
      (cells ?? []).map((cell, i) =>
        el(
          tag,
          { class: cellAlign(cell, block.column_settings?.[i]), scope: tag === "th" ? "col" : null },
          cellContent(cell, block, surface),
        ),
      ),
    );
  return scrolled(
    el(
      "table",
      {},
      el("thead", {}, head && line(head, "th")),
      el(
        "tbody",
        {},
        rows.map((row) => line(row, "td")),
      ),
    ),
    "Table",
  );
}

// Slack shows five rows at a time unless page_size says more.
const defaultPageSize = 5;

/** dataTableBlock adds a caption, row headings, sorting by a heading's button, and pages. */
function dataTableBlock(block, surface) {
  const [head = [], ...rows] = block.rows ?? [];
  const size = block.page_size || defaultPageSize;
  const view = { page: 0, by: -1, down: false };
  const body = el("tbody"),
    pager = div("pager");
  const heads = head.map((cell, i) =>
    el(
      "th",
      { scope: "col", class: `align-${rows[0]?.[i]?.type === "raw_number" ? "right" : "left"}`, "aria-sort": "none" },
      el(
        "button",
        {
          type: "button",
          class: "sort",
          onclick: () => {
            sortBy(i);
            draw();
          },
        },
        cellContent(cell, block, surface),
        el("span", { class: "sort-mark", "aria-hidden": "true" }),
      ),
    ),
  );
  const sortBy = (i) => Object.assign(view, { down: view.by === i ? !view.down : false, by: i, page: 0 });
  const row = (cells) =>
    el(
      "tr",
      {},
      cells.map((cell, i) =>
        i === (block.row_header_column_index ?? 0)
          ? el("th", { scope: "row", class: cellAlign(cell) }, cellContent(cell, block, surface))
          : el("td", { class: cellAlign(cell) }, cellContent(cell, block, surface)),
      ),
    );
  const draw = () => {
    const sorted = view.by < 0 ? rows : rows.toSorted((a, b) => compareCells(a[view.by], b[view.by]) * (view.down ? -1 : 1));
    const pages = Math.max(1, Math.ceil(rows.length / size));
    fill(body, sorted.slice(view.page * size, (view.page + 1) * size).map(row));
    heads.forEach((th, i) => th.setAttribute("aria-sort", i === view.by ? (view.down ? "descending" : "ascending") : "none"));
    const turn = (by, label, name) =>
      el(
        "button",
        {
          type: "button",
          class: "small-button",
          "aria-label": label,
          disabled: view.page + by < 0 || view.page + by >= pages,
          onclick: () => {
            view.page += by;
            draw();
          },
        },
        name,
      );
    fill(
      pager,
      pages > 1 && [
        turn(-1, "Previous rows", "‹"),
        el(
          "span",
          { class: "soft", "aria-live": "polite" },
          `${view.page * size + 1}–${Math.min(rows.length, (view.page + 1) * size)} of ${rows.length}`,
        ),
        turn(1, "Next rows", "›"),
      ],
    );
  };
  draw();
  return div(
    "data-table",
    scrolled(el("table", {}, el("caption", {}, block.caption), el("thead", {}, el("tr", {}, heads)), body), block.caption || "Data table"),
    pager,
  );
}

const cellKey = (cell) =>
  cell?.type === "raw_number"
    ? cell.value
    : cell?.type === "rich_text"
      ? plainRich(cell)
      : (cell?.text ?? plainOf(cell?.element?.text) ?? "");

function compareCells(a, b) {
  const [x, y] = [cellKey(a), cellKey(b)];
  return typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true });
}
