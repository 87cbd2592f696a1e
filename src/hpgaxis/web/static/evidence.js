// Published trials beside their predictions, and single men.

import { get } from "./api.js";
import { Chart } from "./charts.js";
import { element, options, say, table } from "./dom.js";
import { scatter } from "./scatter.js";
import { label } from "./state.js";

const MOST = 40;
const words = (text) => text.replaceAll("_", " ");

export async function begin(place, open) {
  const rows = await get("evidence");
  const choice = (name, values) => options(element("select", { id: `evidence-${name}`, onchange: () => draw() }), [["", "all"], ...[...new Set(values)].sort().map((one) => [one, words(one)])], "");
  const drug = choice("drug", rows.flatMap((row) => row.drugs)), diagnosis = choice("diagnosis", rows.map((row) => row.diagnosis)), measure = choice("measure", rows.map((row) => row.measure)), part = choice("part", rows.map((row) => row.part));
  const result = element("div", { "aria-live": "polite" });
  const draw = () => {
    const kept = rows.filter((row) => (!drug.value || row.drugs.includes(drug.value)) && (!diagnosis.value || row.diagnosis === diagnosis.value) && (!measure.value || row.measure === measure.value) && (!part.value || row.part === part.value));
    const fold = kept.filter((row) => row.compared !== "absolute");
    const error = Math.exp(kept.reduce((sum, row) => sum + Math.abs(Math.log(row.fold_error)), 0) / Math.max(kept.length, 1));
    const source = (row) => row.url ? element("a", { href: row.url, rel: "noreferrer", target: "_blank" }, `${row.journal ?? "source"} ${row.year ?? ""}`) : `${row.journal ?? ""} ${row.year ?? ""}`;
    result.replaceChildren(
      element("p", {}, `${kept.length} figures of ${new Set(kept.map((row) => row.trial)).size} trials; average fold error ${error.toFixed(2)}.`),
      scatter({ log: true, diagonal: true, xLabel: "observed, over before", yLabel: "predicted, over before", dots: fold.map((row) => ({ x: row.observed_fold, y: row.predicted_fold, strong: row.part === "validation", title: `${row.trial}, ${row.arm}: ${words(row.measure)} ${row.observed_fold} observed, ${row.predicted_fold} predicted` })) }),
      element("p", { class: "hint" }, "Orange: trials that the model was not fitted to."),
      table(`Figures${kept.length > MOST ? ` (the first ${MOST} of ${kept.length})` : ""}`, ["Trial", "Arm", "Measurement", "Day", "Observed", "Predicted", "90 % interval", "Part", "Source"],
        kept.slice(0, MOST).map((row) => [element("span", { title: row.title }, row.trial), row.arm, `${words(row.measure)} (${row.unit})`, row.day, row.observed, row.predicted, row.predicted_low === null || row.predicted_low === undefined ? "–" : `${row.predicted_low} to ${row.predicted_high}`, row.part, source(row)])));
  };
  const men = element("div", {});
  const single = async (event) => {
    const button = event.target;
    button.disabled = true;
    say("reading the single men …");
    const found = await get("men");
    say("");
    const chosen = options(element("select", { "aria-label": "man", onchange: () => show() }), Object.keys(found).map((name) => [name, name]), "");
    const picture = element("div", {});
    const show = () => {
      const one = found[chosen.value];
      const chart = new Chart({ title: `Testosterone of ${chosen.value} (${one.unit})`, lines: [{ label: "measured", line: 0, dots: true }], synced: false });
      picture.replaceChildren(chart.figure, element("button", { type: "button", onclick: () => open(`${chosen.value}.csv`, one.text) }, "Learn him from his first cycle"));
      chart.draw([one.days, one.testosterone]);
    };
    men.replaceChildren(element("p", { class: "hint" }, "47 men castrated by depots and released, in cycles (Bruchovsky 2006, 2007); testosterone as it was measured."), element("label", {}, "Man ", chosen), picture);
    show();
  };
  place.append(element("div", { class: "row" }, element("label", {}, "Drug ", drug), element("label", {}, "Diagnosis ", diagnosis), element("label", {}, "Measurement ", measure), element("label", {}, "Part ", part)), result,
    element("h3", {}, "Single men"), element("p", {}, element("button", { type: "button", onclick: single }, "Show single men")), men);
  draw();
}
