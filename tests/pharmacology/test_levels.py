"""Levels of the drugs of the main comparison at usual doses, against published ones.

Each row holds the published figure and its spread: the standard deviation, range or interval that the source prints.
Where the source prints none, the range is a fourth of the figure either way (`ABOUT`). A published level that the model
misses is marked, with the figure that it reaches.
"""

import numpy as np
import pytest

import hpgaxis as hpg
from hpgaxis.pharmacology.dosing import prepare
from hpgaxis.pharmacology.protocol import Protocol

ABOUT = 0.25
"""Share of a published figure without a printed spread that a prediction may differ."""


def missed(*row, reached):
    """A row of the table whose published level the model does not reach."""
    return pytest.param(*row, marks=pytest.mark.xfail(strict=True, reason=f"the model reaches {reached}"))


def about(value):
    return value * (1 - ABOUT), value * (1 + ABOUT)


PEAK, MEAN, TROUGH, END = np.max, np.mean, np.min, lambda values: values[-1]

LEVELS = [
    # sentence, days from and to, analyte, statistic, published, low, high, citation
    ("anastrozole 1 mg once", 0, 3, "anastrozole", PEAK, 10.2, 7.7, 12.7,
     "Yuan, 20 Chinese men: Cmax 10.2 ug/L (SD 2.5), chinaphar.com/article/view/7502"),
    ("letrozole 2.5 mg daily", 60, 61, "letrozole", MEAN, 82.5, 70.7, 94.3,
     "Femara monograph: steady state 1.5-2 times what a single dose predicts (47.1 ng/mL at 2.21 L/h)"),
    missed("exemestane 25 mg once", 0, 2, "exemestane", PEAK, 18.0, *about(18.0),
           "Swiss product information, registration 61523: Cmax 18 ng/mL after food, women",
           reached="4.3 ng/mL: no distribution phase"),
    ("tamoxifen 20 mg daily", 180, 181, "tamoxifen", MEAN, 122, 71, 183,
     "Tamoxifen label: 122 ng/mL (71-183) on 20 mg once daily"),
    missed("tamoxifen 20 mg once", 0, 3, "tamoxifen", PEAK, 40, 35, 45,
           "Tamoxifen label: Cmax 40 ng/mL (35-45) after 20 mg; 42 in 6 men", reached="12 ng/mL: no distribution phase"),
    ("toremifene 120 mg once", 0, 3, "toremifene", PEAK, 640, *about(640),
     "Sotaniemi and Anttila 1997, 10 young men: 640 ng/mL at 3.5 h"),
    ("raloxifene 60 mg daily", 60, 61, "raloxifene", MEAN, 0.864, 0.553, 1.175,
     "Evista label, Table 1: area 24.2 ng h/mL per mg/kg (CV 36 %) on repeated doses, for 70 kg"),
    ("hCG 5000 IU im once", 0, 8 / 24, "hcg", END, 130, 104, 156,
     "Martikainen 1980, 9 men: 130 IU/L (SE 13) 8 h after 5000 IU im; two standard errors"),
    ("hMG 300 IU sc once", 0, 5, "fsh", PEAK, 7.5, 4.7, 10.3,
     "Swiss product information of Merional, registration 68570: Cmax of FSH 7.5 IU/L (SD 2.8) sc"),
    ("hMG 300 IU im once", 0, 5, "fsh", PEAK, 6.5, 4.4, 8.6,
     "Swiss product information of Merional, registration 68570: Cmax of FSH 6.5 IU/L (SD 2.1) im"),
    missed("hMG 300 IU sc once", 0, 5, "lh_activity", PEAK, 0.47, 0.15, 0.79,
           "Swiss product information of Merional, registration 68570: Cmax of LH 0.47 IU/L (SD 0.32)",
           reached="2.9 IU/L: LH activity is counted as LH, and immunoassays of LH do not see hCG"),
    ("rFSH 150 IU im daily", 6, 7, "fsh", MEAN, 7.9, 4.4, 17.3,
     "Mannaerts 1996, 9 gonadotropin-deficient men: 8.4 IU/L (4.9-17.8) after a week, 0.5 before"),
    missed("gonadorelin 3.17 ug iv infusion every hour", 0.1, 0.25, "gonadorelin", MEAN, 0.1024, *about(0.1024),
           "11 hypogonadotropic patients: plateau 102.4 pg/mL (scilit.net a9762616545b19ecfe3a3823e7b0a428)",
           reached="0.032 ng/mL: the clearance of 1.64 L/min is another study's"),
    ("cabergoline 1 mg once", 0, 3, "cabergoline", PEAK, 44, *about(44),
     "Biopharm Drug Dispos 1996;17:443, 12 men: Cmax 44 pg/mL fed, 54 fasting"),
    missed("finasteride 5 mg daily", 13, 14, "finasteride", TROUGH, 9, 8, 10,
           "Proscar product information: trough 8-10 ng/mL on 5 mg daily",
           reached="3.4 ng/mL: slow accumulation on its enzyme is not modelled"),
    ("dutasteride 0.5 mg daily", 90, 91, "dutasteride", MEAN, 36, *about(36),
     "Swiss product information of Avodart: 90 % of 40 ng/mL after 3 months"),
    ("semaglutide 0.5 mg weekly", 140, 147, "semaglutide", MEAN, 65, *about(65),
     "PMC8736331, Table 1: 65 ng/mL on 0.5 mg a week"),
    ("semaglutide 1 mg weekly", 140, 147, "semaglutide", MEAN, 123, *about(123),
     "PMC8736331, Table 1: 123 ng/mL on 1 mg a week"),
    missed("ganirelix 0.25 mg once", 0, 2, "ganirelix", PEAK, 14.8, 11.6, 18.0,
           "Fertil Steril 1999;72:1001, 15 women: Cmax 14.8 ng/mL (SD 3.2)",
           reached="4.9 ng/mL: no distribution phase"),
    missed("acyline 75 ug/kg sc once", 0, 2, "acyline", PEAK, 18.9, *about(18.9),
           "Herbst 2002, 8 men: 18.9 ng/mL at 1 h after 75 ug/kg", reached="8.1 ng/mL"),
    missed("ketoconazole 200 mg once", 0, 2, "ketoconazole", PEAK, 3.5, *about(3.5),
           "Package insert: Cmax about 3.5 ug/mL after 200 mg with a meal",
           reached="2.3 ug/mL: no distribution phase"),
    ("methimazole 10 mg once", 0, 2, "methimazole", PEAK, 213, 129, 297,
     "Okamura 1986, 5 normal subjects: Cmax 213 ng/mL (SD 84)"),
    ("dmpa 150 mg im once", 0, 84, "dmpa", END, 0.49, 0.40, 1.27,
     "FEM-PrEP, Contraception 2016;94:40: 0.49 ng/mL (0.40-1.27) 12 weeks after the first injection"),
    ("cyproterone_acetate 10 mg once", 0, 2, "cyproterone_acetate", PEAK, 75, *about(75),
     "Swiss product information of Androcur, registration 37482: 75 ng/mL at 1.5 h after 10 mg"),
    ("buserelin 6.3 mg sc implant once", 0, 4 / 24, "buserelin", END, 9.1, 7.1, 11.1,
     "Swiss product information, registration 52708: 7.1-11.1 ng/mL 4 h after 6.3 mg"),
    ("buserelin 6.3 mg sc implant once", 49, 56, "buserelin", END, 0.35, 0.3, 0.4,
     "Swiss product information, registration 52708: 0.3-0.4 ng/mL in week 8 after 6.3 mg"),
    ("nafarelin 200 ug nasal once", 0, 1, "nafarelin", PEAK, 0.6, 0.2, 1.4,
     "Synarel label: Cmax 0.6 ng/mL (0.2-1.4) after 200 ug"),
    ("domperidone 20 mg once", 0, 2, "domperidone", PEAK, 18.8, *about(18.8),
     "Domperidone in healthy volunteers (scilit 819068be5a82), 21 fasting men: Cmax 18.8 ng/mL after tablets"),
    missed("domperidone 10 mg three times daily", 13, 14, "domperidone", PEAK, 21, *about(21),
           "Label (mimsdev.com, gi-norm): peak of 21 ng/mL after two weeks of 30 mg a day", reached="11 ng/mL"),
    ("metoclopramide 10 mg once", 0, 1, "metoclopramide", PEAK, 37, *about(37),
     "Alonso-Campero (walshmedicalmedia.com 32285), 25 men: Cmax 36.7 and 37.3 ng/mL"),
    ("metoclopramide 10 mg every 8 hours", 2, 3, "metoclopramide", MEAN, 23.0, 15.2, 30.8,
     "litmetric.com 21665047, healthy men, day 3: average 23.02 ng/mL (SD 7.77)"),
    ("risperidone 6 mg daily", 27, 28, "risperidone", MEAN, 41, 20.5, 61.6,
     "Ther Drug Monit 1998;20:380: 50 to 150 nmol/L of drug and metabolite in 90 % of 22 patients, 410.5 g/mol"),
    ("haloperidol 10 mg daily", 27, 28, "haloperidol", TROUGH, 7.1, *about(7.1),
     "Lane 1995, 322 patients: 0.88 times the daily dose (mg) minus 1.66 ng/mL"),
    ("haloperidol 20 mg daily", 27, 28, "haloperidol", TROUGH, 15.9, *about(15.9), "Lane 1995, as above"),
    ("haloperidol 20 mg daily", 27, 28, "haloperidol", TROUGH, 12.0, *about(12.0),
     "Van Putten 1992, Am J Psychiatry 149:500: half of the men above 12 ng/mL"),
    ("buprenorphine 16 mg once", 0, 2, "buprenorphine", PEAK, 6.4, *about(6.4),
     "Men under naltrexone (2003, acemap 118378740): Cmax 1.6 to 6.4 ng/mL after 2 to 16 mg in tablets"),
    missed("buprenorphine 2 mg once", 0, 2, "buprenorphine", PEAK, 1.6, *about(1.6),
           "Men under naltrexone, as above", reached="0.76 ng/mL: proportional to the dose, as 8 to 16 mg are"),
    ("buprenorphine 8 mg daily", 30, 31, "buprenorphine", END, 0.80, *about(0.80),
     "Kuhlman (scilit fc8e52a46844), 11 men: 0.80 ng/mL 24 h after the dose"),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "start", "end", "analyte", "statistic", "value", "low", "high", "source"), LEVELS)
