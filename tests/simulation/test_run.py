"""One man, one protocol: invariants that hold whatever is given."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import hpgaxis as hpg
from hpgaxis import errors as hpg_errors
from hpgaxis.engine.batch import Tolerance
from hpgaxis.engine.codegen import compile as kernel
from hpgaxis.engine.trace import expression
from hpgaxis.model import Model
from hpgaxis.people.patient import phenotypes
from hpgaxis.pharmacology.dosing import prepare
from hpgaxis.pharmacology.library import DrugLibrary
from hpgaxis.pharmacology.protocol import Protocol
from hpgaxis.physiology import adrenal, axis
from hpgaxis.physiology.parameters import parameter_type, parameters
from hpgaxis.physiology.states import GERM_CELLS, Inputs, State
from tests.engine.one_subject import integrate_one
from tests.generated import strength_and_interval

USUAL = {
    "anastrozole": 1, "letrozole": 2.5, "exemestane": 25, "testolactone": 1000, "clomiphene": 50, "enclomiphene": 25,
    "tamoxifen": 20, "raloxifene": 120, "toremifene": 60, "hcg": 2000, "fsh": 150, "urinary_fsh": 150, "hmg": 75,
    "corifollitropin_alfa": 150, "gonadorelin": 50, "leuprolide": 7.5, "triptorelin": 3.75, "goserelin": 3.6,
    "nafarelin": 200, "buserelin": 500, "degarelix": 240, "cetrorelix": 3, "ganirelix": 0.5, "acyline": 20,
    "nal_glu": 5, "antagonist_4f": 10000, "nandrolone": 200, "estradiol_patch": 0.1, "estradiol_infusion": 0.1,
    "ketoconazole": 400, "dmpa": 200, "desogestrel": 0.3, "etonogestrel_implant": 200, "nestorone_gel": 8,
    "cyproterone_acetate": 100, "finasteride": 5, "dutasteride": 0.5, "dht_infusion": 5, "testosterone_infusion": 7,
    "testosterone_nasal": 11, "testosterone_patch": 5, "testosterone_patch_scrotal": 6, "testosterone_pellet": 800,
    "levothyroxine": 100, "methimazole": 20, "hydrocortisone": 20, "cabergoline": 0.5, "semaglutide": 2.4,
    "weight_loss": 5, "bariatric_surgery": 8, "sleep_restriction": 1.5, "endurance_training": 4, "varicocele_repair": 0.2,
    "testosterone_undecanoate": 1000, "testosterone_undecanoate_oral": 200, "testosterone_microcapsule": 5,
    "relugolix": 120, "histrelin_implant": 50, "choriogonadotropin_alfa": 250, "lutropin_alfa": 75,
    "follitropin_delta": 12, "levonorgestrel": 0.25, "norethisterone": 10, "norethisterone_enanthate": 200,
    "medroxyprogesterone": 20, "dimethandrolone_undecanoate": 400, "testosterone_propionate": 50,
    "testosterone_solution": 60, "testosterone_buccal": 30, "oxandrolone": 20, "stanozolol": 10, "bromocriptine": 5,
    "prednisone": 10, "dexamethasone": 0.5, "tirzepatide": 15, "liraglutide": 3, "abiraterone": 1000,
}  # fmt: skip


@st.composite
def sentences(draw):
    clauses = []
    for _ in range(draw(st.integers(1, 3))):
        drug = DrugLibrary.shipped()[draw(st.sampled_from(sorted(DrugLibrary.shipped())))]
        amount = USUAL.get(drug.name, 100) * draw(st.sampled_from([0.1, 1, 5]))
        often = draw(st.sampled_from(["daily", "once", "weekly", "every 3 days", "every 2 hours for 40 doses"]))
        start = draw(st.sampled_from(["", " from day 13", " from month 1"]))
        route = draw(st.sampled_from(sorted(drug.routes)))
        product = strength_and_interval(drug, route, lambda items: draw(st.sampled_from(items)))
        if product:
            amount, often = product[0], f"every {product[1]} days"
        clauses.append(f"{drug.name} {amount:g} {drug.dose_unit} {route} {often}{start}")
    return " and ".join(clauses)


def can_be_given(sentence):
    try:
        return bool(hpg.Protocol.of(sentence))
    except hpg.ProtocolError as error:
        assert "above the largest" in str(error)
        return False


@settings(max_examples=60)
@example(
    "testosterone_pellet 32000 mg sc once and acyline 2 mg sc daily",
    "hypogonadotropic_hypogonadism",
)  # the GnRH signal decays to a billionth
@given(
    sentences().filter(can_be_given),
    st.sampled_from(sorted(phenotypes())),
)
def test_nothing_goes_negative_under_any_protocol(sentence, diagnosis):
    result = hpg.simulate(hpg.Patient(diagnosis=diagnosis), sentence, days=70)
    assert np.isfinite(result.states).all()
    assert result.states.min() >= 0
    for values in result.values.values():
        assert values.min() >= 0


def test_an_untreated_man_stays_where_he_is():
    result = hpg.simulate(hpg.Patient(age=50, bmi=30, labs={"testosterone": 350}), days=400)
    assert result.states[-1] == pytest.approx(result.states[0], rel=1e-6)


def augmented_system():
    """The axis with the time integrals of its fluxes appended as states."""
    from typing import NamedTuple

    steroid, germ = axis.SteroidFluxes._fields, axis.GermCellFluxes._fields
    names = (*State._fields, *(f"sum_{n}" for n in (*steroid, *germ)))
    state = NamedTuple("State", [(n, float) for n in names])  # pyright: ignore
    count = len(State._fields)

    def rates(y, p, u):
        inner = State(*y[:count])
        s = axis.signals(inner, p, u)
        fluxes = axis.steroid_fluxes(inner, p, u, s)
        _, cells = axis.germ_cell_chain(inner, p, u, s)
        return (*axis.rates(inner, p, u), *fluxes, *cells)

    return names, expression.trace(rates, state, parameter_type(), Inputs)


@pytest.fixture(scope="module")
def augmented(own_cache):
    """(names of its states, the compiled augmented system)."""
    names, system = augmented_system()
    return names, kernel.compiled("test_balance", lambda: system, lambda: None)


@pytest.mark.parametrize(
    "protocol", ["testosterone enanthate 200 mg weekly", "anastrozole 1 mg daily and hCG 1500 IU every 3 days"]
)
def test_steroids_and_germ_cells_balance_to_1e_6(protocol, augmented):
    names, equations = augmented
    p = parameters()
    y0 = Model.default().untreated(p)
    start = np.concatenate([y0, np.zeros(len(names) - len(y0))])
    treatment = prepare(hpg.Protocol.of(protocol), 120, weight_kg=75, pulses_per_day=13, pulsatile=False)
    y, _ = integrate_one(
        equations, start, np.array(p, dtype=float), treatment.forcing, np.array([0.0, 120.0]), names=names,
        scale=np.concatenate([Model.default().reference_state(p), np.ones(len(names) - len(y0))]),
        tolerance=Tolerance(1e-9, 1e-12),
    )  # fmt: skip
    at = names.index
    change = y[-1] - y[0]

    def total(*fluxes):
        return sum(change[at(f"sum_{flux}")] for flux in fluxes)

    pool = (
        p.testis_fluid_volume * change[at("intratesticular_testosterone")]
        + p.testosterone_volume * change[at("testosterone")]
        + p.dht_volume * change[at("dht")]
        + p.estradiol_volume * change[at("estradiol")] / 1000
    )
    entered = total(
        "leydig_synthesis",
        "adrenal_testosterone",
        "adrenal_estradiol",
        "testosterone_dose",
        "dht_dose",
        "estradiol_dose",
    )
    left = total("testosterone_clearance", "dht_clearance", "estradiol_clearance")
    assert abs(entered - left - pool) < 1e-6 * entered

    cells = sum(change[at(name)] for name in GERM_CELLS)
    made = total("entry", "division")
    lost = total("meiotic_loss", "spermiogenesis_loss", "spermiation_loss", "output")
    assert abs(made - lost - cells) < 1e-6 * made


@pytest.mark.parametrize("protocol", ["no treatment", "clomiphene 25 mg daily", "testosterone enanthate 200 mg weekly"])
def test_pulsatile_and_daily_mean_agree_within_3_percent(protocol):
    """docs/model.md asks for it on 24-hour means; within 1 % of his baseline where steroids leave two pulses a day."""
    man = hpg.match(hpg.Patient())
    daily = hpg.simulate(man, protocol, days=21, step_days=1 / 96)
    pulsatile = hpg.simulate(man, protocol, days=21, pulsatile=True, step_days=1 / 288)
    for name in ("testosterone", "lh", "fsh", "estradiol", "intratesticular_testosterone", "shbg", "inhibin_b"):
        for end in (7.0, 14.0, 21.0):
            wanted = pytest.approx(daily.mean(name, end - 1, end), rel=0.03, abs=0.01 * daily.at(name, 0))
            assert pulsatile.mean(name, end - 1, end) == wanted, name


def test_pulses_go_on_over_the_day_on_which_the_simulation_begins():
    """Regular pulses: the GnRH signal has fallen equally far before the first pulse that is seen as before the next."""
    result = hpg.simulate(days=0.3, pulsatile=True, step_days=1 / 2880)
    gnrh = result.states[:, Model.default().states.index("gnrh")]
    before = gnrh[:-1][np.diff(gnrh) > 0.1]
    assert len(before) >= 3
    assert before[0] == pytest.approx(before[1], rel=0.2)


def test_a_seed_gives_the_same_pulses_and_another_seed_others():
    runs = [hpg.simulate(days=2, pulsatile=True, seed=seed)["lh"] for seed in (1, 1, 2)]
    assert np.array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


def test_more_drug_does_more():
    """Dose monotonicity: suppression by testosterone, restoration by hCG, inhibition by anastrozole, FSH on inhibin B."""

    def last(sentence, name, days=120):
        return hpg.simulate(None, sentence, days=days)[name][-1]

    lh = [last(f"testosterone enanthate {d} mg weekly", "lh") for d in (25, 50, 100, 300)]
    itt = [
        last(f"testosterone enanthate 200 mg weekly and hCG {d} IU every other day", "intratesticular_testosterone", 21)
        for d in (15, 60, 125, 250, 500)
    ]
    estradiol = [last(f"anastrozole {d} mg daily", "estradiol") for d in (0.05, 0.25, 1)]
    inhibin = [last(f"rFSH {d} IU every other day", "inhibin_b") for d in (75, 150, 300)]
    assert lh == sorted(lh, reverse=True)
    assert itt == sorted(itt)
    assert estradiol == sorted(estradiol, reverse=True)
    assert inhibin == sorted(inhibin)


def test_output_times_do_not_change_the_solution():
    coarse = hpg.simulate(None, "clomiphene 25 mg daily", days=60, step_days=10)
    fine = hpg.simulate(None, "clomiphene 25 mg daily", days=60, step_days=0.1)
    assert coarse.at("testosterone", 60) == pytest.approx(fine.at("testosterone", 60), rel=1e-3)


def test_loose_and_tight_tolerance_agree():
    loose = hpg.simulate(None, "testosterone nasal 11 mg three times a day", days=90)
    tight = hpg.simulate(None, "testosterone nasal 11 mg three times a day", days=90, rtol=1e-9, atol=1e-12)
    for name in ("testosterone", "lh", "fsh", "estradiol", "sperm_concentration"):
        assert loose[name][-1] == pytest.approx(tight[name][-1], rel=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"days": -3}, "expected above 0"),
        ({"days": 3, "months": 2}, "not both"),
        ({"days": 3, "step_days": 5}, "step_days"),
        ({"days": 1e9}, "at most 100 years"),
    ],
)
def test_impossible_lengths(arguments, message):
    with pytest.raises(ValueError, match=message):
        hpg.simulate(None, "no treatment", **arguments)


def test_equations_run_on_floats_arrays_and_symbols():
    import sympy

    p = parameters()
    y = Model.default().reference_state(p)
    single = np.array(axis.rates(State(*map(float, y)), p, Inputs()), dtype=float)
    many = axis.rates(State(*np.tile(y[:, None], 5)), p, Inputs())
    symbols = State(*sympy.symbols(" ".join(State._fields)))
    symbolic = axis.rates(symbols, p, Inputs())
    values = sympy.lambdify(symbols, list(symbolic))(*y)
    for index, rate in enumerate(single):
        assert np.broadcast_to(many[index], 5) == pytest.approx(np.full(5, rate), abs=1e-9)
        assert float(values[index]) == pytest.approx(rate, abs=1e-6)


def test_infusions_back_to_back():
    """Found by chance: restarts a rounding error apart stopped the solver."""
    result = hpg.simulate(None, "testosterone_infusion 0.7 mg iv infusion every 2 hours for 40 doses", days=70)
    assert result.at("testosterone", 3) > result.at("testosterone", 0)
    pulsatile = hpg.simulate(
        None, "testosterone_infusion 0.7 mg iv infusion every 2 hours for 40 doses", days=5, pulsatile=True, seed=3
    )
    assert np.isfinite(pulsatile.states).all()


@pytest.mark.parametrize(
    ("sentence", "state", "trait", "production"),
    [
        (
            "levothyroxine 100 ug once",
            "free_thyroxine",
            "thyroid_capacity",
            "thyroxine_production",
        ),
        ("hydrocortisone 10 mg once", "cortisol", "adrenal_capacity", "cortisol_production"),
    ],
)
def test_hormones_given_are_cleared_to_the_last_nanomole(sentence, state, trait, production):
    """Without a gland, what is cleared over time is what was absorbed."""
    man = hpg.match(hpg.Patient(traits={trait: 1e-9}))
    p = man.parameters
    given, none = (
        hpg.simulate(man, protocol, days=260, step_days=0.01, rtol=1e-8, atol=1e-12)
        for protocol in (sentence, "no treatment")
    )
    levels = [result[state] / getattr(p, f"{state}_reference") for result in (given, none)]
    if state == "cortisol":  # what is free is cleared
        free = (adrenal.free_cortisol(result[state], p) for result in (given, none))
        levels = [level / p.free_cortisol_reference for level in free]
    cleared = np.trapezoid(levels[0] - levels[1], given.time) * getattr(p, production)
    drug = Protocol.of(sentence).series[0]
    analyte = next(iter(drug.definition.analytes.values()))
    bioavailability = drug.definition.routes["oral"].bioavailability
    assert analyte.molar_mass is not None and bioavailability is not None
    absorbed = drug.amount_in("g", 75) / analyte.molar_mass.value * 1e9 * bioavailability.value
    assert cleared == pytest.approx(absorbed, rel=5e-3)


def test_the_other_axes_agree_between_the_two_fidelities_and_cortisol_follows_the_clock():
    """Cortisol is several times higher in the morning than late in the evening; 24-h means agree within 3 %."""
    result = hpg.simulate(hpg.Patient(), days=8, pulsatile=True)
    later, hour = result.time > 2, (result.time % 1) * 24
    mean = hpg.simulate(hpg.Patient(), days=1)
    for name in ("cortisol", "tsh", "free_thyroxine", "prolactin", "hematocrit", "libido", "bone_spine"):
        assert result[name][later].mean() == pytest.approx(mean[name][0], rel=0.03), name
    assert (
        result["cortisol"][(hour > 7) & (hour < 10)].mean() > 2.5 * result["cortisol"][(hour > 21) & (hour < 24)].mean()
    )


def test_history_is_what_the_same_doses_before_day_0_would_do():
    past = hpg.simulate(hpg.Patient(history="testosterone enanthate 200 mg weekly", history_years=1), days=30)
    whole = hpg.simulate(hpg.Patient(), "testosterone enanthate 200 mg weekly for 53 weeks", days=365.25 + 30)
    for name in ("testosterone", "lh", "sperm_concentration", "hematocrit"):
        assert past[name][-1] == pytest.approx(whole[name][-1], rel=0.01), name
    assert past.time[0] == 0


def test_a_lab_of_his_own_level_starts_there_and_moves_as_in_others():
    labs = {"hematocrit": 41, "ldl": 150, "hdl": 38, "psa": 2.0, "bone_spine": 0.95, "bone_hip": 0.8}
    man = hpg.match(hpg.Patient(labs=labs))
    assert man.unmatched == {}
    result = hpg.simulate(man, "testosterone enanthate 200 mg weekly", days=180)
    usual = hpg.simulate(None, "testosterone enanthate 200 mg weekly", days=180)
    for name, value in labs.items():
        assert result[name][0] == pytest.approx(value)
        assert result[name][-1] / value == pytest.approx(usual[name][-1] / usual[name][0], rel=1e-3)


@pytest.mark.parametrize("run", [hpg.simulate, hpg.simulate_many, lambda *a, **k: hpg.predict(*a, draws=1, **k)])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"days": 3, "step_days": 0}, "step_days = 0: expected above 0"),
        ({"days": 3, "step_days": -1}, "step_days = -1: expected above 0"),
        ({"days": 3, "step_days": float("nan")}, "step_days = nan: expected above 0"),
        ({"days": 3, "step_days": True}, "step_days = True: expected above 0"),
        ({"days": 3, "step_days": 4}, "step_days = 4: expected above 0 and at most the length of 3 days"),
        ({"days": "3"}, "lasts '3' days; expected above 0"),
        ({"days": True}, "lasts True days; expected above 0"),
        ({"months": [6]}, r"lasts \[6\] months; expected above 0"),
        ({"days": 3, "months": 1}, "give days or months, not both"),
        ({"days": 3, "t_eval": ["soon"]}, "t_eval = .*: expected output days"),
        ({"days": 3, "t_eval": [2, 1]}, "increasing, from 0 to 3"),
        ({"days": 3, "t_eval": [1], "step_days": 1}, "give t_eval or step_days, not both"),
    ],
)
def test_lengths_and_steps_that_cannot_be_meant_are_refused(run, given, said):
    with pytest.raises(hpg_errors.InputError, match=said):
        run(None, "no treatment", **given)


@pytest.mark.parametrize("run", [hpg.simulate, hpg.simulate_many])
def test_less_than_a_usual_step_is_simulated_in_one_step(run):
    assert run(None, "no treatment", days=0.1).time.tolist() == [0.0, 0.1]
