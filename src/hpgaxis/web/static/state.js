// What the page shows, as one object that a link carries; whoever changes it says so with `changed`.

export const DEFAULT = {
  man: { diagnosis: "eugonadal", age: null, bmi: null, labs: {}, traits: null },
  protocols: ["no treatment", "clomiphene 25 mg daily", "anastrozole 1 mg daily"],
  days: 365,
  view: "axis",
  shown: ["testosterone", "estradiol", "lh", "fsh", "intratesticular_testosterone", "sperm_concentration", "total_motile_count", "hematocrit"],
  units: {},
};

export const state = structuredClone(DEFAULT);
export const known = { model: null, matched: null, result: null, bands: null, data: null };
const listeners = [];

export const onChange = (listener) => listeners.push(listener);
// what: "man", "traits", "protocols", "view" or "units"
export function changed(what) {
  history.replaceState(null, "", link());
  for (const listener of listeners) listener(what);
}

export function link() {
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  const text = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return `${location.pathname}#${text}`;
}

export function restore() {
  const text = location.hash.slice(1);
  if (!text) return true;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
    const found = JSON.parse(new TextDecoder().decode(bytes));
    const like = (value, model) => model === null || (typeof value === typeof model && Array.isArray(value) === Array.isArray(model));
    for (const name of Object.keys(DEFAULT)) if (name in found && like(found[name], DEFAULT[name])) state[name] = found[name];
    state.man = { ...DEFAULT.man, ...state.man };
    state.protocols = state.protocols.filter((one) => typeof one === "string").slice(0, 6);
    return true;
  } catch {
    return false;
  }
}

// The man as the API wants him: with his labs, or with the traits that fit them (which need not be searched again).
export function manWithLabs() {
  const { diagnosis, age, bmi, labs, traits } = state.man;
  const fields = { diagnosis, ...(age === null ? {} : { age }), ...(bmi === null ? {} : { bmi }) };
  if (traits) return { ...fields, traits };
  return { ...fields, labs: Object.fromEntries(Object.entries(labs).filter(([, one]) => one.value !== "").map(([name, one]) => [name, `${one.value} ${one.unit}`])) };
}

export function man() {
  const asked = manWithLabs();
  if (asked.traits || !known.matched || !Object.keys(asked.labs).length) return asked;
  const { labs, ...fields } = asked;
  return { ...fields, traits: known.matched.traits };
}

export const courses = (variables) => ({ man: man(), protocols: state.protocols, days: state.days, variables });

export function unit(name) {
  const entry = known.model.measurements[name];
  const chosen = state.units[name] in entry.units ? state.units[name] : entry.unit;
  return { name: chosen, shown: chosen === entry.unit ? entry.shown_unit : chosen, factor: entry.units[chosen] };
}

export const label = (name) => known.model.measurements[name]?.label ?? name.replaceAll("_", " ");
