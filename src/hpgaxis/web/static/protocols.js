// Protocols as sentences, with a timeline on which courses are dragged.

import { post, Problem } from "./api.js";
import { byId, drawn, element, say } from "./dom.js";
import { changed, known, state } from "./state.js";

const WIDTH = 340, LEFT = 4, ROW = 22, AXIS = 16, MOST = 6;
const SNAP = 7, PRESSES = 250;

export function begin() {
  byId("days").value = String(state.days);
  byId("days").addEventListener("change", (event) => { state.days = Number(event.target.value); redraw(); changed("protocols"); });
  byId("add-protocol").addEventListener("click", () => add("hCG 1500 IU sc three times a week"));
  redraw();
}

export function add(sentence) {
  if (state.protocols.length >= MOST) { say(`At most ${MOST} protocols stand side by side; remove one first.`, true); return; }
  state.protocols.push(sentence);
  redraw();
  changed("protocols");
}

export function redraw() {
  byId("days").value = String(state.days);
  byId("protocol-list").replaceChildren(...state.protocols.map(row));
  byId("add-protocol").disabled = state.protocols.length >= MOST;
}

function row(sentence, number) {
  const error = element("div", { class: "sentence-error", id: `error-${number}`, role: "alert", hidden: true });
  const place = element("div", {});
  const field = element("textarea", {
    id: `protocol-${number}`, spellcheck: "false", "aria-label": `protocol ${number + 1}`, "aria-describedby": `error-${number}`,
    onchange: (event) => { state.protocols[number] = event.target.value.trim() || "no treatment"; read(); },
  });
  field.value = sentence;
  const box = element("div", { class: "protocol", "data-line": number % 6 },
    element("div", { class: "head" }, field,
      element("button", { type: "button", "aria-label": `remove protocol ${number + 1}`, disabled: state.protocols.length < 2,
        onclick: () => { state.protocols.splice(number, 1); redraw(); changed("protocols"); } }, "×")),
    error, place);

  async function read(announce = true, focused = -1) {
    const own = state.protocols[number];
    try {
      const found = await post("protocol", { sentence: own, days: state.days });
      error.hidden = true;
      field.removeAttribute("aria-invalid");
      place.replaceChildren(timeline(found, number, moved));
      place.querySelectorAll(".bar")[focused]?.focus();
      if (announce) changed("protocols");
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      field.setAttribute("aria-invalid", "true");
      const begin = problem.begin ?? own.length, end = problem.end ?? own.length;
      error.replaceChildren(own.slice(0, begin), element("mark", {}, own.slice(begin, end) || " … "), own.slice(end), element("br"), problem.message);
      error.hidden = false;
      place.replaceChildren();
      if (announce) changed("protocols");
    }
  }

  async function moved(series, begin, end, byKey = false) {
    try {
      const found = await post("protocol", { sentence: state.protocols[number], days: state.days, move: { series, begin, end } });
      state.protocols[number] = field.value = found.sentence;
      read(true, byKey ? series : -1);
    } catch (problem) { say(problem.message, true); }
  }

  read(false);
  return box;
}