def test_level(sentence, start, end, analyte, statistic, value, low, high, source):
    """The published level and its source are in the row."""
    times = np.linspace(start, end, 4001)
    treatment = prepare(Protocol.of(sentence), end, weight_kg=75, pulses_per_day=13, pulsatile=False)
    _, found = treatment.concentrations(times)[analyte]
    assert low < value < high, source
    assert low < statistic(found) < high, source


HYPOGONADOTROPIC = "acquired_hypogonadotropic_hypogonadism"
HORMONES = [
    # sentence, days from and to, diagnosis, measurement, unit, statistic, published, low, high, citation
    ("testosterone enanthate 50 mg sc weekly", 35, 42, HYPOGONADOTROPIC, "testosterone", "ng/dL", MEAN,
     422.4, *about(422.4), "Kaminetsky 2015, Sex Med 3:269: mean 422.4 ng/dL in week 6"),
    ("testosterone enanthate 100 mg sc weekly", 35, 42, HYPOGONADOTROPIC, "testosterone", "ng/dL", MEAN,
     895.5, *about(895.5), "Kaminetsky 2015, Sex Med 3:269: mean 895.5 ng/dL in week 6"),
    ("testosterone enanthate 75 mg sc weekly", 77, 84, HYPOGONADOTROPIC, "testosterone", "ng/dL", MEAN,
     553.3, 426.0, 680.6, "52-week study, 150 men from 75 mg a week: average 553.3 (SD 127.3) in week 12"),
    ("testosterone enanthate 200 mg im weekly", 7, 14, "eugonadal", "testosterone", "ng/dL", MEAN,
     1050, *about(1050), "Evaluation of four androgens, 20 normal men: about 1050 ng/dL after 2 weeks"),
    ("testosterone enanthate 250 mg im once", 0, 7, "eugonadal", "testosterone", "ng/dL", PEAK,
     2000, *about(2000), "Testosterone enanthate label, young men: Cmax 20 ng/mL after 250 mg"),
    ("testosterone gel 50 mg daily", 13, 14, "secondary_hypogonadism", "testosterone", "nmol/L", MEAN,
     15.9, 11.1, 20.7, "PMID 15140340, 26 men on 5 g of 1 % gel for 14 days: average 15.9 nmol/L (4.8)"),
    ("testosterone gel 50 mg daily", 13, 14, "secondary_hypogonadism", "dht", "nmol/L", MEAN,
     3.2, 1.9, 4.5, "PMID 15140340, 26 men on 5 g of 1 % gel for 14 days: DHT 3.2 nmol/L (1.3)"),
    ("testosterone_gel_162pct 20.25 mg daily", 27, 28, HYPOGONADOTROPIC, "testosterone", "ng/dL", MEAN,
     410, 200, 620, "Rubinow 2016, PMC5792144, men on acyline and 1.25 g of gel: 4.1 ng/mL (SD 2.1) on day 28"),
    ("testosterone_gel_162pct 81 mg daily", 27, 28, HYPOGONADOTROPIC, "testosterone", "ng/dL", MEAN,
     720, 260, 1180, "Rubinow 2016, PMC5792144, men on acyline and 5 g of gel: 7.2 ng/mL (SD 4.6) on day 28"),
    ("estradiol patch 0.4 mg daily", 30, 31, "eugonadal", "estradiol", "pmol/L", MEAN,
     1150, 300, 2000, "PATCH trial, three or four 100 ug patches: target 300-2000 pmol/L, middle 1150 (a review page)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "start", "end", "diagnosis", "measurement", "unit", "statistic", "value", "low", "high", "source"),
    HORMONES,
)
def test_hormone_level(sentence, start, end, diagnosis, measurement, unit, statistic, value, low, high, source):
    """The published level and its source are in the row; the men are like those of the source."""
    man = hpg.Patient(diagnosis=diagnosis)
    result = hpg.simulate(man, sentence, days=end, t_eval=[0.0, *np.linspace(max(start, 0.01), end, 301)])
    assert low < value < high, source
    assert low < statistic(result.get(measurement, unit)[1:]) < high, source


@pytest.mark.xfail(strict=True, reason="1.4 of the basal level on day 14: his own testosterone is back")
def test_cypionate_peaks_at_threefold_and_is_over_in_two_weeks():
    """Nankin 1987, Fertil Steril 47:1004, 11 hypogonadal men, 200 mg im: a peak of three times the basal testosterone
    on days 2-5, and the basal level again by day 13-14. No spread is printed: a fourth either way."""
    man = hpg.Patient(diagnosis="secondary_hypogonadism")
    result = hpg.simulate(
        man, "testosterone cypionate 200 mg im once", days=14, t_eval=[float(day) for day in np.linspace(0, 14, 281)]
    )
    fold = result["testosterone"] / result["testosterone"][0]
    low, high = about(3.0)
    assert low < fold.max() < high
    assert 2 < result.time[fold.argmax()] < 5
    assert fold[-1] < 1 + ABOUT
