// Virtual men under one protocol: who responds.

import { element, options, table } from "./dom.js";
import { run } from "./job.js";
import { scatter } from "./scatter.js";
import { known, label, state } from "./state.js";

const BY = ["t_lh_ratio", "fsh", "estradiol", "bmi", "lh", "testosterone", "age", "sperm_concentration"];
const OUTCOMES = ["testosterone", "sperm_concentration", "estradiol", "hematocrit"];

export function begin(place) {
  const group = options(element("select", { id: "population-group" }), [...Object.entries(known.model.groups), ...Object.entries(known.model.diagnoses).map(([name, one]) => [name, one.title])], "obese_men");
  const protocol = element("select", { id: "population-protocol" }), count = element("input", { type: "number", min: 10, max: 5000, value: 1000 });
  const outcome = options(element("select", {}), OUTCOMES.map((name) => [name, label(name)]), "testosterone");
  const by = options(element("select", {}), BY.map((name) => [name, name === "bmi" ? "Body mass index" : name === "age" ? "Age" : label(name)]), "t_lh_ratio");
  const times = element("input", { type: "number", min: 0.1, step: 0.1, value: 1.5 });
  const progress = element("div", { "aria-live": "polite" }), result = element("div", {});
  let found = null;
  const fill = () => options(protocol, state.protocols.filter((one) => one !== "no treatment").map((one) => [one, one]), protocol.value);
  const draw = () => {
    if (!found) return;
    const x = found.before[by.value], y = found.after[outcome.value].map((after, man) => after / Math.max(found.before[outcome.value]?.[man] ?? NaN, 1e-9));
    const limit = Number(times.value), responds = y.map((value) => value >= limit);
    const dots = x.map((value, man) => ({ x: value, y: y[man], strong: responds[man], title: `${by.selectedOptions[0].text} ${value}; ${label(outcome.value)} ${found.before[outcome.value][man]} to ${found.after[outcome.value][man]}` }));
    const order = x.map((_, man) => man).filter((man) => x[man] !== null && Number.isFinite(y[man])).sort((one, other) => x[one] - x[other]);
    const quarter = [0, 1, 2, 3].map((part) => order.slice(Math.floor(order.length * part / 4), Math.floor(order.length * (part + 1) / 4)));
    const share = (men) => 100 * men.filter((man) => responds[man]).length / Math.max(men.length, 1);
    const unit = found.units[by.value] ?? "";
    result.replaceChildren(
      element("p", {}, `${order.length} men on ${found.protocol} for ${found.days} days: ${share(order).toFixed(0)} % respond (${label(outcome.value)} at least ${limit} times that before).`),
      scatter({ dots, xLabel: `${by.selectedOptions[0].text} before (${unit})`, yLabel: `${label(outcome.value)}: at the end over before`, line: limit }),
      table(`Who responds, by ${by.selectedOptions[0].text} before treatment`, ["Quarter of men", `From (${unit})`, `To (${unit})`, "Respond (%)"],
        quarter.map((men, part) => [["lowest", "second", "third", "highest"][part], x[men[0]], x[men.at(-1)], share(men)])),
      element("p", { class: "hint" }, "Virtual men of a model: who responds in a clinic is known only from trials, and less surely than this picture looks."));
  };
  const simulate = async () => {
    const began = performance.now();
    const answer = await run(progress, "population", { group: group.value, count: Number(count.value), protocol: protocol.value || "clomiphene 25 mg daily", days: Math.min(state.days, 365) }, "men");
    if (!answer) return;
    found = answer;
    draw();
    document.documentElement.dataset.population = String(Math.round(performance.now() - began));
  };
  for (const one of [outcome, by, times]) one.addEventListener("change", draw);
  fill();
  place.append(
    element("div", { class: "row" }, element("label", {}, "Men ", count), element("label", {}, "of ", group), element("label", {}, "on ", protocol), element("button", { type: "button", class: "main", id: "population-run", onclick: simulate }, "Simulate")),
    element("div", { class: "row" }, element("label", {}, "Responds: ", outcome), element("label", {}, "at least ", times, " times"), element("label", {}, "by ", by)), progress, result);
  return { fill };
}
