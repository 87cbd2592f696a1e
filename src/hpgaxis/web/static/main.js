// Puts the page together: what the user changes is simulated, and the open view is drawn.

import { get, post, Problem } from "./api.js";
import * as axis from "./axis.js";
import { Courses } from "./charts.js";
import * as compare from "./compare.js";
import * as data from "./data.js";
import { byId, element, options, say, stale } from "./dom.js";
import * as evidence from "./evidence.js";
import * as man from "./man.js";
import * as population from "./population.js";
import * as protocols from "./protocols.js";
import * as pulses from "./pulses.js";
import * as search from "./search.js";
import { changed, courses, DEFAULT, known, label, link, onChange, restore, state } from "./state.js";
import * as take from "./take.js";
import * as tour from "./tour.js";
import * as views from "./views.js";

const VIEWS = { axis: "The axis", charts: "Charts", day: "A day", compare: "Treatments", search: "Find a protocol", population: "Populations", data: "His data", evidence: "Evidence", take: "Take away" };
let bandsOf = null, charts = null, day = null, many = null, running = null, began = 0, evidenceBegun = false;

async function simulate() {
  running?.abort();
  if (!known.matched) return;
  const control = running = new AbortController();
  began = performance.now();
  try {
    known.result = await post("simulate", courses(state.view === "axis" ? axis.VARIABLES : state.shown), control.signal);
    stale("");
    draw();
  } catch (problem) {
    if (problem.name !== "AbortError") stale(problem instanceof Problem ? problem.message : String(problem));
  }
}

function draw() {
  if (!known.result) return;
  if (state.view === "axis") axis.draw();
  if (state.view === "charts" && known.result.protocols[0].values[state.shown[0]]) {
    charts.draw(known.result, known.bands);
    options(bandsOf, known.result.protocols.map((one, line) => [String(line), one.label]), bandsOf.value || String(Math.min(1, known.result.protocols.length - 1)));
    const warned = known.result.protocols.filter((one) => one.warnings.length);
    byId("warnings").replaceChildren(...warned.map((one) => element("p", { class: "hint" }, `${one.label}: ${one.warnings.join("; ")}.`)),
      ...known.result.protocols.flatMap((one) => one.visits.filter((visit) => visit.actions.length).map((visit) => element("p", { class: "hint" }, `${one.label}, day ${Math.round(visit.day)}: ${visit.actions.join("; ")}`))));
  }
  requestAnimationFrame(() => { document.documentElement.dataset.redrawn = String(Math.round(performance.now() - began)); });
}

function chartsPanel(place) {
  bandsOf = element("select", { id: "bands-of" });
  const area = element("div", {});
  const boxes = Object.entries(known.model.measurements).filter(([, one]) => one.typical !== null && one.typical !== undefined).map(([name, one]) => element("label", { class: "row" },
    element("input", { type: "checkbox", checked: state.shown.includes(name), "data-measurement": name, onchange: (event) => {
      state.shown = event.target.checked ? [...state.shown, name] : state.shown.filter((other) => other !== name);
      if (!state.shown.length) { state.shown = [name]; event.target.checked = true; }
      known.bands = null;
      changed("protocols");
    } }), ` ${label(name)}`));
  place.append(
    element("div", { class: "row" }, element("button", { type: "button", id: "show-bands", onclick: () => data.bands(Number(bandsOf.value)) }, "Show 50 and 90 % bands"), element("label", {}, "of ", bandsOf), element("span", { class: "hint" }, "in the men who have his labs. Drag over a chart to zoom all; double-click to go back."), element("div", { id: "bands-progress", "aria-live": "polite" })),
    area, element("div", { id: "warnings", "aria-live": "polite" }), element("details", {}, element("summary", {}, "Measurements that are shown"), element("div", { class: "charts" }, boxes)));
  charts = new Courses(area);
}

function set(fields) {
  const fresh = structuredClone(DEFAULT);
  Object.assign(state, { shown: fresh.shown, days: fresh.days }, structuredClone(fields));
  redraw();
}

// Show what the state says, whoever changed it.
function redraw() {
  known.bands = null;
  man.redraw();
  protocols.redraw();
  for (const box of document.querySelectorAll("[data-measurement]")) box.checked = state.shown.includes(box.dataset.measurement);
  views.show(state.view);
  changed("man");
}

async function copyLink() {
  const address = location.origin + link();
  try {
    await navigator.clipboard.writeText(address);
    say("The link is copied. It holds the man and his labs: send it only to whom you would send those.");
  } catch {
    say(`Copy the address of this page: ${address}`);
  }
}

function theme() {
  const choice = byId("theme");
  choice.value = localStorage.getItem("hpgaxis-theme") ?? "";
  const apply = () => {
    if (choice.value) document.documentElement.dataset.theme = choice.value; else delete document.documentElement.dataset.theme;
    localStorage.setItem("hpgaxis-theme", choice.value);
    draw();
  };
  choice.addEventListener("change", apply);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  apply();
}

async function begin() {
  const whole = restore();
  known.model = await get("model");
  views.begin(VIEWS);
  man.begin();
  protocols.begin();
  chartsPanel(views.panel("charts"));
  day = pulses.begin(views.panel("day"));
  const tables = [compare.begin(views.panel("compare")), search.begin(views.panel("search"))];
  many = population.begin(views.panel("population"));
  data.begin(views.panel("data"));
  take.begin(views.panel("take"));
  await axis.begin(views.panel("axis"));
  tour.begin(set, () => structuredClone(state));
  byId("copy-link").addEventListener("click", copyLink);
  theme();
  onChange((what) => {
    if (what === "traits" || what === "protocols") { known.bands = null; day.fill(); many.fill(); }
    if (what === "man") running?.abort();
    if (what === "traits" || what === "man") for (const clear of tables) clear();
    if (["matched", "traits", "protocols"].includes(what)) day.clear();
    if (what === "matched" && state.view === "day") day.draw();
    if (["matched", "traits", "protocols"].includes(what)) simulate();
    if (what === "units" || what === "bands") draw();
    if (what === "view") {
      if (state.view === "evidence" && !evidenceBegun) {
        evidenceBegun = true;
        evidence.begin(views.panel("evidence"), (name, text) => { views.show("data"); data.open(name, text); });
      }
      if (["axis", "charts"].includes(state.view) && known.matched) simulate();
      if (state.view === "day") { day.fill(); day.draw(); }
      if (state.view === "population") many.fill();
    }
  });
  window.addEventListener("hashchange", () => {
    if (!restore()) say("The link is damaged; what of it can be read is shown.", true);
    redraw();
  });
  views.show(state.view);
  await man.match();
  if (!whole) say("The link is damaged; what of it can be read is shown.", true);
  document.documentElement.dataset.ready = "true";
}

begin().catch((problem) => { say(problem.message, true); throw problem; });
