// The man: his diagnosis, age, body mass, labs and traits.

import { post, Problem } from "./api.js";
import { byId, element, figure, options, stale } from "./dom.js";
import { changed, known, label, manWithLabs, onChange, state, unit } from "./state.js";

const FIRST_LABS = ["testosterone", "lh", "fsh", "estradiol", "shbg", "sperm_concentration"];
const FIRST_TRAITS = ["leydig_output", "aromatase", "shbg_synthesis", "gnrh_drive", "fsh_secretion", "estrogen_sensitivity", "sertoli_number", "germ_cells", "germ_cell_need"];
const WIDEST = 3;
let running = null;

export function begin() {
  const { model } = known;
  options(byId("diagnosis"), Object.entries(model.diagnoses).map(([name, one]) => [name, one.title]), state.man.diagnosis);
  byId("diagnosis").addEventListener("change", (event) => set({ diagnosis: event.target.value, traits: null }));
  for (const name of ["age", "bmi"]) {
    byId(name).value = state.man[name] ?? "";
    byId(name).addEventListener("change", (event) => set({ [name]: event.target.value === "" ? null : Number(event.target.value) }));
  }
  byId("add-lab").addEventListener("change", (event) => {
    const name = event.target.value;
    if (!name) return;
    state.man.labs[name] = { value: "", unit: model.measurements[name].unit };
    drawLabs();
    byId(`lab-${name}`).focus();
  });
  byId("reset-traits").addEventListener("click", () => set({ traits: null }));
  onChange((what) => { if (what === "man") match(); });
  redraw();
}

export function redraw() {
  if (!(state.man.diagnosis in known.model.diagnoses)) state.man.diagnosis = "eugonadal";
  for (const name of FIRST_LABS) state.man.labs[name] ??= { value: "", unit: known.model.measurements[name].unit };
  byId("diagnosis").value = state.man.diagnosis;
  for (const name of ["age", "bmi"]) byId(name).value = state.man[name] ?? "";
  drawLabs();
  drawTraits();
}

function set(fields) {
  Object.assign(state.man, fields);
  changed("man");
}

function drawLabs() {
  const { measurements } = known.model;
  const others = Object.entries(measurements).filter(([name, one]) => one.lab && !(name in state.man.labs));
  options(byId("add-lab"), [["", "choose …"], ...others.map(([name, one]) => [name, one.label])], "");
  byId("lab-fields").replaceChildren(...Object.entries(state.man.labs).filter(([name]) => measurements[name]).map(([name, lab]) => {
    const entry = measurements[name];
    const factor = entry.units[lab.unit] ?? 1;
    const range = entry.reference.map((limit) => String(Number((limit * factor).toPrecision(3)))).join("–");
    return element("div", { class: "lab" },
      element("label", { for: `lab-${name}` }, entry.label),
      element("input", {
        id: `lab-${name}`, inputmode: "decimal", value: lab.value, placeholder: range, "aria-describedby": `away-${name}`,
        onchange: (event) => { lab.value = event.target.value.trim(); set({ traits: null }); },
      }),
      element("select", {
        "aria-label": `unit of ${entry.label}`,
        onchange: (event) => {
          const number = Number(lab.value);
          const ratio = entry.units[event.target.value] / (entry.units[lab.unit] ?? 1);
          if (lab.value !== "" && Number.isFinite(number)) lab.value = String(Number((number * ratio).toPrecision(4)));
          lab.unit = event.target.value;
          state.units[name] = lab.unit;
          drawLabs();
          changed("units");
        },
      }, Object.keys(entry.units).map((one) => element("option", { value: one, selected: one === lab.unit }, one === entry.unit ? entry.shown_unit : one))),
      element("button", { type: "button", "aria-label": `remove ${entry.label}`, onclick: () => { delete state.man.labs[name]; drawLabs(); set({ traits: null }); } }, "×"),
      element("span", { class: "away", id: `away-${name}` }, contradiction(name)));
  }));
}

function contradiction(name) {
  const fit = known.matched?.fits[name];
  if (!fit?.contradicts || state.man.traits) return "";
  const { factor, shown } = unit(name);
  return `does not go with his other labs, which fit ${figure(fit.reached * factor)} ${shown}`;
}

function drawTraits() {
  const values = state.man.traits ?? known.matched?.traits ?? {};
  const row = (name) => {
    const { meaning, spread } = known.model.traits[name];
    const value = values[name] ?? 1;
    const shown = element("output", { for: `trait-${name}` }, figure(value));
    const centre = Math.max(known.matched?.traits[name] ?? 1, 1e-3);
    const slider = element("input", {
      id: `trait-${name}`, type: "range", min: -WIDEST, max: WIDEST, step: 0.05, value: Math.log(Math.max(value, 1e-3) / centre) / spread,
      "aria-valuetext": `${figure(value)} times the typical man's`,
      oninput: (event) => {
        if (!state.man.traits && !known.matched) return;  // a lab cannot be used: there is no man to start from
        const moved = centre * Math.exp(Number(event.target.value) * spread);
        state.man.traits = { ...(state.man.traits ?? known.matched.traits), [name]: Number(moved.toPrecision(5)) };
        shown.textContent = figure(moved);
        event.target.setAttribute("aria-valuetext", `${figure(moved)} times the typical man's`);
        changed("traits");
      },
    });
    return element("div", { class: "trait", title: meaning }, element("label", { for: `trait-${name}` }, name.replaceAll("_", " ")), slider, shown);
  };
  const others = Object.keys(known.model.traits).filter((name) => !FIRST_TRAITS.includes(name));
  byId("trait-fields").replaceChildren(...FIRST_TRAITS.map(row), element("details", {}, element("summary", {}, "More traits"), others.map(row)));
}

// The traits that fit his labs; the latest request counts.
export async function match() {
  running?.abort();
  const control = running = new AbortController();
  known.bands = known.matched = null;  // what is known is of the man before
  const asked = manWithLabs(null);
  try {
    const found = await post("man", asked, control.signal);
    known.matched = found;
    stale("");
  } catch (problem) {
    if (problem.name === "AbortError") return;
    byId("matched").replaceChildren();
    stale(problem instanceof Problem ? problem.message : String(problem));
    return;
  }
  const found = known.matched;
  const why = known.model.diagnoses[state.man.diagnosis]?.no_treatment;
  byId("age").placeholder = figure(found.age);
  byId("bmi").placeholder = figure(found.bmi);
  byId("matched").replaceChildren(
    element("p", { class: "muted" }, `A ${found.words}.`),
    ...(why ? [element("p", { class: "problem" }, `No drug treatment helps: ${why}`)] : []),
    ...found.remarks.map((line) => element("p", { class: "hint" }, line)));
  drawLabs();
  drawTraits();
  changed("matched");
}
