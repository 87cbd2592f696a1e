"""`make demo`: four treatments in an obese man with low testosterone and normal LH, and a quick validation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..clinical.compare import compare
from ..people.match import matched
from ..people.patient import Patient
from ..report.pages import validation_page
from ..validation.validate import validate
from .errors import user_errors
from .terminal import DISCLAIMER, counted, show, show_match

PATIENT = Patient(
    age=36,
    bmi=34,
    diagnosis="obesity",
    labs={
        "testosterone": "245 ng/dL",
        "lh": "3.4 IU/L",
        "fsh": "3.9 IU/L",
        "estradiol": "38 pg/mL",
        "shbg": "21 nmol/L",
        "sperm_concentration": "18 10*6/mL",
    },
    name="demo",
)
PROTOCOLS = [
    "anastrozole 1 mg daily",
    "clomiphene 25 mg daily",
    "hCG 1500 IU sc three times a week",
    "testosterone enanthate 100 mg im weekly",
]
QUICK = [
    "shah-2021-anastrozole",
    "leder-2004-anastrozole",
    "tsjoen-2005-letrozole-young-old",
    "birzniece-2010-serm-crossover",
    "helo-2017-clomiphene-isomers",
    "coviello-2005-hcg-itt",
    "matsumoto-1990-testosterone-enanthate",
    "who-1990-testosterone-enanthate",
    "burgues-1997-fsh-hcg",
    "rubinow-2016-acyline-tgel-letrozole",
]


@user_errors
def main(folder: Annotated[str, typer.Argument()] = "results") -> None:
    """Run the demonstration and say where the results are."""
    place = Path(folder)
    typer.echo(f"{DISCLAIMER}\n")
    typer.echo(
        "36 years, BMI 34, testosterone 245 ng/dL, LH 3.4 IU/L, estradiol 38 pg/mL: four treatments, six months."
    )
    typer.echo("The first run compiles the equations (about fifteen seconds, once).\n")
    man = matched(PATIENT)
    show_match(man)
    with counted("simulating", len(PROTOCOLS)) as callback:
        result = compare(man, PROTOCOLS, months=6, callback=callback)
    show(result.table(), "after 6 months: mean over the last dosing interval (trough to peak)")
    from ..report.pages import write_report

    report = write_report(result, place / "comparison.html")
    courses = result.save(place / "comparison.csv")
    typer.echo(f"\nA quick validation: {len(QUICK)} published trials (all of them: `.venv/bin/hpg validate`).")
    with counted("validating") as callback:
        validation = validate(only=QUICK, callback=callback)
    for measure, score in validation.summary().items():
        typer.echo(f"  {measure:32s} n {score['n']:3d}   AAFE {score['aafe']:.2f}   bias {score['bias']:.2f}")
    page = validation_page(validation, place / "validation.html")
    typer.echo(
        f"\nThe results are in {place.resolve()}; open the .html files in a browser:\n"
        f"  {report}   the comparison, with figure\n  {courses}    its time courses\n"
        f"  {page}   predictions beside published trials\n"
        "To move the axis yourself: `.venv/bin/hpg serve --browser` opens a page in your browser (Ctrl-C ends it)."
    )


if __name__ == "__main__":
    typer.run(main)
