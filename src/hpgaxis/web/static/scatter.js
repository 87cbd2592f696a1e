// Dots in a plane, with axes; each dot says what it is.

import { drawn, figure } from "./dom.js";

const WIDTH = 460, HEIGHT = 320, LEFT = 52, BOTTOM = 36, TOP = 8, RIGHT = 8;

// dots: {x, y, title, strong}; log: both axes as powers; diagonal: the line where y is x.
export function scatter({ dots, xLabel, yLabel, log = false, diagonal = false, line = null }) {
  const known = dots.filter((one) => Number.isFinite(one.x) && Number.isFinite(one.y) && (!log || one.x > 0 && one.y > 0));
  const drawing = drawn("svg", { class: "dots spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${yLabel} by ${xLabel}, ${known.length} dots` });
  if (!known.length) return drawing;
  const grow = (values) => { const low = Math.min(...values), high = Math.max(...values); return log ? [low * 0.9, high * 1.1] : [Math.min(low, 0) , high * 1.04 || 1]; };
  const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(Math.floor(share * values.length), values.length - 1)];
  const clipped = (values) => log ? values : values.map((value) => Math.min(value, quantile(values, 0.99)));
  let x = grow(clipped(known.map((one) => one.x))), y = grow(clipped(known.map((one) => one.y)));
  if (diagonal) x = y = [Math.min(x[0], y[0]), Math.max(x[1], y[1])];
  const at = (value, [low, high], from, to) => from + (to - from) * (log ? Math.log(value / low) / Math.log(high / low) : (Math.min(value, high) - low) / (high - low));
  const px = (value) => at(value, x, LEFT, WIDTH - RIGHT), py = (value) => at(value, y, HEIGHT - BOTTOM, TOP);
  const ticks = ([low, high]) => log ? [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100].filter((one) => one >= low && one <= high) : [0, 0.25, 0.5, 0.75, 1].map((share) => low + share * (high - low));
  for (const tick of ticks(x)) drawing.append(drawn("line", { class: "axis", x1: px(tick), x2: px(tick), y1: TOP, y2: HEIGHT - BOTTOM }), drawn("text", { x: px(tick), y: HEIGHT - BOTTOM + 14, "text-anchor": "middle" }, figure(tick)));
  for (const tick of ticks(y)) drawing.append(drawn("line", { class: "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: py(tick), y2: py(tick) }), drawn("text", { x: LEFT - 5, y: py(tick) + 4, "text-anchor": "end" }, figure(tick)));
  if (diagonal) drawing.append(drawn("line", { class: "diagonal", x1: px(x[0]), y1: py(x[0]), x2: px(x[1]), y2: py(x[1]) }));
  if (line !== null) drawing.append(drawn("line", { class: "diagonal", x1: LEFT, x2: WIDTH - RIGHT, y1: py(line), y2: py(line) }));
  for (const one of known) drawing.append(drawn("circle", { cx: px(one.x).toFixed(1), cy: py(one.y).toFixed(1), r: 3.2, class: one.strong ? "responder" : "" }, drawn("title", {}, one.title)));
  drawing.append(drawn("text", { x: (LEFT + WIDTH) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, xLabel), drawn("text", { x: 12, y: HEIGHT / 2, transform: `rotate(-90 12 ${HEIGHT / 2})`, "text-anchor": "middle" }, yLabel));
  return drawing;
}
