// Tabs, by mouse and keyboard.

import { byId, element } from "./dom.js";
import { changed, state } from "./state.js";

const panels = {};

export function begin(views) {
  const tabs = byId("tabs");
  for (const [name, title] of Object.entries(views)) {
    const tab = element("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, onclick: () => show(name) }, title);
    const panel = element("div", { role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}`, hidden: true });
    tabs.append(tab);
    byId("panels").append(panel);
    panels[name] = { tab, panel };
  }
  tabs.addEventListener("keydown", (event) => {
    const names = Object.keys(panels), step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = names[(names.indexOf(state.view) + step + names.length) % names.length];
    show(next);
    panels[next].tab.focus();
  });
}

export const panel = (name) => panels[name].panel;

export function show(name) {
  state.view = name in panels ? name : Object.keys(panels)[0];
  for (const [one, { tab, panel: own }] of Object.entries(panels)) {
    const open = one === state.view;
    tab.setAttribute("aria-selected", String(open));
    tab.tabIndex = open ? 0 : -1;
    own.hidden = !open;
  }
  changed("view");
}
