"""Pooled effects: the arithmetic on known numbers, the published meta-analyses, and what is refused."""

from math import exp, log, sqrt

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.evidence.trials import own_study, packaged_trials, read_trial

ARM = """
  - name: "{name}"
    n: {n}
    protocol: {protocol}
    outcomes:
      - {{measure: testosterone, day: 0, value: {before}, unit: "ng/dL", stat: mean, spread: {spread_before}, n: {n}}}
      - {{measure: testosterone, day: 90, value: {after}, unit: "ng/dL", stat: mean, spread: {spread}, n: {n}}}
"""
GIVEN = "[{drug: clomiphene, dose: 25, unit: mg, route: oral, every_days: 1, start_day: 0, stop_day: 90}]"


def trial(name, *arms):
    text = f"""
id: {name}
title: a
citation: {{authors: a, year: 2020}}
source: {{url: a, what: abstract}}
verified: yes
design: single arm
population: {{description: men, diagnosis: secondary_hypogonadism, n: 20}}
arms:
""" + "".join(arms)
    return read_trial(text, name)


def arm(before, after, sd: float | None = 100, n=25, name="a", protocol=GIVEN, sd_before=None):
    return ARM.format(
        name=name, n=n, protocol=protocol, before=before, after=after,
        spread="null" if sd is None else f"{{sd: {sd}}}",
        spread_before="null" if sd is None else f"{{sd: {sd_before or sd}}}",
    )  # fmt: skip


def test_two_trials_are_weighted_by_their_variances():
    """By hand: differences 200 and 300 with SD 100 before and after, correlation 0.5, so SD 100 of the change."""
    trials = [trial("a", arm(250, 450, n=25)), trial("b", arm(250, 550, n=100))]
    found = hpg.meta_analysis("testosterone", effect="difference", trials=trials)
    assert found.arms["standard_error"].tolist() == pytest.approx([20, 10])
    q = (300 - 200) ** 2 / (20**2 + 10**2)
    tau2 = (q - 1) / (1 / 400 + 1 / 100 - (1 / 400**2 + 1 / 100**2) / (1 / 400 + 1 / 100))
    weights = np.array([1 / (400 + tau2), 1 / (100 + tau2)])
    assert found.tau == pytest.approx(sqrt(tau2))
    assert found.estimate == pytest.approx(np.average([200, 300], weights=weights))
    assert found.high - found.estimate == pytest.approx(1.96 / sqrt(weights.sum()))
    assert found.i_squared == pytest.approx(100 * (q - 1) / q)


def test_a_ratio_is_pooled_on_its_logarithm():
    found = hpg.meta_analysis("testosterone", trials=[trial("a", arm(250, 500)), trial("b", arm(200, 300))])
    assert found.arms["effect"].tolist() == pytest.approx([2.0, 1.5])
    assert exp((log(2) + log(1.5)) / 2) > found.low
    assert exp((log(2) + log(1.5)) / 2) < found.high


def test_a_spread_that_is_not_printed_is_that_of_the_others():
    trials = [trial("a", arm(250, 500)), trial("b", arm(250, 500, sd=None))]
    found = hpg.meta_analysis("testosterone", trials=trials)
    assert found.arms["imputed"].tolist() == [False, True]
    printed, imputed = found.arms["standard_error"]
    assert imputed == pytest.approx(printed, rel=1e-9)


def test_an_effect_against_control_is_less_that_of_the_control():
    both = trial("a", arm(250, 500), arm(250, 300, name="placebo", protocol="[]"))
    again = trial("b", arm(250, 500), arm(250, 300, name="placebo", protocol="[]"))
    alone = trial("c", arm(250, 900))
    found = hpg.meta_analysis("testosterone", effect="difference", against_control=True, trials=[both, again, alone])
    assert found.estimate == pytest.approx(200) and set(found.arms["trial"]) == {"a", "b"}
    assert found.arms["standard_error"].tolist() == pytest.approx([20 * sqrt(2)] * 2)


def test_a_figure_against_placebo_is_no_change_from_baseline():
    """It counts where effects against control are asked for, as it stands."""
    given = arm(250, 500)
    printed = given.replace('unit: "ng/dL", stat: mean', 'unit: "% of placebo", stat: mean').replace(
        "value: 500", "value: 160"
    )
    trials = [trial("a", given), trial("b", given), trial("c", printed)]
    assert set(hpg.meta_analysis("testosterone", trials=trials).arms["trial"]) == {"a", "b"}
    placebo = arm(250, 250, name="placebo", protocol="[]")
    trials = [trial("a", given, placebo), trial("c", printed)]
    found = hpg.meta_analysis("testosterone", against_control=True, trials=trials)
    assert found.arms["effect"].tolist() == pytest.approx([2.0, 1.6])


def test_a_class_is_of_men_who_were_given_nothing_else():
    """Rubinow 2016: letrozole with an antagonist of GnRH and a gel tells of no aromatase inhibitor alone."""
    found = hpg.meta_analysis("testosterone", drug_class="aromatase inhibitor")
    assert "rubinow-2016-acyline-tgel-letrozole" not in set(found.arms["trial"])
    assert set(found.arms["drug_class"]) == {"aromatase inhibitor"}


def test_men_who_are_counted_for_the_trial_alone_are_shared_among_its_arms():
    unknown = [arm(250, 500, name=name).replace("n: 25", "n: null") for name in ("a", "b")]
    found = hpg.meta_analysis("testosterone", trials=[trial("a", *unknown), trial("b", arm(250, 500))])
    assert found.arms["n"].tolist() == [10, 10, 25]


def test_clomiphene_agrees_with_the_published_meta_analysis():
    """Huijben 2022: testosterone rises by 2.6 ng/mL (1.82-3.38) in 17 trials of clomiphene in hypogonadal men."""
    found = hpg.meta_analysis(
        "testosterone", drug="clomiphene", diagnosis="secondary_hypogonadism", effect="difference"
    )
    assert 182 < found.estimate < 338
    assert found.low < 260 < found.high


def test_papers_on_the_men_of_others_are_left_out():
    found = hpg.meta_analysis("testosterone", drug_class="selective estrogen receptor modulator")
    own = {trial.id for trial in packaged_trials() if own_study(trial)}
    assert set(found.arms["trial"]) <= own and "huijben-2022-clomiphene-meta" not in own


def test_the_pictures_show_every_arm():
    found = hpg.meta_analysis("estradiol", drug_class="aromatase inhibitor")
    assert len(found.plot().axes[0].get_yticklabels()) == len(found.arms) + 1
    assert len(found.funnel().axes[0].collections[1].get_offsets()) == len(found.arms)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"measure": "mana"}, "mana"),
        ({"drug": "aspirin"}, "aspirin"),
        ({"drug_class": "placebo"}, "placebo"),
        ({"diagnosis": "gout"}, "gout"),
        ({"effect": "odds"}, "odds"),
        ({"drug": "fsh", "measure": "hdl"}, "2 or more"),
    ],
)
def test_what_cannot_be_pooled_is_refused(options, fault):
    with pytest.raises(hpg.InputError, match=fault):
        hpg.meta_analysis(**{"measure": "testosterone", **options})
