// Small helpers for elements; every text is set as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

export const element = (tag, attributes = {}, ...children) => filled(document.createElement(tag), attributes, children);
export const drawn = (tag, attributes = {}, ...children) => filled(document.createElementNS(SVG, tag), attributes, children);
export const byId = (id) => document.getElementById(id);

export function options(select, entries, chosen) {
  select.replaceChildren(...entries.map(([value, text]) => element("option", { value, selected: value === chosen }, text)));
  return select;
}

export function figure(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : size >= 1 ? value.toFixed(2) : value.toPrecision(2);
}

export function table(caption, columns, rows) {
  const cell = (value) =>
    value instanceof Node ? element("td", {}, value)
      : typeof value === "number" ? element("td", { class: "number" }, figure(value)) : element("td", {}, String(value ?? "–"));
  return element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    element("table", {},
      element("caption", {}, caption),
      element("thead", {}, element("tr", {}, columns.map((name) => element("th", { scope: "col" }, name)))),
      element("tbody", {}, rows.map((row) => element("tr", {},
        element("th", { scope: "row" }, row[0] instanceof Node ? row[0] : String(row[0] ?? "–")), row.slice(1).map(cell))))));
}

export function say(message, problem = false) {
  const status = byId("status");
  status.textContent = message;
  status.classList.toggle("problem", problem);
}

// What was wrong, while the pictures still show what was before; "" where they are right again.
export function stale(message) {
  if (!message && !document.documentElement.hasAttribute("data-stale")) return;
  say(message ? `${message} (The pictures below are those of before.)` : "", Boolean(message));
  document.documentElement.toggleAttribute("data-stale", Boolean(message));
}

export function download(content, name, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = element("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
