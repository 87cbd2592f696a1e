// The axis as a living picture: levels in the organs, flows along the arrows, at a day of a protocol.

import { get } from "./api.js";
import { drawn, element, figure, options, table } from "./dom.js";
import { known, label, state, unit } from "./state.js";

const PLAY_SECONDS = 12;
let axis = null, picture = null, slider = null, chosen = null, detail = null, playing = 0, day = 0;
export const VARIABLES = ["gnrh_pulses_per_day", "lh", "fsh", "inhibin_b", "intratesticular_testosterone", "testosterone", "estradiol", "dht", "shbg", "sperm_concentration", "testis_volume", "body_fat", "prolactin"];

export async function begin(place) {
  axis = await get("axis");
  picture = document.importNode(new DOMParser().parseFromString(axis.svg, "image/svg+xml").documentElement, true);
  chosen = element("select", { id: "axis-protocol", onchange: () => draw() });
  const moment = element("output", { for: "axis-day" });
  slider = element("input", { id: "axis-day", type: "range", min: 0, step: 1, value: 0, oninput: () => { day = Number(slider.value); draw(); } });
  slider.moment = moment;
  const play = element("button", { type: "button", id: "axis-play", onclick: () => toggle(play) }, "Play");
  detail = element("div", { id: "organ", "aria-live": "polite" }, element("p", { class: "hint" }, "Choose an organ in the picture for its states, equations, parameters and sources. Bars: level over the typical untreated man's; the middle is the same."));
  place.append(
    element("div", { class: "row" }, element("label", {}, "Protocol ", chosen), element("label", { class: "grow" }, "Day ", slider), moment, play),
    element("div", { class: "axis-view" }, element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "picture of the axis" }, picture), detail));
  for (const group of picture.querySelectorAll("[data-organ]")) prepare(group);
  for (const group of picture.querySelectorAll("[data-link]")) {
    const line = group.querySelector("polyline");
    group.append(drawn("polyline", { class: `flow ${line.classList.contains("plus") ? "plus" : "minus"}`, points: line.getAttribute("points"), "aria-hidden": "true" }));
  }
}

function prepare(group) {
  const name = group.dataset.organ, box = group.querySelector("rect");
  const [x, y, width, height] = ["x", "y", "width", "height"].map((one) => Number(box.getAttribute(one)));
  const track = { x: x + 12, y: y + height - 7, width: width - 24, height: 4, rx: 2 };
  group.append(drawn("rect", { class: "meter", ...track }), drawn("rect", { class: "level", ...track, width: 0 }),
    drawn("line", { class: "meter", x1: x + width / 2, x2: x + width / 2, y1: y + height - 9, y2: y + height - 1, stroke: "currentColor" }));
  const words = axis.organs[name];
  for (const [key, value] of Object.entries({ tabindex: "0", role: "button", "aria-label": `${words.name}: ${words.role}` })) group.setAttribute(key, value);
  group.addEventListener("click", () => organ(name));
  group.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); organ(name); } });
}

// A level over the typical man's as a share of a bar: the same is the middle, eight times the end.
const share = (ratio) => Math.min(Math.max(0.5 + Math.log2(Math.max(ratio, 1e-6)) / 6, 0), 1);

export function draw() {
  if (!picture || !known.result) return;
  options(chosen, known.result.protocols.map((one, number) => [String(number), one.label]), chosen.value || String(Math.min(1, known.result.protocols.length - 1)));
  const course = known.result.protocols[Number(chosen.value)] ?? known.result.protocols[0];
  slider.max = state.days;
  day = Math.min(day, state.days);
  slider.value = String(day);
  slider.moment.textContent = `day ${Math.round(day)}`;
  let place = course.time.findIndex((one) => one >= day);
  if (place < 0) place = course.time.length - 1;
  const level = (name) => course.values[name]?.[place] ?? null;
  const ratio = (name) => { const typical = known.model.measurements[name].typical; return level(name) === null || !typical ? 1 : level(name) / typical; };
  for (const group of picture.querySelectorAll("[data-organ]")) {
    const { name, shows, before } = axis.organs[group.dataset.organ], { factor, shown } = unit(shows);
    const track = group.querySelector(".meter"), bar = group.querySelector(".level");
    bar.setAttribute("width", share(ratio(shows)) * Number(track.getAttribute("width")));
    const text = group.querySelector("text.muted");
    const value = `${figure(level(shows) === null ? null : level(shows) * factor)} ${shown}`;
    text.textContent = `${before} ${value}`.trim();
    group.setAttribute("aria-label", `${name}: ${label(shows)} ${value}`);
  }
  [...picture.querySelectorAll("[data-link]")].forEach((group, number) => {
    const flow = group.querySelector(".flow"), size = share(ratio(axis.links[number]?.shows ?? "testosterone"));
    flow.style.strokeWidth = `${(0.5 + 6 * size).toFixed(1)}px`;
    flow.style.animationDuration = `${(3.2 - 2.6 * size).toFixed(1)}s`;
  });
}

function toggle(button) {
  if (playing) { cancelAnimationFrame(playing); playing = 0; button.textContent = "Play"; return; }
  button.textContent = "Stop";
  if (day >= state.days) day = 0;
  let before = performance.now();
  const step = (now) => {
    day += (now - before) / 1000 / PLAY_SECONDS * state.days;
    before = now;
    if (day >= state.days) { day = state.days; draw(); playing = 0; button.textContent = "Play"; return; }
    draw();
    playing = requestAnimationFrame(step);
  };
  playing = requestAnimationFrame(step);
}

export function organ(name) {
  const found = axis.organs[name];
  detail.replaceChildren(
    element("h3", {}, `${found.name}: ${found.role}`),
    found.states.length ? table("States", ["State", "What it is"], found.states.map((one) => [one.name, one.remark])) : "",
    table("Parameters", ["Parameter", "Value", "Unit", "Status", "Source"], found.parameters.map((one) => [one.name, one.value, one.unit, one.status, one.source])),
    ...found.equations.map((one) => element("details", {}, element("summary", {}, `Equations, as they are simulated: ${one.module}`), element("pre", { tabindex: "0" }, one.text))));
}
