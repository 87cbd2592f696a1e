"""Commands on evidence: validation against trials, calibration, and untreated populations."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from ..files import check_ending
from .errors import user_errors
from .individuals import validate_individuals
from .many_men import warn_redrawn
from .model_files import read_model
from .options import DEFAULT_SEED, AsJson, DrugsFolder, ParametersFile, Report, SeedOfDraws, refuse
from .outputs import (
    STANDARD_OUTPUT,
    check_new_folder,
    check_outputs,
    check_writable,
    present,
    said,
    to_json,
    unreadable_files,
    write_fit,
    write_text,
)
from .terminal import counted, progress, say, show, show_rows

if TYPE_CHECKING:
    from ..calibration.calibrate import Calibration
    from ..calibration.posterior import Posterior
    from ..validation.populations import Comparison
    from ..validation.results import Score, Validation

PROCESSES = min(4, os.cpu_count() or 1)
NAME_LENGTH = 60
OF_TRIALS = ("trials", "only", "workers", "worst", "draws", "raw", "scores_file")
"""Options of `validate` that are about trials."""
Workers = Annotated[int, typer.Option(help="Processes.", min=1)]


@user_errors
def validate(
    context: typer.Context,
    trials: Annotated[Path | None, typer.Option(help="Folder of trial files; the package's own without it.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Id of a trial to use; repeat for more.")] = None,
    individuals: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Compare with the single men of this folder in place of trials; `shipped`: with the package's own.",
        ),
    ] = None,
    report: Report = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="Write all that was compared here; - prints it."),
    ] = None,
    as_json: AsJson = False,
    workers: Workers = PROCESSES,
    worst: Annotated[int, typer.Option(help="How many of the worst predictions to print.", min=0)] = 10,
    draws: Annotated[
        int, typer.Option(help="Sets of parameters for the intervals of predictions; 0 for none (faster).", min=0)
    ] = 0,
    raw: Annotated[
        bool, typer.Option("--raw", help="Without the scoring rules that were made with the data in view.")
    ] = False,
    scores_file: Annotated[
        Path | None,
        typer.Option("--scores", help="Write the scores here, those of --raw beside them (as the package ships them)."),
    ] = None,
    parameters: ParametersFile = None,
    drugs: DrugsFolder = None,
) -> None:
    """Compare predictions with published trials, or with single men: scores by measurement, a report.

    A file that cannot be read does not stop the others; the exit status is then 1.
    """
    from ..report.pages import validation_page
    from ..validation import shipped
    from ..validation.validate import validate as run

    if raw and scores_file is not None:
        raise InputError("--scores writes the scores with and without --raw: leave --raw out")
    prints = out == STANDARD_OUTPUT
    if out is not None and not prints:
        check_ending(out, (".json",))
    check_writable(report, None if prints else out, scores_file)
    model = read_model(parameters, drugs)
    if individuals is not None:
        refuse(context, *OF_TRIALS, because="--individuals compares with single men, not with trials")
        validate_individuals(individuals, report, out, as_json=as_json, model=model)
        return
    with counted("validating") as callback:
        result = run(trials, only=only, workers=workers, draws=draws, raw=raw, model=model, callback=callback)
    present(lambda: _show_validation(result, worst), result.to_dict, as_json=as_json or prints)
    if out is not None and not prints:
        write_text(to_json(result.to_dict()), out)
        said(f"data: {out}")
    if report is not None:
        said(f"report: {validation_page(result, report)}")
    if scores_file is not None:
        with counted("validating without the scoring rules") as callback:
            unadjusted = run(trials, only=only, workers=workers, raw=True, model=model, callback=callback)
        write_text(to_json(shipped.scores(result, unadjusted, draws)) + "\n", scores_file)
        said(f"scores: {scores_file}")
    if result.unreadable:
        raise unreadable_files(result.unreadable, result.files, "trial files")


def _show_validation(result: Validation, worst: int) -> None:
    """Print the scores, what was left out, and the worst predictions."""
    _show_scores(result)
    _show_left_out(result)
    if worst and result.outcomes:
        _show_worst(result, worst)


def _show_scores(result: Validation) -> None:
    """Print the scores by measurement of each part of the trials, and the agreement of directions."""
    for part, scores in result.parts().items():
        lines = {name: _score_line(score) for name, score in scores.items() if score["n"]}
        show_rows(lines, f"{part}: {scores['all']['n']} figures compared")
    directions = result.directions_summary()
    say(
        f"directions: {directions['agree']} of {directions['n']} agree; not compared: {len(result.skipped)}, "
        "each with its reason in the page (--report) and the data (--out)"
    )


def _score_line(score: Score) -> dict[str, str]:
    """Return a score as the cells of a table."""

    def percent(share: float | None) -> str:
        return "–" if share is None else f"{100 * share:.0f} %"

    return {
        "n": str(score["n"]),
        "AAFE": f"{score['aafe']:.2f}",
        "bias": f"{score['bias']:.2f}",
        "prediction in printed CI": percent(score["within_ci"]),
        "figure in predicted interval": percent(score["coverage"]),
    }


def _show_left_out(result: Validation) -> None:
    """Print how many men were left out, and in how many arms the baseline was missed."""
    lost = [row["no_steady_state"] + row["not_simulated"] for row in result.left_out]
    missed = sum(bool(row["baseline"]) for row in result.left_out)
    if lost:
        say(
            f"men left out: {sum(lost)} in {sum(map(bool, lost))} arms; baseline missed in {missed} arms; "
            "see the page (--report)"
        )


def _show_worst(result: Validation, count: int) -> None:
    """Print the predictions that are furthest from the observation."""
    from ..measurements.registry import axis_unit
    from ..simulation.table_text import day_text

    lines = {
        f"{number + 1:2d} {row['trial']}, {row['arm']}"[:NAME_LENGTH]: {
            "measure": row["measure"],
            "day": "–" if row["day"] is None else day_text(row["day"]),
            "unit": axis_unit(row["measure"], row["unit"]),
            "observed": row["observed"],
            "predicted": row["predicted"],
            "fold error": row["fold_error"],
        }
        for number, row in enumerate(result.worst(count))
    }
    show_rows(lines, "furthest from what was observed")


@user_errors
def calibrate(
    iterations: Annotated[int, typer.Option(help="Steps tried from the priors, at most.", min=0)] = 4,
    workers: Workers = PROCESSES,
    out: Annotated[Path, typer.Option(help="New folder to put the fitted files into.")] = Path("results/calibration"),
    draws: Annotated[int, typer.Option(help="Samples of the posterior.", min=25, max=10_000)] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the samples.", min=0, max=2**32 - 1)] = 1,
    checkpoint: Annotated[Path, typer.Option(help="File of intermediate results, from which a run resumes.")] = Path(
        "results/calibration.jsonl"
    ),
) -> None:
    """Fit the calibrated parameters to the calibration trials (takes many minutes; an interrupted run resumes)."""
    from ..calibration import calibrate as fit
    from ..calibration import posterior

    check_new_folder(out, checkpoint)
    check_writable(checkpoint, makes_folder=True)
    fit.check_checkpoint(checkpoint)
    posterior.check_packages()
    with progress("sets of parameters tried") as bar:
        task = bar.add_task("", total=None)
        result = fit.calibrate(
            iterations=iterations,
            workers=workers,
            checkpoint=checkpoint,
            callback=lambda text: bar.console.print(text),
            on_point=lambda tried: bar.update(task, completed=tried),
        )
    _show_fit(result)
    samples = _draw_posterior(result, draws=draws, seed=seed, workers=workers, checkpoint=checkpoint)

    def write(folder: Path) -> None:
        fit.write(result.numbers, folder)
        posterior.write(samples, seed, folder)

    write_fit(out, write)


def _show_fit(result: Calibration) -> None:
    """Print the prior and the fitted value of every calibrated parameter."""
    from ..calibration.calibrate import fitted

    priors = fitted()
    rows = {name: {"prior": priors[name][0], "fitted": value} for name, value in result.numbers.items()}
    show_rows(rows, f"{len(result.keys)} figures; cost {result.cost_before:.1f} -> {result.cost_after:.1f}")


def _draw_posterior(result: Calibration, *, draws: int, seed: int, workers: int, checkpoint: Path) -> Posterior:
    """Return samples of the posterior about a fit, and print their quality."""
    from ..calibration import posterior

    with progress("posterior") as bar:
        tasks = {stage: bar.add_task(stage, total=1) for stage in ("sampling", "running the model")}
        samples = posterior.draw(
            result,
            draws=draws,
            seed=seed,
            workers=workers,
            checkpoint=checkpoint,
            callback=lambda stage, done, of: bar.update(tasks[stage], completed=done, total=of),
        )
    typer.echo(
        f"{samples.quality}; chains: acceptance {samples.acceptance:.2f}, "
        f"autocorrelation {samples.autocorrelation_steps:.0f} steps of {posterior.STEPS}"
    )
    return samples


@user_errors
def baseline(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[POPULATION]...", help="Published populations; default all.")
    ] = None,
    men: Annotated[int, typer.Option(help="Virtual men of each.", min=100)] = 4000,
    seed: SeedOfDraws = DEFAULT_SEED,
    fit: Annotated[bool, typer.Option("--fit", help="First fit their traits, and compare men who have these.")] = False,
    out: Annotated[Path, typer.Option(help="New folder to put the file of --fit into.")] = Path("results/baseline"),
    report: Report = None,
    as_json: AsJson = False,
) -> None:
    """Compare untreated virtual populations with published distributions: medians, spreads, correlations."""
    from ..validation import populations, traits_between_men

    check_outputs(None, None, report)
    chosen = names or list(populations.published())
    for name in chosen:
        populations.measurements(name)
    if fit:
        check_new_folder(out)
    else:
        refuse(context, "out", because="--fit writes there, and is not given")
    groups = {name: populations.published()[name]["men"] for name in chosen}
    traits: dict[str, Any] = {}
    estimates = None
    if fit:
        with progress("sets of traits tried") as bar:
            task = bar.add_task("", total=None)
            for name in chosen:
                if name == traits_between_men.POPULATION:
                    estimates = traits_between_men.estimate(lambda _: bar.advance(task))
                else:
                    traits[groups[name]] = populations.fit(name, lambda _: bar.advance(task))
        if estimates:
            show_rows(estimates.rows(), "spreads of traits between men (log SD) and their correlations")
    distributed: dict[str, tuple[Any, Any]] = {groups[name]: (traits.get(groups[name]), None) for name in chosen}
    if estimates:
        distributed[groups[traits_between_men.POPULATION]] = estimates.distributions(), estimates.together()
    compared = [populations.compare_population(name, men, seed, *distributed[groups[name]]) for name in chosen]
    present(lambda: _show_baselines(compared), lambda: [_baseline_data(one) for one in compared], as_json=as_json)
    for comparison in compared:
        warn_redrawn(comparison.redrawn)
    if report:
        from ..report.population_page import population_page

        said(f"report: {population_page(compared, report)}")
    if fit:

        def write(folder: Path) -> None:
            if estimates:
                estimates.write(folder)
            if traits:
                populations.write(traits, folder)

        write_fit(out, write)


def _baseline_data(comparison: Comparison) -> dict[str, Any]:
    """Return a virtual population beside the published one, in numbers."""
    return {
        "population": comparison.name,
        "title": comparison.title,
        "men": comparison.men,
        "measurements": comparison.rows,
        "correlations": comparison.correlations,
        "missing": comparison.missing,
    }


def _show_baselines(compared: list[Comparison]) -> None:
    """Print virtual populations beside the published ones."""
    for comparison in compared:
        reached = comparison.reached()
        show(
            comparison.table(),
            f"{comparison.title}: {reached['medians'][0]} of {reached['medians'][1]} medians, "
            f"{reached['spreads'][0]} of {reached['spreads'][1]} spreads reached",
        )