// Bars are moved with the pointer, or with the arrow keys (Shift: only the end).
function timeline(found, number, moved) {
  const { days } = state;
  const scale = (day) => LEFT + (WIDTH - 2 * LEFT) * Math.min(Math.max(day, 0), days) / days;
  const height = ROW * Math.max(found.bars.length, 1) + AXIS;
  const drawing = drawn("svg", { class: `timeline line-${number % 6}`, viewBox: `0 0 ${WIDTH} ${height}`, role: "group", "aria-label": `timeline of protocol ${number + 1}` });
  const step = days > 400 ? 91.3125 : 30.4375;
  for (let day = 0; day <= days - 1; day += step) {
    drawing.append(drawn("line", { class: "axis", x1: scale(day), x2: scale(day), y1: 0, y2: height - AXIS }));
    if (days < 200 || Math.round(day / 30.4375) % 3 === 0) drawing.append(drawn("text", { x: scale(day) + 2, y: height - 3 }, `${Math.round(day / 30.4375)} mo`));
  }
  found.bars.forEach((bar, series) => {
    const top = ROW * series + 2;
    const shape = drawn("rect", { class: "bar", y: top, height: ROW - 4, rx: 4, tabindex: "0", role: "slider",
      "aria-label": `${bar.drug.replaceAll("_", " ")} ${bar.dose}: day it begins`, "aria-valuemin": 0, "aria-valuemax": days, "aria-valuenow": bar.begin,
      "aria-valuetext": bar.open ? `from day ${bar.begin}` : `day ${bar.begin} to ${bar.end}` });
    let later = 0;
    const handle = drawn("rect", { class: "handle", y: top, height: ROW - 4, width: 5, rx: 2 });
    const place = (begin, end) => {
      shape.setAttribute("x", scale(begin));
      shape.setAttribute("width", Math.max(scale(end) - scale(begin), 4));
      handle.setAttribute("x", Math.max(scale(end) - 5, scale(begin)));
    };
    place(bar.begin, bar.end);
    const drag = (event, whole) => {
      event.preventDefault();
      const box = drawing.getBoundingClientRect(), from = event.clientX;
      const days_of = (x) => Math.round((x - from) / box.width * WIDTH / (WIDTH - 2 * LEFT) * days / SNAP) * SNAP;
      const shownEnd = Math.min(bar.end, days);
      let begin = bar.begin, end = bar.end;
      const move = (now) => {
        const away = days_of(now.clientX);
        begin = whole ? Math.min(Math.max(bar.begin + away, 0), days - 1) : bar.begin;
        end = whole ? bar.end + begin - bar.begin : Math.max(shownEnd + away, bar.begin + bar.every);
        place(begin, end);
      };
      const done = () => {
        window.removeEventListener("pointermove", move);
        window.removeEventListener("pointerup", done);
        if (whole && begin !== bar.begin) moved(series, begin, bar.open ? null : end);
        else if (!whole && end !== shownEnd) moved(series, begin, end >= days ? null : end);
      };
      window.addEventListener("pointermove", move);
      window.addEventListener("pointerup", done);
    };
    shape.addEventListener("pointerdown", (event) => drag(event, true));
    handle.addEventListener("pointerdown", (event) => drag(event, false));
    shape.addEventListener("keydown", (event) => {
      const away = { ArrowLeft: -SNAP, ArrowRight: SNAP }[event.key];
      if (!away) return;
      event.preventDefault();
      if (event.shiftKey) {
        bar.end = Math.max(Math.min(bar.end, days) + away, bar.begin + bar.every);
        bar.open = bar.end >= days;
      } else {
        const begin = Math.max(bar.begin + away, 0);
        bar.end += begin - bar.begin;
        bar.begin = begin;
      }
      place(bar.begin, bar.open ? days : bar.end);
      clearTimeout(later);  // several presses are one move
      later = setTimeout(() => moved(series, bar.begin, bar.open ? null : bar.end, true), PRESSES);
    });
    drawing.append(shape, ...(bar.doses === 1 ? [] : [handle]), drawn("text", { x: scale(bar.begin) + 6, y: top + 13, "pointer-events": "none" }, `${bar.drug.replaceAll("_", " ")} ${bar.dose}`));
  });
  if (!found.bars.length) drawing.append(drawn("text", { x: LEFT + 4, y: 15 }, "no treatment"));
  for (const rule of found.rules) {
    for (const day of rule.days) {
      drawing.append(drawn("line", { class: "rule", x1: scale(day), x2: scale(day), y1: 0, y2: height - AXIS }, drawn("title", {}, `day ${Math.round(day)}: ${rule.sentence}`)));
    }
  }
  return drawing;
}

export const labels = () => known.result?.protocols.map((one) => one.label) ?? state.protocols;
