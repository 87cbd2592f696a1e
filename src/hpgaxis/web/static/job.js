// Longer work with a progress bar and a button that cancels it.

import { stream } from "./api.js";
import { element } from "./dom.js";

export async function run(place, path, body, what) {
  const control = new AbortController();
  const bar = element("progress", { "aria-label": what });
  const words = element("span", {}, ` ${what} …`);
  const cancel = element("button", { type: "button", onclick: () => control.abort() }, "Cancel");
  place.replaceChildren(element("p", { class: "row" }, bar, words, cancel));
  try {
    const result = await stream(path, body, (done, total) => {
      if (!total) return;
      bar.max = total;
      bar.value = done;
      words.textContent = ` ${what}: ${done} of ${total}`;
    }, control.signal);
    place.replaceChildren();
    return result;
  } catch (problem) {
    const message = control.signal.aborted ? "cancelled" : problem.message;
    place.replaceChildren(element("p", { class: control.signal.aborted ? "muted" : "problem", role: "alert" }, message));
    return null;
  }
}
