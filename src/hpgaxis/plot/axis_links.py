"""What the diagram of the axis draws, and where: organs, signals between them, and sites of drugs."""

from __future__ import annotations

from typing import NamedTuple


class Organ(NamedTuple):
    """A box: its name, what it does, the middle (x, y) and the size, in units of the drawing."""

    name: str
    role: str
    x: float
    y: float
    width: float = 190
    kind: str = "organ"


ORGANS = {
    "hypothalamus": Organ("Hypothalamus", "GnRH pulse generator", 640, 60),
    "other_axes": Organ("Other axes", "prolactin, cortisol, thyroid", 1040, 60),
    "pituitary": Organ("Pituitary", "gonadotropes", 640, 220),
    "leydig": Organ("Leydig cells", "make testosterone", 560, 440, 170),
    "sertoli": Organ("Sertoli cells", "support germ cells", 860, 440, 170),
    "tubules": Organ("Seminiferous tubules", "germ cells to sperm", 710, 580, 210),
    "semen": Organ("Semen", "after the epididymis", 710, 735, 190, "blood"),
    "testosterone": Organ("Testosterone", "in blood", 270, 440, 150, "blood"),
    "dht": Organ("DHT", "in blood", 270, 735, 150, "blood"),
    "estradiol": Organ("Estradiol", "in blood", 270, 220, 150, "blood"),
    "fat": Organ("Fat", "aromatase", 270, 330, 150),
    "liver": Organ("Liver", "makes SHBG", 270, 590, 150),
}


class Link(NamedTuple):
    """An arrow: the organs, what is carried, states along which the sign is taken, corners and place of the text."""

    source: str
    target: str
    messenger: str
    path: tuple[str, ...]
    corners: tuple[tuple[float, float], ...]
    text: tuple[float, float]


LINKS = (
    Link("hypothalamus", "pituitary", "GnRH", ("gnrh", "lh"), ((640, 85), (640, 195)), (676, 152)),
    Link("pituitary", "leydig", "LH", ("lh", "leydig_signal"), ((580, 245), (580, 415)), (606, 306)),
    Link("pituitary", "sertoli", "FSH", ("fsh", "inhibin_b"), ((700, 245), (840, 415)), (800, 306)),
    Link("sertoli", "pituitary", "inhibin B", ("inhibin_b", "fsh"),
         ((945, 440), (1000, 440), (1000, 220), (735, 220)), (1050, 330)),
    Link("leydig", "tubules", "testosterone",
         ("intratesticular_testosterone", "spermatogonia_activity", "spermatogonia_1"),
         ((580, 465), (660, 555)), (536, 540)),
    Link("sertoli", "tubules", "FSH effect", ("fsh", "spermatogonia_activity", "spermatogonia_1"),
         ((840, 465), (760, 555)), (850, 530)),
    Link("tubules", "semen", "sperm", ("elongated_spermatids_2", "epididymis_1", "epididymis_2", "sperm_concentration"),
         ((710, 605), (710, 710)), (748, 676)),
    Link("leydig", "testosterone", "testosterone", ("intratesticular_testosterone", "testosterone"),
         ((475, 440), (345, 440)), (410, 424)),
    Link("leydig", "estradiol", "estradiol", ("intratesticular_testosterone", "estradiol"),
         ((500, 415), (500, 266), (320, 266), (320, 245)), (420, 282)),
    Link("testosterone", "fat", "", ("testosterone", "estradiol"), ((270, 415), (270, 355)), (0, 0)),
    Link("fat", "estradiol", "", ("testosterone", "estradiol"), ((270, 305), (270, 245)), (0, 0)),
    Link("testosterone", "hypothalamus", "testosterone", ("testosterone", "androgen_feedback", "gnrh"),
         ((195, 440), (165, 440), (165, 46), (545, 46)), (420, 39)),
    Link("estradiol", "hypothalamus", "estradiol", ("estradiol", "estrogen_feedback", "gnrh"),
         ((270, 195), (270, 74), (545, 74)), (420, 92)),
    Link("estradiol", "pituitary", "estradiol", ("estradiol", "estrogen_feedback", "lh"),
         ((345, 212), (545, 212)), (440, 196)),
    Link("estradiol", "liver", "", ("estradiol", "shbg"), ((195, 220), (140, 220), (140, 590), (195, 590)), (0, 0)),
    Link("testosterone", "liver", "", ("testosterone", "shbg"), ((240, 465), (240, 565)), (0, 0)),
    Link("liver", "testosterone", "SHBG binds it", ("shbg", "androgen_feedback"), ((300, 565), (300, 465)), (360, 516)),
    Link("testosterone", "dht", "", ("testosterone", "dht"),
         ((210, 465), (210, 490), (170, 490), (170, 735), (195, 735)), (0, 0)),
    Link("dht", "hypothalamus", "", ("dht", "androgen_feedback", "gnrh"),
         ((195, 748), (110, 748), (110, 20), (600, 20), (600, 35)), (0, 0)),
    Link("other_axes", "hypothalamus", "prolactin, cortisol", ("prolactin", "gnrh"), ((945, 60), (735, 60)), (840, 44)),
)  # fmt: skip
"""The last point of the corners is where the arrow ends. The sign along a path is the product of its steps."""


