// Eight steps that teach the axis; each sets the page so that what it says can be seen.

import { byId, element } from "./dom.js";

const LEAN = { diagnosis: "eugonadal", age: 30, bmi: 24, labs: {}, traits: null };
const HEAVY = { diagnosis: "obesity", age: 36, bmi: 36, labs: {}, traits: null };
const STEPS = [
  ["Pulses", "The hypothalamus releases GnRH in pulses, about one in two hours. Each draws a pulse of LH from the pituitary; testosterone follows more smoothly and is highest in the morning. Taken without pauses, GnRH shuts the pituitary down.", { view: "day", man: LEAN, protocols: ["no treatment", "gonadorelin 10 ug sc every 120 min"] }],
  ["Feedback", "Testosterone and the estradiol made from it hold the pulses back; inhibin B from Sertoli cells holds FSH back. Choose an organ to see its equations. Play the course: a man is castrated by an antagonist, and LH falls with his testosterone.", { view: "axis", man: LEAN, protocols: ["no treatment", "degarelix 240 mg sc once"] }],
  ["Aromatase", "Fat turns testosterone into estradiol. More fat means more estradiol, less SHBG, less LH: this man of body mass index 36 has low testosterone with normal LH.", { view: "charts", man: HEAVY, protocols: ["no treatment", "anastrozole 1 mg daily"] }],
  ["A SERM or an aromatase inhibitor", "Both lift the brake of estradiol. Clomiphene blocks its receptor in the brain, and estradiol rises with testosterone; anastrozole lowers estradiol itself. LH and FSH rise in both.", { view: "charts", man: HEAVY, protocols: ["no treatment", "clomiphene 25 mg daily", "anastrozole 1 mg daily"] }],
  ["Why testosterone stops sperm", "Testosterone from outside takes LH and FSH away. The testis makes its own testosterone no more: inside it the level falls to a few per cent, and within three months sperm are gone, whatever the blood says.", { view: "charts", man: LEAN, protocols: ["no treatment", "testosterone enanthate 100 mg im weekly", "testosterone enanthate 100 mg im weekly and hCG 500 IU sc every 2 days"] }],
  ["Recovery", "After testosterone is stopped LH returns within weeks, sperm need a cycle of spermatogenesis of 74 days and the way through the epididymis. How fast differs between men, and with how long he took it.", { view: "charts", man: LEAN, days: 730, protocols: ["testosterone enanthate 100 mg im weekly for 180 days", "testosterone enanthate 100 mg im weekly for 180 days then hCG 2000 IU sc three times a week for 90 days"] }],
  ["The estrogen window", "Too much estradiol holds the axis back; too little costs bone, libido and fat. A strong inhibitor overshoots: compare the doses.", { view: "charts", man: HEAVY, shown: ["testosterone", "estradiol", "bone_spine", "libido", "body_fat", "sperm_concentration"], protocols: ["no treatment", "letrozole 0.5 mg weekly", "letrozole 2.5 mg daily"] }],
  ["Who responds, and why that is uncertain", "Men differ in what is wrong. A thousand virtual men on clomiphene: those with much testosterone for their LH gain most. The picture looks surer than it is; trials measured this in few men. Simulate, and change what they are sorted by.", { view: "population", man: HEAVY, protocols: ["clomiphene 25 mg daily"] }],
];

export function begin(set, now) {
  const box = byId("tour");
  let step = 0, opener = null, before = null;
  const close = () => { box.hidden = true; set(before); before = null; opener?.focus(); };
  const go = (number) => {
    step = number;
    const [title, text, shown] = STEPS[step];
    set(shown);
    const next = element("button", { type: "button", class: "main", id: "tour-next", onclick: () => step + 1 < STEPS.length ? go(step + 1) : close() }, step + 1 < STEPS.length ? "Next" : "End");
    box.replaceChildren(element("h2", { id: "tour-title" }, `${step + 1} of ${STEPS.length}: ${title}`), element("p", {}, text),
      element("p", { class: "row" }, element("button", { type: "button", disabled: step === 0, onclick: () => go(step - 1) }, "Back"), next, element("button", { type: "button", onclick: close }, "Close")));
    box.hidden = false;
    next.focus();
  };
  byId("begin-tour").addEventListener("click", (event) => { opener = event.target; before ??= now(); go(0); });
  box.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
}
