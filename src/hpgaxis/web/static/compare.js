// The standard treatments in this man, for a year each.

import { element, table } from "./dom.js";
import { run } from "./job.js";
import { add } from "./protocols.js";
import { known, man } from "./state.js";

export function begin(place) {
  const progress = element("div", { "aria-live": "polite" }), result = element("div", {});
  const compare = async () => {
    const found = await run(progress, "treatments", { man: man() }, "treatments");
    if (!found) return;
    const shown = found.columns.map((_, place) => place).filter((column) => !["mechanism", "target", "cautions", "approval"].includes(found.columns[column]));
    result.replaceChildren(
      found.why_untreatable ? element("p", { class: "problem" }, `No drug treatment helps: ${found.why_untreatable}`) : "",
      table("A year of each treatment in this man", shown.map((column) => found.columns[column].replaceAll("_", " ")), found.rows.map((row) => shown.map((column) => typeof row[column] === "string" ? row[column].replaceAll("_", " ") : row[column]))),
      element("p", { class: "row" }, element("label", {}, "Add to the protocols ", element("select", { onchange: (event) => { if (event.target.value) add(event.target.value); event.target.value = ""; } },
        element("option", { value: "" }, "choose …"), known.model.treatments.map((sentence) => element("option", { value: sentence }, sentence))))));
  };
  place.append(element("p", {}, element("button", { type: "button", class: "main", id: "compare-run", onclick: compare }, "Compare the standard treatments")), progress, result);
  return () => result.replaceChildren();
}
