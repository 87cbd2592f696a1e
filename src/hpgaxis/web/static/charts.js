// Charts over time: one a measurement, one line a protocol, bands, reference ranges; cursor and zoom go together.

import { drawn, element, figure } from "./dom.js";
import { known, label, state, unit } from "./state.js";

export const DASHES = [[], [8, 3], [2, 3], [9, 3, 2, 3], [4, 4], [12, 4]];
const HEIGHT = 170;
const sync = uPlot.sync("hpgaxis");
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export function legend(labels) {
  return element("ul", { class: "legend" }, labels.map((text, line) => element("li", { class: `line-${line % 6}` },
    drawn("svg", { viewBox: "0 0 32 10", "aria-hidden": "true" }, drawn("line", { x1: 0, x2: 32, y1: 5, y2: 5, "stroke-dasharray": DASHES[line % 6].join(" ") })),
    element("span", {}, text))));
}

const axis = () => ({ stroke: colour("muted"), grid: { stroke: colour("line"), width: 0.5 }, ticks: { stroke: colour("line"), width: 0.5 }, size: 44, font: "11px system-ui", values: (plot, ticks) => ticks.map((tick) => String(Number(tick.toPrecision(6)))) });

function shaded(range) {
  return (plot) => {
    if (!range) return;
    const [low, high] = range.map((limit) => plot.valToPos(limit, "y", true));
    const top = Math.max(high, plot.bbox.top), bottom = Math.min(low, plot.bbox.top + plot.bbox.height);
    if (bottom <= top) return;
    plot.ctx.fillStyle = colour("reference");
    plot.ctx.fillRect(plot.bbox.left, top, plot.bbox.width, bottom - top);
  };
}

// A chart. lines: {label, line, dots}; data: [x, ...one array a line, then low and high of each band]; bands: {line, alpha}.
export class Chart {
  constructor({ title, xLabel = "days", lines, bands = [], range = null, controls = null, synced = true, alt = "" }) {
    this.lines = lines;
    this.read = element("p", { class: "read", "aria-hidden": "true" });
    this.place = element("div", {});
    this.alt = element("span", { class: "visually-hidden" }, alt);
    this.figure = element("figure", { class: "chart", role: "group", "aria-label": title }, element("figcaption", {}, title, " ", controls), this.place, this.read, this.alt);
    const series = lines.map((one) => {
      const stroke = colour(`line-${one.line % 6}`);
      return one.dots ? { label: one.label, stroke, width: 0, paths: () => null, points: { show: true, size: 6, fill: one.hollow ? colour("paper") : stroke, stroke } }
        : { label: one.label, stroke, width: 2, dash: DASHES[one.line % 6], points: { show: false }, spanGaps: true };
    });
    const edges = bands.flatMap(() => [{ points: { show: false }, width: 0, spanGaps: true }, { points: { show: false }, width: 0, spanGaps: true }]);
    this.options = {
      width: 300, height: HEIGHT, series: [{}, ...series, ...edges],
      bands: bands.map((one, place) => ({ series: [lines.length + 2 * place + 2, lines.length + 2 * place + 1], fill: colour(`line-${one.line % 6}`) + one.alpha })),
      scales: { x: { time: false }, y: { range: (plot, low, high) => [Math.min(0, low ?? 0), (high || 1) * 1.06] } },
      axes: [{ ...axis(), size: 32, label: xLabel, labelSize: 15, labelFont: "11px system-ui" }, axis()],
      legend: { show: false },
      cursor: { ...(synced ? { sync: { key: sync.key } } : {}), drag: { x: true, y: false }, points: { size: 5 } },
      hooks: { drawClear: [shaded(range)], setCursor: [(plot) => this.said(plot)] },
    };
  }

  said(plot) {
    const { idx } = plot.cursor;
    if (idx === null || idx === undefined) { this.read.textContent = ""; return; }
    const values = this.lines.map((one, place) => figure(plot.data[place + 1][idx]));
    this.read.textContent = `${figure(plot.data[0][idx])}: ${values.join(" | ")}`;
  }

  draw(data) {
    if (this.plot) { this.plot.setData(data); return; }
    this.options.width = Math.max(this.place.clientWidth || 300, 200);
    this.plot = new uPlot(this.options, data, this.place);
    new ResizeObserver(() => {
      const width = this.place.clientWidth;
      if (width && Math.abs(width - this.plot.width) > 2) this.plot.setSize({ width, height: HEIGHT });
    }).observe(this.place);
  }
}

// The charts of all protocols in the man, which keep their canvases while only numbers change.
export class Courses {
  constructor(place) {
    this.place = place;
    this.key = "";
  }

  // bands: those of one protocol, {line, time, bands: {name: quantiles}}; null for none.
  draw(result, bands) {
    const labels = result.protocols.map((one) => one.label);
    const theme = colour("paper");
    const key = JSON.stringify([labels.length, state.shown, state.units, bands?.line ?? -1, theme]);
    if (key !== this.key) {
      this.charts = Object.fromEntries(state.shown.map((name) => [name, this.chart(name, labels, bands)]));
      this.legend = element("div", {});
      this.place.replaceChildren(this.legend, element("div", { class: "charts" }, Object.values(this.charts).map((one) => one.figure)));
      this.key = key;
    }
    this.legend.replaceChildren(legend(labels));
    for (const [name, chart] of Object.entries(this.charts)) {
      const { factor, shown } = unit(name);
      const scaled = (values) => factor === 1 ? values : values.map((value) => value === null ? null : value * factor);
      const tables = result.protocols.map((one) => [one.time, scaled(one.values[name])]);
      if (bands?.bands[name]) {
        const [low, lower, , upper, high] = bands.bands[name].map(scaled);
        tables.push([bands.time, low, high, lower, upper]);
      }
      const last = result.protocols.map((one) => `${one.label}: ${figure(scaled(one.values[name]).at(-1))}`);
      chart.alt.textContent = `At the end, in ${shown}: ${last.join("; ")}.`;
      const same = tables.every((one) => one[0].length === tables[0][0].length && one[0][0] === tables[0][0][0]);
      chart.draw(same ? [tables[0][0], ...tables.flatMap((one) => one.slice(1))] : uPlot.join(tables));
    }
  }

  chart(name, labels, bands) {
    const { shown, factor } = unit(name);
    const entry = known.model.measurements[name];
    const lines = labels.map((text, line) => ({ label: text, line }));
    const areas = bands?.bands[name] ? [{ line: bands.line, alpha: "2e" }, { line: bands.line, alpha: "48" }] : [];
    return new Chart({ title: `${label(name)} (${shown})`, lines, bands: areas, range: entry.reference?.map((limit) => limit * factor) });
  }
}
