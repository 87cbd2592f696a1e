"""The mechanisms through which drugs act: each maps a concentration or a release to channels of the axis.

A drug names a mechanism and its constants; a new drug needs no code unless its mechanism is new.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mechanism:
    """The input channels on which a mechanism acts, and its weights there.

    Parameters
    ----------
    channels : dict
        Input channel of the axis -> its weight: "1/constant" (concentration over the constant), "efficacy/constant"
        (the same times the efficacy), "constant" (concentration times the constant), "release" (nmol per day released
        into blood).
    amount_unit, amount : str, function
        For a "release" that is no substance: the unit of the dose, and the amount released as a function of the dose.
    """

    summary: str
    channels: dict[str, str]
    amount_unit: str = ""
    amount: Callable[[float], float] = float


def _receptor(site: str, where: str) -> Mechanism:
    return Mechanism(
        f"competes with estradiol for the estrogen receptor {where}, with its own efficacy there",
        {f"estrogen_occupancy_{site}": "1/constant", f"estrogen_agonism_{site}": "efficacy/constant"},
    )


MECHANISMS: dict[str, Mechanism] = {
    "aromatase_inhibition": Mechanism("inhibits aromatase competitively", {"aromatase_inhibitor": "1/constant"}),
    "estrogen_receptor_central": _receptor("central", "of hypothalamus and pituitary"),
    "estrogen_receptor_liver": _receptor("liver", "of the liver"),
    "estrogen_receptor_reproductive": _receptor("reproductive", "of the efferent ducts"),
    "lh_receptor_hcg": Mechanism("stimulates the LH/CG receptor as hCG", {"hcg": "constant"}),
    "lh_receptor_lh": Mechanism("stimulates the LH/CG receptor as LH", {"lh": "constant"}),
    "fsh_receptor": Mechanism("stimulates the FSH receptor", {"fsh": "constant"}),
    "gnrh_pulse": Mechanism("stimulates the GnRH receptor in pulses", {"gnrh_pulses": "release"}),
    "kisspeptin_receptor": Mechanism(
        "stimulates GnRH neurons as kisspeptin: more and larger GnRH pulses", {"kisspeptin": "1/constant"}
    ),
    "gnrh_continuous": Mechanism(
        "occupies the GnRH receptor continuously: stimulates, then desensitises", {"gnrh_continuous": "1/constant"}
    ),
    "gnrh_antagonism": Mechanism("blocks the GnRH receptor", {"gnrh_antagonist": "1/constant"}),
    "testosterone_release": Mechanism("releases testosterone into blood", {"testosterone": "release"}),
    "dht_release": Mechanism("releases dihydrotestosterone into blood", {"dht": "release"}),
    "estradiol_release": Mechanism("releases estradiol into blood", {"estradiol": "release"}),
    "androgen_receptor": Mechanism("acts as an androgen", {"androgen": "1/constant"}),
    "liver_androgen": Mechanism("acts on the liver before it reaches other organs", {"liver_androgen": "1/constant"}),
    "steroidogenesis_inhibition": Mechanism(
        "blocks steroid synthesis in testis and adrenal", {"steroidogenesis_inhibitor": "1/constant"}
    ),
    "reductase_1_inactivation": Mechanism(
        "inactivates 5-alpha-reductase type 1, faster than it is made", {"reductase_1_inhibitor": "1/constant"}
    ),
    "reductase_2_inactivation": Mechanism(
        "inactivates 5-alpha-reductase type 2, faster than it is made", {"reductase_2_inhibitor": "1/constant"}
    ),
    "androgen_receptor_blockade": Mechanism("blocks the androgen receptor", {"androgen_blockade": "1/constant"}),
    "germ_cell_toxicity": Mechanism("harms spermatids", {"germ_cell_toxicity": "1/constant"}),
    "progestogen_feedback": Mechanism("slows the GnRH pulse generator as a progestogen", {"progestogen": "1/constant"}),
    "thyroxine_release": Mechanism("releases thyroxine into blood", {"thyroxine": "release"}),
    "thyroid_inhibition": Mechanism("blocks thyroxine synthesis", {"thyroid_inhibitor": "1/constant"}),
    "cortisol_release": Mechanism("releases cortisol into blood", {"cortisol": "release"}),
    "glucocorticoid_receptor": Mechanism("acts as cortisol does, without being it", {"glucocorticoid": "1/constant"}),
    "dopamine_agonism": Mechanism("lowers prolactin as dopamine does", {"dopamine_agonist": "1/constant"}),
    "dopamine_antagonism": Mechanism("raises prolactin: blocks dopamine", {"dopamine_antagonist": "1/constant"}),
    "opioid_feedback": Mechanism("slows the GnRH pulse generator as an opioid", {"opioid": "1/constant"}),
    "weight_loss": Mechanism(
        "lowers body weight: less aromatase, more SHBG, larger GnRH pulses",
        {"weight_loss": "release"},
        amount_unit="1",
        amount=lambda share: share / (1 - share),
    ),
    "weight_loss_by_drug": Mechanism("lowers body weight during treatment", {"weight_loss": "constant"}),
    "sleep_loss": Mechanism("shortens sleep, when most testosterone is produced", {"sleep_lost": "release"}, "h"),
    "endurance_training": Mechanism(
        "causes an energy deficit: many hours a week reduce GnRH pulses", {"training": "release"}, amount_unit="h"
    ),
    "varicocele_repair": Mechanism(
        "reverses the effects of a varicocele on the testis", {"varicocele_repair": "release"}, amount_unit="procedure"
    ),
}
