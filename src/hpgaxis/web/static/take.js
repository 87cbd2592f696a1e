// What can be taken away.

import { file, Problem } from "./api.js";
import { download, element, say } from "./dom.js";
import { courses, manWithLabs, state } from "./state.js";

export function begin(place) {
  const code = element("pre", { tabindex: "0", hidden: true });
  const take = (path, name, type, more = {}) => async () => {
    say(`making ${name} …`);
    try {
      const made = await file(path, { ...courses(state.shown), man: manWithLabs(), ...more });
      if (path === "python") { code.textContent = await made.text(); code.hidden = false; } else download(made, name, type);
      say("");
    } catch (problem) { say(problem instanceof Problem ? problem.message : String(problem), true); }
  };
  const button = (text, action) => element("button", { type: "button", onclick: action }, text);
  place.append(
    element("p", { class: "hint" }, "Of the man and the protocols at the left, and the measurements that the charts show. The address of this page restores them: Copy link, above."),
    element("p", { class: "row" },
      button("Picture (PNG)", take("figure", "hpgaxis.png", "image/png", { format: "png" })), button("Picture (SVG)", take("figure", "hpgaxis.svg", "image/svg+xml", { format: "svg" })),
      button("Table (CSV)", take("csv", "hpgaxis.csv", "text/csv")), button("Report (HTML)", take("report", "hpgaxis.html", "text/html")),
      button("First protocol (SBML)", take("sbml", "hpgaxis.xml", "application/xml")), button("The Python for this", take("python", "", ""))), code);
}
