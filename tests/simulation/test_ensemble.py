"""Many men at once: each is to the bit what he is alone, whatever the batch; failures stay with who fails."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hpgaxis as hpg
from hpgaxis.engine.random import subject_seed
from hpgaxis.model import CHANNELS, Model

MEN = hpg.population(12, seed=3)
PROTOCOLS = [
    "anastrozole 1 mg daily",
    "clomiphene 25 mg daily",
    "hCG 1500 IU three times a week",
    "testosterone enanthate 200 mg weekly",
    "no treatment",
    "tamoxifen 20 mg daily; if testosterone < 2000 at day 20 double tamoxifen",
]


def each(men):
    return [PROTOCOLS[i % len(PROTOCOLS)] for i in range(len(men))]


TOGETHER = hpg.simulate_many(MEN, each(MEN), days=60)


@pytest.mark.parametrize("man", [0, 3, 5, 11])
def test_a_man_in_a_batch_is_to_the_bit_the_man_alone(man):
    alone = hpg.simulate(MEN[man], each(MEN)[man], days=60, step_days=1)
    for name in (
        "testosterone",
        "lh",
        "sperm_concentration",
        "fsh",
    ):
        single = hpg.simulate_many([MEN[man]], each(MEN)[man], days=60)
        assert np.array_equal(single[name][0], TOGETHER[name][man])
        assert alone[name] == pytest.approx(TOGETHER[name][man], rel=1e-12)  # NumPy's measurements, the kernel's states


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(12)), st.integers(1, 12), st.integers(1, 3))
def test_order_company_and_threads_change_nothing(order, count, threads):
    chosen = order[:count]
    protocols = [each(MEN)[i] for i in chosen]
    found = hpg.simulate_many([MEN[i] for i in chosen], protocols, days=60, workers=threads)
    for row, man in enumerate(chosen):
        for name in found.values:
            assert np.array_equal(found[name][row], TOGETHER[name][man])


def test_pulses_are_each_mans_own():
    both = hpg.simulate_many(MEN[:3], "no treatment", days=3, pulsatile=True, seed=8, step_days=1 / 96)
    last = hpg.simulate(MEN[2], days=3, pulsatile=True, seed=subject_seed(8, 2), step_days=1 / 96)
    assert last["lh"] == pytest.approx(both["lh"][2], rel=1e-12)
    assert not np.array_equal(both["lh"][0] / both["lh"][0].mean(), both["lh"][1] / both["lh"][1].mean())


@settings(max_examples=8, deadline=None)
@given(st.floats(0.0, 40.0), st.sampled_from(PROTOCOLS[:4]))
def test_a_protocol_that_begins_later_does_the_same_later(shift, sentence):
    """Shifting a protocol in time shifts its effect: nothing depends on the date."""
    now = hpg.simulate(None, sentence, days=40, step_days=1)
    late = hpg.simulate(None, f"{sentence} from day {shift!r}", days=40 + shift, step_days=1)
    for name in ("testosterone", "lh", "sperm_concentration"):
        moved = np.interp(now.time + shift, late.time, late[name])
        wide = 3e-2 if shift % 1 else 1e-3  # between output times a straight line
        assert moved[-1] == pytest.approx(now[name][-1], rel=wide)


def test_doses_at_odd_times_are_exact_to_rounding():
    """The inputs that the kernel works out are the sums of exponentials of the doses, wherever the output times lie."""
    sentence = "hCG 1500 IU at day 0.123456789 and hCG 700 IU at day 7.7654321 and hCG 90 IU at day 7.7654399"
    kernel = hpg.simulate_many(None, sentence, days=20, step_days=0.37, variables=["hcg"])
    alone = hpg.simulate(None, sentence, days=20, step_days=0.37)
    exact = alone.treatment.forcing.at(kernel.time)[:, CHANNELS.index("hcg")]
    assert kernel["hcg"][0] == pytest.approx(exact, rel=1e-13, abs=1e-13 * exact.max())
    assert exact[kernel.time < 0.12].max() == 0 < exact.max()


def test_statistics_are_those_of_the_time_courses():
    asked = [
        hpg.Statistic("testosterone", "mean", 20, 40),
        hpg.Statistic("lh", "maximum"),
        hpg.Statistic("lh", "minimum", 10, 60),
        hpg.Statistic("estradiol", "last"),
        hpg.Statistic("testosterone", "first_above", level=450.0),
    ]
    only = hpg.simulate_many(MEN, each(MEN), days=60, save=False, statistics=asked)
    assert only.values == {}
    time, t, lh = TOGETHER.time, TOGETHER["testosterone"], TOGETHER["lh"]
    inside = (time >= 20) & (time <= 40)
    assert only.statistics[:, 0] == pytest.approx(np.trapezoid(t[:, inside], time[inside], axis=1) / 20, rel=1e-12)
    assert np.array_equal(only.statistics[:, 1], lh.max(axis=1))
    assert np.array_equal(only.statistics[:, 2], lh[:, time >= 10].min(axis=1))
    assert np.array_equal(only.statistics[:, 3], TOGETHER["estradiol"][:, -1])
    for man, day in enumerate(only.statistics[:, 4]):
        if np.isnan(day):
            assert (t[man] < 450).all()
        else:
            assert (t[man][time < day] < 450).all()
            assert t[man][0] >= 450 if day == 0 else np.interp(day, time, t[man]) == pytest.approx(450, rel=1e-9)


def test_who_fails_is_named_and_the_others_finish():
    broken = MEN[1].__class__(
        MEN[1].patient, MEN[1].parameters._replace(leydig_synthesis=float("nan")), MEN[1].state, {}, {}
    )
    found = hpg.simulate_many([MEN[0], broken, MEN[2]], "no treatment", days=30)
    assert [failure.man for failure in found.failures] == [1]
    assert "day 0" in found.failures[0].reason and found.failures[0].name == MEN[1].patient.name
    assert any(state in found.failures[0].reason for state in Model.default().states)
    assert np.isnan(found["testosterone"][1]).any() and np.isfinite(found["testosterone"][[0, 2]]).all()


def test_men_who_differ_in_what_is_common_are_not_mixed():
    """Numbers of the typical man are read once for all lanes: men of another typical man go apart, to the same bits."""
    slow = MEN[1].__class__(MEN[1].patient, MEN[1].parameters._replace(lh_elimination=11.0), MEN[1].state, {}, {})
    mixed = hpg.simulate_many([MEN[0], slow, MEN[2], MEN[1]], "anastrozole 1 mg daily", days=20)
    for row, man in ((0, MEN[0]), (1, slow), (2, MEN[2]), (3, MEN[1])):
        alone = hpg.simulate_many([man], "anastrozole 1 mg daily", days=20)
        assert np.array_equal(mixed["lh"][row], alone["lh"][0])
    assert not np.array_equal(mixed["lh"][1], mixed["lh"][3])


def test_a_population_is_reproducible_and_centred():
    again = hpg.population(3, seed=3, first=7)
    for man, twin in zip(MEN[7:10], again, strict=True):
        assert man.parameters == twin.parameters and np.array_equal(man.state, twin.state)
    many = hpg.population(400, seed=5, diagnosis="eugonadal")
    levels = np.median([man.state[Model.default().states.index("testosterone")] for man in many])
    assert levels == pytest.approx(
        Model.default().reference_state(many[0].parameters)[Model.default().states.index("testosterone")], rel=0.1
    )
    for younger, older in pairwise([hpg.population(50, seed=1, age=a) for a in (30.0, 70.0)]):
        means = [np.mean([man.state[Model.default().states.index("shbg")] for man in men]) for men in (younger, older)]
        assert means[1] > means[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"men": MEN[:3], "protocols": PROTOCOLS[:2]}, "3 men and 2 protocols"),
        ({"men": [], "protocols": "no treatment"}, "0 men"),
        ({"men": MEN[:1], "variables": ["testosteron"]}, "no measurement 'testosteron'"),
        ({"men": MEN[:1], "days": -1}, "expected above 0"),
        ({"men": MEN[:1], "assay_variation": True}, "seed"),
    ],
)
def test_impossible_requests(arguments, message):
    with pytest.raises(ValueError, match=message):
        hpg.simulate_many(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("testosterone", "median"), "one of"),
        (("lh", "first_above"), "level is missing"),
        (("lh", "mean", 9, 3), "end_day .3. must be later than begin_day .9."),
    ],
)
def test_impossible_statistics(arguments, message):
    with pytest.raises(ValueError, match=message):
        hpg.Statistic(*arguments)


@pytest.mark.parametrize("arguments", [{"count": 0}, {"count": 1, "age": 200.0}, {"count": 1, "bmi": (24.0, -1.0)}])
def test_impossible_populations(arguments):
    with pytest.raises(ValueError, match=r"expected|at least"):
        hpg.population(**arguments)


def test_tables_and_figures(tmp_path):
    assert list(TOGETHER.table(days=[0, 60]).columns) == ["day 0", "day 60"]
    frame = TOGETHER.to_dataframe()
    assert len(frame) == len(MEN) * len(TOGETHER.time)
    assert set(frame["protocol"]) == {hpg.Protocol.of(text).label() for text in PROTOCOLS}
    assert TOGETHER.save(tmp_path / "all.csv").exists()
    assert len(TOGETHER.plot(["testosterone", "lh"]).axes) >= 2


def test_a_population_has_the_age_weight_and_levels_of_its_diagnosis():
    men = hpg.population(150, seed=2, diagnosis="obesity")
    typical = hpg.match(hpg.Patient(diagnosis="obesity"))
    assert {man.patient.bmi for man in men} == {typical.patient.bmi}
    place = Model.default().states.index("testosterone")
    assert np.median([man.state[place] for man in men]) == pytest.approx(typical.state[place], rel=0.15)
