// A man's own data: dropped in, read row by row, learned, forecast.

import { post } from "./api.js";
import { Chart, legend } from "./charts.js";
import { byId, element, figure, options, say, table } from "./dom.js";
import { run } from "./job.js";
import { changed, known, label, manWithLabs, state, unit } from "./state.js";

let subject = null, rows = null, learned = null, progress = null;

export function begin(place) {
  const input = element("input", { type: "file", id: "data-file", accept: ".csv,.json,.yaml,.yml", onchange: (event) => read(event.target.files[0]) });
  const drop = element("div", { class: "drop" }, element("label", { for: "data-file" }, "Drop a data set here (a table as in NONMEM .csv, one man .yaml, FHIR R4 or R5 .json), or choose a file: "), input,
    element("p", { class: "hint" }, "It is read by the program on the machine that serves this page; nothing is stored or logged."));
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => { event.preventDefault(); drop.classList.remove("over"); read(event.dataTransfer.files[0]); });
  subject = element("select", { id: "data-subject", onchange: () => learned.replaceChildren() });
  rows = element("div", { "aria-live": "polite" });
  learned = element("div", {});
  progress = element("div", { "aria-live": "polite" });
  place.append(drop, rows,
    element("div", { class: "row" },
      element("button", { type: "button", class: "main", id: "learn", onclick: () => learn(true) }, "Learn the man of the data"),
      element("button", { type: "button", id: "learn-labs", onclick: () => learn(false) }, "Learn the man of the labs at the left")),
    progress, learned);
}

async function read(file) {
  if (!file) return;
  if (file.size > 1.8e6) { say(`${file.name} has ${(file.size / 1e6).toFixed(1)} MB; at most 1.8 are read here. Use hpg fit.`, true); return; }
  open(file.name, await file.text());
}

const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;

export async function open(name, text) {
  try {
    const found = await post("data", { name, text });
    known.data = { name, text };
    say("");
    learned.replaceChildren();
    options(subject, Object.keys(found.subjects).map((one) => [one, one]), "");
    const shown = found.rows.filter((row) => row.ignored).slice(0, 40);
    rows.replaceChildren(
      element("p", {}, `${name}: ${count(Object.keys(found.subjects).length, "man", "men")}, ${count(found.rows.length + found.more_rows, "row", "rows")}, ${found.ignored} ignored in part or whole. `, element("label", {}, "Man ", subject)),
      ...found.notes.map((note) => element("p", { class: "hint" }, note)),
      ...(shown.length ? [table("Rows of which something is not used", ["Row", "Man", "Time", "Understood", "Ignored because"], shown.map((row) => [row.number, row.subject, row.time, row.what, row.ignored]))] : []),
      element("details", {}, element("summary", {}, "How each row was read"), table("Rows", ["Row", "Man", "Time", "Understood"], found.rows.map((row) => [row.number, row.subject, row.time, row.what || "–"]))));
  } catch (problem) {
    known.data = null;
    say("");
    learned.replaceChildren();
    rows.replaceChildren(element("p", { class: "problem", role: "alert" }, problem.message));
  }
}

async function learn(ofData) {
  if (ofData && !known.data) { rows.replaceChildren(element("p", { class: "problem", role: "alert" }, "No data set yet: drop one above.")); return; }
  const asked = ofData ? { data: known.data, subject: subject.value } : { man: manWithLabs() };
  const found = await run(progress, "fit", { ...asked, protocols: state.protocols, days: state.days, variables: state.shown, diagnoses: true }, "learning and forecasting");
  if (!found) return;
  learned.replaceChildren(...pictures(found));
  for (const one of learned.querySelectorAll("figure")) one.begin?.();
}