class Site(NamedTuple):
    """Where an input channel acts in the diagram: the organ, and the state or measurement that it moves first."""

    organ: str
    target: str


SITES = {
    "aromatase_inhibitor": Site("fat", "estradiol"),
    "estrogen_occupancy_central": Site("estrogen_feedback", "estrogen_feedback"),
    "hcg": Site("leydig", "leydig_signal"),
    "lh": Site("leydig", "leydig_signal"),
    "fsh": Site("sertoli", "inhibin_b"),
    "gnrh_pulses": Site("pituitary", "gnrh"),
    "gnrh_continuous": Site("pituitary", "gnrh_receptor"),
    "gnrh_antagonist": Site("pituitary", "lh"),
    "testosterone": Site("testosterone", "testosterone"),
    "dht": Site("dht", "dht"),
    "estradiol": Site("estradiol", "estradiol"),
    "androgen": Site("testosterone", "androgen_feedback"),
    "liver_androgen": Site("liver", "shbg"),
    "estrogen_occupancy_liver": Site("liver", "shbg"),
    "estrogen_occupancy_reproductive": Site("semen", "epididymal_window"),
    "steroidogenesis_inhibitor": Site("leydig", "intratesticular_testosterone"),
    "reductase_1_inhibitor": Site("dht", "reductase_1"),
    "reductase_2_inhibitor": Site("dht", "reductase_2"),
    "androgen_blockade": Site("testosterone", "androgen_feedback"),
    "germ_cell_toxicity": Site("tubules", "elongated_spermatids_1"),
    "progestogen": Site("hypothalamus", "gnrh"),
    "thyroxine": Site("other_axes", "free_thyroxine"),
    "thyroid_inhibitor": Site("other_axes", "free_thyroxine"),
    "cortisol": Site("other_axes", "cortisol"),
    "glucocorticoid": Site("other_axes", "cortisol_exposure"),
    "dopamine_agonist": Site("other_axes", "prolactin"),
    "dopamine_antagonist": Site("other_axes", "prolactin"),
    "opioid": Site("hypothalamus", "gnrh"),
    "kisspeptin": Site("hypothalamus", "gnrh"),
    "weight_loss": Site("fat", "estradiol"),
    "sleep_lost": Site("leydig", "intratesticular_testosterone"),
    "training": Site("hypothalamus", "gnrh"),
    "varicocele_repair": Site("tubules", "spermatogonia_1"),
}
"""Where channels act: an organ, or the arrow of estrogen feedback.

The agonism of a ligand of the estrogen receptor acts where its occupancy is drawn.
"""

TAGS = {
    "hypothalamus": (750, 80),
    "other_axes": (945, 94),
    "pituitary": (478, 108),
    "estrogen_feedback": (350, 222),
    "leydig": (600, 350),
    "sertoli": (870, 472),
    "tubules": (822, 568),
    "semen": (815, 724),
    "testosterone": (352, 450),
    "dht": (352, 714),
    "estradiol": (285, 150),
    "fat": (352, 296),
    "liver": (352, 568),
}
"""Left top corner of the drug classes at each site."""
