// chart.js: data_visualization as plain SVG, with the same figures as a table for those who cannot see it.

// Six series at most; told apart on light and dark ground, and by name in the legend.
const chartColours = ["#2f8f88", "#c2603a", "#5a7fd6", "#b08a1e", "#a05bb0", "#6b8e3a"];
const colourOf = (i) => chartColours[i % chartColours.length];
const chartHeight = 240;
// Drawn narrow for narrow screens, so that the letters keep their size.
const widthOfChart = () => (innerWidth < 760 ? 320 : 560);
const plot = { left: 48, right: 12, top: 12, bottom: 44 };

function chartBlock(block) {
  const chart = block.chart ?? {};
  const drawing = { pie: pieChart, bar: axisChart, line: axisChart, area: axisChart }[chart.type];
  if (!drawing) return rawBox(block);
  const names = chart.type === "pie" ? chart.segments.map((s) => `${s.label}: ${number(s.value)}`) : chart.series.map((s) => s.name);
  return el(
    "figure",
    { class: "chart" },
    el("figcaption", { class: "strong" }, block.title),
    drawing(chart, `${block.title}: ${chart.type} chart`),
    el(
      "ul",
      { class: "legend" },
      names.map((name, i) =>
        el("li", {}, el("span", { class: "swatch", style: { background: colourOf(i) }, "aria-hidden": "true" }), name),
      ),
    ),
    el("details", { class: "chart-data" }, el("summary", {}, "Figures"), chartTable(chart)),
  );
}

const number = (n) => new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 }).format(n);

function chartTable(chart) {
  const head = (cells) =>
    el(
      "tr",
      {},
      cells.map((c) => el("th", { scope: "col" }, c)),
    );
  const row = (name, values) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, name),
      values.map((v) => el("td", { class: "align-right" }, number(v))),
    );
  if (chart.type === "pie")
    return scrolled(
      el(
        "table",
        {},
        el(
          "tbody",
          {},
          chart.segments.map((s) => row(s.label, [s.value])),
        ),
      ),
      "Figures of the chart",
    );
  const categories = chart.axis_config?.categories ?? [];
  return scrolled(
    el(
      "table",
      {},
      el("thead", {}, head(["", ...chart.series.map((s) => s.name)])),
      el(
        "tbody",
        {},
        categories.map((c) =>
          row(
            c,
            chart.series.map((s) => valueAt(s, c)),
          ),
        ),
      ),
    ),
    "Figures of the chart",
  );
}

const valueAt = (series, category) => series.data.find((p) => p.label === category)?.value ?? 0;

function pieChart(chart, label) {
  const total = chart.segments.reduce((sum, s) => sum + s.value, 0) || 1;
  let from = -Math.PI / 2;
  const slices = chart.segments.map((segment, i) => {
    const to = from + (segment.value / total) * 2 * Math.PI;
    const slice =
      chart.segments.length === 1
        ? svg("circle", { cx: 120, cy: 120, r: 104, fill: colourOf(0) })
        : svg("path", { d: wedge(from, to), fill: colourOf(i), stroke: "var(--bg)", "stroke-width": 2 });
    slice.append(svg("title", {}, `${segment.label}: ${number(segment.value)} (${number((100 * segment.value) / total)} %)`));
    from = to;
    return slice;
  });
  return svg("svg", { viewBox: "0 0 240 240", class: "pie", role: "img", "aria-label": label }, slices);
}

function wedge(from, to) {
  const point = (angle) => `${120 + 104 * Math.cos(angle)} ${120 + 104 * Math.sin(angle)}`;
  return `M120 120 L${point(from)} A104 104 0 ${to - from > Math.PI ? 1 : 0} 1 ${point(to)} Z`;
}

