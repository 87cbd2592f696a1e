// What the page shows, as one object that a link carries; whoever changes it says so with `changed`.

export const DEFAULT = {
  man: { diagnosis: "eugonadal", age: null, bmi: null, labs: {}, traits: null },
  protocols: ["no treatment", "clomiphene 25 mg daily", "anastrozole 1 mg daily"],
  days: 365,
  view: "axis",
  shown: ["testosterone", "estradiol", "lh", "fsh", "intratesticular_testosterone", "sperm_concentration", "total_motile_count", "hematocrit"],
  units: {},
};

export const LENGTHS = [91, 183, 365, 730];

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

const likeMan = (one) => one !== null && typeof one === "object" && typeof one.diagnosis === "string"
  && [one.age ?? null, one.bmi ?? null].every((value) => value === null || Number.isFinite(value))
  && Object.values(one.labs ?? {}).every((lab) => typeof lab?.value === "string" && typeof lab.unit === "string")
  && (one.traits === null || one.traits === undefined || Object.values(one.traits).every(Number.isFinite));
const texts = (list) => Array.isArray(list) ? list.filter((one) => typeof one === "string") : [];

// Take what a link carries; what is not as it should be stays as it is.
export function restore() {
  const text = location.hash.slice(1);
  if (!text) return true;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
    const found = JSON.parse(new TextDecoder().decode(bytes));
    if (likeMan(found.man)) state.man = { ...structuredClone(DEFAULT.man), ...found.man };
    const protocols = texts(found.protocols), shown = texts(found.shown);
    if (protocols.length) state.protocols = protocols.slice(0, 6);
    if (shown.length) state.shown = shown;
    if (LENGTHS.includes(found.days)) state.days = found.days;
    if (typeof found.view === "string") state.view = found.view;
    if (found.units !== null && typeof found.units === "object") state.units = found.units;
    return likeMan(found.man) && protocols.length > 0;
  } catch {
    return false;
  }
}

// A number without a unit has the one that is chosen beside it, also where an hour or an assay follows.
const withUnit = ({ value, unit }) => value.replace(/^([\d.]+(?:e[+-]?\d+)?)(\s+(?:at|by)\s.*)?$/i, `$1 ${unit}$2`);

// The man as the API wants him: with his labs, or with the traits that fit them (which need not be searched again).
export function manWithLabs(traits = state.man.traits) {
  const { diagnosis, age, bmi, labs } = state.man;
  const fields = { diagnosis, ...(age === null ? {} : { age }), ...(bmi === null ? {} : { bmi }) };
  if (traits) return { ...fields, traits };
  return { ...fields, labs: Object.fromEntries(Object.entries(labs).filter(([, one]) => one.value !== "").map(([name, one]) => [name, withUnit(one)])) };
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