function pictures(found) {
  const measured = [...new Set(found.predictions.map((row) => row.variable))];
  const of_labs = measured.map((name) => {
    const own = found.predictions.filter((row) => row.variable === name).sort((one, other) => one.time - other.time);
    const days = own.map((row) => row.time), column = (key, test = () => true) => own.map((row) => test(row) ? row[key] : null);
    const chart = new Chart({ title: `${label(name)} (${own[0].unit})`, xLabel: "day of his data", lines: [{ label: "used", line: 2, dots: true }, { label: "not used", line: 1, dots: true, hollow: true }, { label: "learned", line: 0 }], bands: [{ line: 0, alpha: "30" }], synced: false });
    chart.figure.begin = () => chart.draw([days, column("observed", (row) => row.used_in_fit), column("observed", (row) => !row.used_in_fit), column("median"), column("low"), column("high")]);
    return chart.figure;
  });
  const of_forecast = found.forecast.length ? state.shown.map((name) => {
    const { factor, shown } = unit(name);
    const scaled = (values) => values.map((value) => value * factor);
    const chart = new Chart({ title: `${label(name)} (${shown})`, xLabel: `days from day ${figure(found.from_day)} of his data`, lines: found.forecast.map((one, line) => ({ label: one.label, line })), bands: found.forecast.flatMap((_, line) => [{ line, alpha: "22" }, { line, alpha: "38" }]), range: known.model.measurements[name].reference?.map((limit) => limit * factor) });
    chart.figure.begin = () => chart.draw([found.forecast[0].time, ...found.forecast.map((one) => scaled(one.bands[name][2])), ...found.forecast.flatMap((one) => [0, 4, 1, 3].map((level) => scaled(one.bands[name][level])))]);
    return chart.figure;
  }) : [];
  const told = found.traits.filter((row) => row["spread left"] !== null && row["spread left"] < 0.8);
  const percent = (share) => `${(100 * share).toFixed(0)} %`;
  return [
    element("h3", {}, `${found.name}: what was learned`),
    found.assumed_diagnosis ? element("p", { class: "problem" }, `No diagnosis is given, and his labs are those of no healthy man: he is taken as a man with ${found.assumed_diagnosis.replaceAll("_", " ")}.`) : "",
    ...found.contradictions.map((line) => element("p", { class: "problem" }, line)),
    element("p", { class: "hint" }, "Dots were measured (open: not used); the line and band are the learned man's, with 90 % of single readings."),
    element("div", { class: "charts" }, of_labs),
    told.length ? table("Traits that his data tell of, over the typical man's", ["Trait", "Median", "From", "To (90 %)"], told.map((row) => [row.trait, row.median, row.low, row.high])) : "",
    found.diagnoses ? table("Probabilities of diagnoses, for a man of an infertility clinic", ["Diagnosis", "Before", "After"], Object.entries(found.diagnoses.after).slice(0, 6).map(([name, after]) => [known.model.diagnoses[name].title, percent(found.diagnoses.before[name]), percent(after)])) : "",
    found.diagnoses ? element("p", {}, `What would tell most next: ${Object.entries(found.diagnoses.information).slice(0, 4).map(([name, bits]) => `${label(name)} (${bits.toFixed(2)} bits)`).join(", ")}.`) : "",
    element("h3", {}, "Forecast from his last record on, with 50 and 90 % bands"), legend(found.forecast.map((one) => one.label)),
    element("div", { class: "charts" }, of_forecast),
  ];
}

// 50 and 90 % bands of one protocol in the men who have his labs.
export async function bands(line) {
  const asked = { man: manWithLabs(), protocols: [state.protocols[line]], days: state.days, variables: state.shown };
  const before = JSON.stringify([state.man, state.protocols, state.days, state.shown]);
  const found = await run(byId("bands-progress"), "fit", asked, "learning and forecasting");
  if (!found || before !== JSON.stringify([state.man, state.protocols, state.days, state.shown])) return;
  known.bands = { line, ...found.forecast[0] };
  changed("bands");
}

export const chosenData = () => known.data ? { data: known.data, subject: subject.value } : null;
