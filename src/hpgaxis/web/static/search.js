// A protocol found for goals under bounds.

import { element, table } from "./dom.js";
import { run } from "./job.js";
import { add } from "./protocols.js";
import { chosenData } from "./data.js";
import { manWithLabs } from "./state.js";

export function begin(place) {
  const goals = element("textarea", { id: "goals", rows: 2, cols: 44 }), bounds = element("textarea", { id: "bounds", rows: 3, cols: 44 });
  goals.value = "total motile count as high as possible at month 6";
  bounds.value = "estradiol 15-40 pg/mL\nhematocrit below 52 % with 95 % probability";
  const most = element("input", { type: "number", min: 1, max: 3, value: 2 }), tries = element("input", { type: "number", min: 1, max: 200, value: 60 });
  const progress = element("div", { "aria-live": "polite" }), result = element("div", {});
  const lines = (field) => field.value.split("\n").map((line) => line.trim()).filter(Boolean);
  const search = async () => {
    const own = chosenData();
    const found = await run(progress, "optimise", { ...(own ?? { man: manWithLabs() }), goals: lines(goals), bounds: lines(bounds), most_drugs: Number(most.value), tries: Number(tries.value), months: 6 }, "protocols");
    if (!found) return;
    const percent = (share) => `${(100 * share).toFixed(0)} %`;
    const row = (name, one) => [name, one.protocol, ...one.utility, ...one.bounds.map(percent), one.protocol === found.best.protocol ? "–" : percent(one.probability_that_the_best_is_better)];
    const others = found.front.filter((one) => one.protocol !== found.best.protocol);
    result.replaceChildren(
      table(`${found.tried} protocols tried`, ["", "Protocol", ...found.goals.map((one) => `${one} (utility)`), ...found.bounds, "Best is better in"],
        [row("best", found.best), row("guideline", found.guideline), row("no treatment", found.no_treatment), ...others.map((one) => row("on the front", one))]),
      element("p", {}, element("button", { type: "button", onclick: () => add(found.best.protocol) }, "Add the best to the protocols")));
  };
  place.append(element("p", { class: "hint" }, "In the possible men of his labs (at the left) or of the data set, where one was read. One goal or bound a line."),
    element("div", { class: "row" }, element("label", {}, "Goals ", goals), element("label", {}, "Bounds ", bounds)),
    element("div", { class: "row" }, element("label", {}, "Drugs at most ", most), element("label", {}, "Protocols to try ", tries), element("button", { type: "button", class: "main", id: "search-run", onclick: search }, "Find a protocol")), progress, result);
  return () => result.replaceChildren();
}
