"""Cohorts that the chance of conception is fitted to, and what the model says of each."""

from dataclasses import dataclass
from functools import cache
from math import exp, log

import numpy as np
from scipy.special import ndtri

from hpgaxis.physiology import conception
from hpgaxis.physiology.parameters import parameters

P = parameters()
DANISH_MEDIAN = 56.0
"""10^6/mL, median concentration of Danish first-pregnancy planners (Bonde 1999)."""
DANISH_BELOW_40 = 164 / 418
"""Share below 40 x 10^6/mL: 84 pregnancies are 51.2 % there, and 165 are 65.0 % at 40 and more (Bonde 1998)."""
MEN = (np.arange(60) + 0.5) / 60
DANISH_MEN = np.exp(log(DANISH_MEDIAN) + log(DANISH_MEDIAN / 40) / -ndtri(DANISH_BELOW_40) * ndtri(MEN))
"""Concentrations (10^6/mL) of Danish men, from a lognormal distribution with that median and that share."""


@cache
def couples(mean, variation):
    """Of `conception.couples`, once for the same numbers."""
    return conception.couples(mean, variation)


def waiting(months, concentrations, age, p=P):
    """Share of couples not pregnant after so many months, their men having these concentrations (10^6/mL) and normal semen
    otherwise, their women this age."""
    fecundability, shares = couples(p.partner_fecundability, p.partner_fecundability_variation)
    semen = conception.semen_factor(
        np.atleast_1d(concentrations), p.motility_reference, p.morphology_reference, p
    ) * conception.partner_factor(age, p)
    return float(shares @ np.mean((1 - np.minimum(np.outer(fecundability, semen), 1)) ** months, axis=1))


def conceived(months, concentrations, age, *, tried=0.0, p=P):
    """Share of couples pregnant within so many months, of those not pregnant after `tried` months."""
    return 1 - waiting(tried + months, concentrations, age, p) / waiting(tried, concentrations, age, p)


def per_person_year(low, high, p=P):
    """Pregnancies per person-year of exposure in the first year, at concentrations from low to high (10^6/mL)."""
    left = [waiting(month, np.linspace(low, high, 9), 30, p) for month in range(13)]
    return (1 - left[12]) / (sum(left[:12]) / 12)


@dataclass(frozen=True)
class Share:
    """Pregnant couples (of all that were followed), in print."""

    source: str
    pregnant: int
    couples: int
    months: float
    concentrations: object
    age: float

    def deviance(self, p):
        said = conceived(self.months, self.concentrations, self.age, p=p)
        return -2 * (self.pregnant * log(said) + (self.couples - self.pregnant) * log(1 - said))


@dataclass(frozen=True)
class Curve:
    """A share with its standard error, in print or from the number of couples."""

    source: str
    share: float
    error: float
    months: float
    concentrations: object
    age: float
    tried: float = 0.0

    def deviance(self, p):
        return (
            (conceived(self.months, self.concentrations, self.age, tried=self.tried, p=p) - self.share) / self.error
        ) ** 2


@dataclass(frozen=True)
class Rate:
    """Pregnancies in person-years of exposure."""

    source: str
    pregnancies: int
    years: float
    low: float
    high: float

    def deviance(self, p):
        expected = self.years * per_person_year(self.low, self.high, p)
        return -2 * (self.pregnancies * log(expected) - expected)


WESSELINK = "Wesselink 2017, of 2962 couples in seven groups of age: 3 points are the error of a group in a life table"
WHO = "WHO 1996: 5.1, 14.5 and 28.3 per 100 person-years, which four pregnancies in 49.5 person-years make 2, 1 and 1"
COHORTS = (
    Share("Bonde 1998, 40 x 10^6/mL and more, 20-35 years", 165, 254, 6, DANISH_MEN[DANISH_MEN >= 40], 27.5),
    Share("Bonde 1998, below 40 x 10^6/mL, 20-35 years", 84, 164, 6, DANISH_MEN[DANISH_MEN < 40], 27.5),
    Rate(WHO, 2, 2 / 0.051, 0.1, 1),
    Rate(WHO, 1, 1 / 0.145, 1.1, 2),
    Rate(WHO, 1, 1 / 0.283, 2.1, 3),
    Curve(WESSELINK, 0.620, 0.03, 6, DANISH_MEN, 29),
    Curve(WESSELINK, 0.793, 0.03, 12, DANISH_MEN, 26),
    Curve("Collins and Rowe 1989, unexplained, tried for 40.1 months", 0.366, 0.029, 24, DANISH_MEN[DANISH_MEN >= 20], 30.1, 40.1),
)  # fmt: skip


def deviance(logarithms):
    """Twice the negative log likelihood of the cohorts; logarithms of mean, variation and half concentration."""
    mean, variation, half = (exp(value) for value in logarithms)
    if not (mean < 0.8 and variation**2 < (1 - mean) / mean / 1.2):
        return 1e9
    return sum(
        cohort.deviance(
            P._replace(
                partner_fecundability=mean,
                partner_fecundability_variation=variation,
                conception_half_concentration=half,
            )
        )
        for cohort in COHORTS
    )


STEINER = ((32.5, 1.0, 0.10), (34.5, 0.86, log(1.08 / 0.68) / 3.92), (36.5, 0.81, log(1.08 / 0.60) / 3.92), (38.5, 0.70, log(1.01 / 0.48) / 3.92), (40.5, 0.47, log(0.78 / 0.28) / 3.92), (43.0, 0.39, log(0.93 / 0.16) / 3.92))  # fmt: skip
"""Steiner 2016: age, fecundability of that at 30-31 years, standard error of its logarithm (at 32-33 years "did not
differ": the error is assumed)."""


def misfit_of_age(half, exponent=None):
    """Weighted squares of the logarithms of Steiner's fecundability ratios."""
    n = conception.PARTNER_AGE_EXPONENT if exponent is None else exponent

    def factor(age):
        return 1 / (1 + (age / half) ** n)

    return sum(((log(factor(age) / factor(30.5)) - log(ratio)) / error) ** 2 for age, ratio, error in STEINER)