/** axisChart draws bars, lines or areas over the categories; the value axis always holds zero. */
function axisChart(chart, label) {
  const categories = chart.axis_config?.categories ?? chart.series[0].data.map((p) => p.label);
  const values = chart.series.flatMap((s) => categories.map((c) => valueAt(s, c)));
  const ticks = niceTicks(Math.min(0, ...values), Math.max(0, ...values));
  const [low, high] = [ticks[0], ticks.at(-1)];
  const width = widthOfChart();
  const step = (width - plot.left - plot.right) / categories.length;
  const scale = {
    x: (i) => plot.left + step * (i + 0.5),
    y: (v) => chartHeight - plot.bottom - ((v - low) / (high - low || 1)) * (chartHeight - plot.top - plot.bottom),
    step,
    width,
  };
  const draw = { bar: bars, line: lines, area: areas }[chart.type];
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${chartHeight}`, class: "plot", role: "img", "aria-label": label },
    grid(ticks, scale),
    categoryLabels(categories, scale),
    axisTitles(chart.axis_config, scale),
    draw(chart.series, categories, scale),
  );
}

/** niceTicks: about four steps of 1, 2 or 5 times a power of ten that hold low and high. */
function niceTicks(low, high) {
  const rough = (high - low || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough);
  const first = Math.floor(low / step),
    last = Math.max(first + 1, Math.ceil(high / step));
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

const grid = (ticks, scale) =>
  ticks.map((tick) => [
    svg("line", { x1: plot.left, x2: scale.width - plot.right, y1: scale.y(tick), y2: scale.y(tick), class: tick === 0 ? "axis" : "grid" }),
    svg(
      "text",
      { x: plot.left - 6, y: scale.y(tick) + 4, "text-anchor": "end" },
      new Intl.NumberFormat(undefined, { notation: "compact" }).format(tick),
    ),
  ]);

// Names that would touch are left out; the table of figures has them all.
function categoryLabels(categories, scale) {
  const every = Math.ceil((Math.max(...categories.map((c) => c.length)) * 7) / scale.step);
  return categories.map((c, i) =>
    i % Math.max(1, every) === 0 ? svg("text", { x: scale.x(i), y: chartHeight - plot.bottom + 16, "text-anchor": "middle" }, c) : null,
  );
}

const axisTitles = (config, scale) => [
  config?.x_label &&
    svg("text", { x: (plot.left + scale.width) / 2, y: chartHeight - 6, "text-anchor": "middle", class: "axis-title" }, config.x_label),
  config?.y_label &&
    svg(
      "text",
      { transform: `translate(11 ${(chartHeight - plot.bottom) / 2}) rotate(-90)`, "text-anchor": "middle", class: "axis-title" },
      config.y_label,
    ),
];

function bars(series, categories, scale) {
  const width = (scale.step * 0.72) / series.length;
  return series.map((s, k) =>
    categories.map((c, i) => {
      const value = valueAt(s, c);
      const [top, foot] = [scale.y(Math.max(0, value)), scale.y(Math.min(0, value))];
      return svg(
        "rect",
        {
          x: scale.x(i) - scale.step * 0.36 + k * width,
          y: top,
          width: Math.max(1, width - 1.5),
          height: Math.max(1, foot - top),
          rx: 1.5,
          fill: colourOf(k),
        },
        svg("title", {}, `${s.name}, ${c}: ${number(value)}`),
      );
    }),
  );
}

const points = (s, categories, scale) => categories.map((c, i) => [scale.x(i), scale.y(valueAt(s, c))]);

function lines(series, categories, scale) {
  return series.map((s, k) => [
    svg("polyline", {
      points: points(s, categories, scale).join(" "),
      fill: "none",
      stroke: colourOf(k),
      "stroke-width": 2.5,
      "stroke-linejoin": "round",
    }),
    points(s, categories, scale).map(([x, y], i) =>
      svg(
        "circle",
        { cx: x, cy: y, r: 3.2, fill: colourOf(k) },
        svg("title", {}, `${s.name}, ${categories[i]}: ${number(valueAt(s, categories[i]))}`),
      ),
    ),
  ]);
}

function areas(series, categories, scale) {
  return series.map((s, k) => {
    const edge = points(s, categories, scale);
    return svg("polygon", {
      points: [[edge[0][0], scale.y(0)], ...edge, [edge.at(-1)[0], scale.y(0)]].join(" "),
      fill: colourOf(k),
      "fill-opacity": 0.35,
      stroke: colourOf(k),
      "stroke-width": 2,
    });
  });
}
