// A day with pulses.

import { post } from "./api.js";
import { Chart } from "./charts.js";
import { element, options, say } from "./dom.js";
import { known, label, man, state, unit } from "./state.js";

export function begin(place) {
  const protocol = element("select", { id: "pulses-protocol" });
  const day = element("input", { type: "number", min: 0, max: 120, value: 0 });
  const irregular = element("input", { type: "checkbox", checked: true });
  const charts = element("div", { class: "charts" });
  const fill = () => options(protocol, state.protocols.map((one) => [one, one]), protocol.value);
  const draw = async () => {
    say("simulating a day with pulses …");
    try {
      const found = await post("pulses", { man: man(), protocol: protocol.value || state.protocols[0], day: Number(day.value), ...(irregular.checked ? { seed: 1 } : {}) });
      say("");
      charts.replaceChildren(...Object.keys(found.values).map((name) => {
        const { factor, shown } = unit(name);
        const chart = new Chart({ title: `${label(name)} (${shown})`, xLabel: "hours", lines: [{ label: label(name), line: 0 }], range: known.model.measurements[name].reference?.map((limit) => limit * factor) });
        chart.values = [found.hours, found.values[name].map((value) => value * factor)];
        chart.alt.textContent = `From ${Math.min(...chart.values[1]).toFixed(1)} to ${Math.max(...chart.values[1]).toFixed(1)} ${shown} over the day.`;
        queueMicrotask(() => chart.draw(chart.values));
        return chart.figure;
      }));
    } catch (problem) { say(problem.message, true); }
  };
  fill();
  place.append(
    element("p", { class: "hint" }, "GnRH comes in pulses, about one in two hours; LH follows each, FSH and testosterone smooth them. Testosterone is highest in the morning in young men."),
    element("div", { class: "row" }, element("label", {}, "Protocol ", protocol), element("label", {}, "Day ", day), element("label", {}, irregular, " irregular, as in men"), element("button", { type: "button", class: "main", onclick: draw }, "Show the day")),
    charts);
  return { fill, draw, clear: () => charts.replaceChildren() };
}
