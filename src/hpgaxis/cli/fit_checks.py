"""The commands that hold the model's men against data and truth: `vpc` and `check-fits`."""

from __future__ import annotations

from typing import Annotated

import typer

from ..measurements.registry import LABS, axis_unit, label
from .data_sets import Cmt, Data, Dvid, Members, Strict, TimeUnitOfData, read_men
from .errors import user_errors
from .model_files import read_model
from .options import DEFAULT_SEED, AsJson, DrugsFolder, Out, ParametersFile, Plot, SeedOfDraws
from .outputs import check_outputs, present, write_data, write_figure
from .terminal import counted, say, show, show_rows, warn


@user_errors
def check_fits(
    men: Annotated[int, typer.Option(help="Virtual men who are fitted.", min=2)] = 100,
    members: Members = 96,
    seed: SeedOfDraws = DEFAULT_SEED,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
    plot: Plot = None,
    as_json: AsJson = False,
) -> None:
    """Hold fits against virtual men whose traits are known: intervals, faults in labs, probabilities of diagnoses."""
    from ..individual.check import check_fits as check

    check_outputs(None, plot)
    with counted("learning virtual men") as callback:
        found = check(men, members=members, seed=seed, model=read_model(parameters, drugs), callback=callback)

    def tables() -> None:
        say(repr(found))
        rows = [
            {
                "said (%)": 100 * row["said"], "had it (%)": 100 * row["came_true"],
                "95 % interval": f"{100 * row['low']:.0f} to {100 * row['high']:.0f}", "number": int(row["number"]),
            }
            for row in found.reliability()
        ]  # fmt: skip
        show_rows({f"{number}": row for number, row in enumerate(rows, 1)}, "probabilities of diagnoses, by their size")

    present(tables, found.to_dict, as_json=as_json)
    if plot is not None:
        write_figure(found.plot(), plot)


@user_errors
def vpc(
    data: Data,
    time_unit: TimeUnitOfData = "days",
    cmt: Cmt = None,
    dvid: Dvid = None,
    strict: Strict = False,
    replicates: Annotated[int, typer.Option(help="How often the trial is repeated in virtual men.", min=2)] = 50,
    corrected: Annotated[
        bool, typer.Option("--prediction-corrected", help="Correct for doses and covariates that differ within a bin.")
    ] = False,
    seed: SeedOfDraws = DEFAULT_SEED,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
    out: Out = None,
    plot: Plot = None,
    as_json: AsJson = False,
) -> None:
    """Check a data set visually: its percentiles over time beside those of the same trial in virtual men."""
    from ..individual.visual_check import visual_check

    check_outputs(out, plot)
    model = read_model(parameters, drugs)
    read = read_men(data, None, time_unit, cmt, dvid, model, strict=strict)
    with counted("simulating men", len(read)) as callback:
        found = visual_check(
            read, replicates=replicates, corrected=corrected, seed=seed, model=model, callback=callback
        )  # fmt: skip
    for name, why in found.left_out.items():
        warn(f"{name} is left out: {why}")

    def tables() -> None:
        say(repr(found))
        for name in found.panels:
            rows = found.to_dataframe().query("variable == @name").drop(columns=["variable", "unit"])
            show(rows.set_index("time"), f"{label(name)} ({axis_unit(name, LABS[name].display_unit)})")

    present(tables, found.to_dict, as_json=as_json, out=out)
    write_data(out, found.to_dataframe, found.to_dict, as_json=as_json)
    if plot is not None:
        write_figure(found.plot(), plot)
