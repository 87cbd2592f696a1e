"""Pages of results of the model: speed, predictions against trials, populations."""

from __future__ import annotations

import json
import re
import textwrap
from typing import Any

from images import framed, include, write
from markdown_table import FOLDER, ROOT, table

from hpgaxis.measurements.registry import label, within_a_sentence
from hpgaxis.report.tables import score_rows, scored
from hpgaxis.simulation.figure_style import svg
from hpgaxis.validation.intervals import ABOUT
from hpgaxis.validation.results import count_text, goals_text
from hpgaxis.validation.shipped import shipped_scores, shipped_validation


def kernel_page() -> str:
    """The page that counts the operations of a solver step in the generated code."""
    from collections import Counter

    from hpgaxis.engine.codegen.assemble import assemble
    from hpgaxis.engine.codegen.emitter import LANES
    from hpgaxis.engine.solver import rodas5p
    from hpgaxis.model import Model

    layout, text = assemble(Model.default().system())
    counts: dict[str, Counter[str]] = {}
    for line in text.splitlines():
        start = re.match(r'define void @"?(\w+)"?', line)
        if start:
            counts[start[1]] = Counter()
        for kind in re.findall(r"= (fadd|fsub|fmul|fdiv|load)\b|^\s*(store)\b|(call <8 x double> @\"llvm.sqrt)", line):
            counts[list(counts)[-1]]["".join(kind).split(" ")[0]] += 1
    stages, n = rodas5p.STAGES, layout.states
    sums = sum(1 if rodas5p.extends_previous[s] else s for s in range(1, stages)) + 1
    sums += sum(s + (rodas5p.gamma_i[s] != 0) for s in range(stages))
    calls = {"linearise": 1, "rates": stages - 1, "solve": stages}
    rows: list[list[Any]] = []
    total = 0
    for name, times in calls.items():
        count = counts[name]
        flops = count["fadd"] + count["fsub"] + count["fmul"] + count["fdiv"] + count["call"]
        total += flops * times
        rows.append([f"`{name}`", times, flops, count["fdiv"], count["load"], count["store"], flops * times])
    rows.append(["sums of stages", sums, 2 * n, 0, n, "", 2 * n * sums])
    total += 2 * n * sums
    return (
        "# What a step computes\n\nCounted in the code that is generated for the axis: vector operations, each on "
        f"{LANES} men, in one step of {stages} stages with {n} states and {layout.entries} entries of the sparse factors "
        f"({layout.constants} rows hold what depends on parameters alone, worked out once a man).\n\n"
        + table(["function", "calls a step", "operations", "of them divisions", "loads", "stores", "operations a step"], rows)
        + f"\nTogether {total} vector operations, {total * LANES} of numbers, a step of {LANES} men.\n"
        + measured_speed(total, LANES)
    )  # fmt: skip


def measured_speed(operations: int, lanes: int) -> str:
    """The last results of `make bench`; operations: vector operations of a step."""
    folder = ROOT / "benchmarks"
    rows, growth = (json.loads((folder / name).read_text()) for name in ("results.json", "growth.json"))
    solvers = [
        [
            row["case"], row["solver"], f"{row['patient_years_per_second_per_core']:.3g}",
            f"{row['max_relative_error']:.1e}", f"{row['ratio_to_ours']:.3g}", f"{row['peak_memory_mib']:.0f}",
            f"{row['first_call_seconds']:.2f}",
        ]
        if "left_out" not in row
        else [row["case"], row["solver"], f"left out: {row['left_out']}", "", "", "", ""]
        for row in rows
    ]  # fmt: skip
    grown = [
        [row["men"], row["days"], f"{row['seconds']:.3f}", f"{row['peak_memory_mib']:.0f}"]
        for row in (*growth["men"], *growth["days"])
    ]
    step, peak = growth["nanoseconds_a_step_of_eight"], growth["peak_gigaflops_of_a_core"]
    reached = operations * lanes / step
    return (
        "\n## What was measured last (`make bench`)\n\nOne man a year, error of every measurement on every day at most "
        "1e-4, one core.\n\n"
        + table(["case", "solver", "patient-years / s", "error", "ours is faster by", "MiB", "first call, s"], solvers)
        + f"\nStatistics only, daily oral doses, {growth['cores']} cores.\n\n"
        + table(["men", "days", "seconds", "peak MiB"], grown)
        + f"\nTwo cores over one: {growth['two_cores_over_one']:.2f}. 10 000 men for a year: "
        f"{growth['ten_thousand_men_a_year_seconds']:.1f} s; drawing them: {growth['population_10000_seconds']:.1f} s. One "
        f"man under 12 protocols for a year: {1000 * growth['one_man_twelve_protocols_seconds']:.0f} ms. From nothing to "
        f"the first month of a man: {growth['cold_seconds']:.1f} s on the first run, {growth['cached_seconds']:.2f} s "
        f"afterwards.\n\nA step of {lanes} men takes {step / 1000:.2f} µs with all that surrounds it: {reached:.0f} "
        f"Gflop/s, {100 * reached / peak:.0f} % of the {peak:.0f} Gflop/s that a loop of nothing but fused "
        "multiply-adds reaches on the same core.\n"
    )


FEWEST_CHANGES = 15
"""From how many changes a measurement's forecast by the other trials is named in the README."""


def readme_scores() -> str:
    """The README's table: absolute average fold errors and coverage, from the shipped file."""
    scores = shipped_scores()
    forecasts = [
        f"{row['others']:.2f} where the model has {row['aafe']:.2f} for {within_a_sentence(measure)} ({row['n']} changes)"
        for measure, row in scores["against_other_trials"].items()
        if row["n"] >= FEWEST_CHANGES
    ]
    text = (
        f"The intervals are made with {scores['draws']} sets of parameters. {ABOUT} Forecasting each change by the mean of "
        "the other trials of its class of drugs, without a model, has these errors: "
        f"{', '.join(forecasts)}."
    )
    return table(["", *scores["parts"], "goal"], score_rows(scores["parts"])) + f"\n{textwrap.fill(text, 120)}\n"


def raw_scores() -> str:
    """The scores with and without the rules that were made with the data in view, from the shipped file."""
    scores = shipped_scores()
    names = sorted({name for part in scores["raw"].values() for name in part} - {"all"})
    shown = [name for name in names if any(part.get(name, {"n": 0})["n"] >= 5 for part in scores["raw"].values())]
    rows = [
        [
            "all figures" if name == "all" else label(name),
            *(scored(scores[kind][part].get(name)) for part in scores["parts"] for kind in ("parts", "raw")),
        ]
        for name in (*shown, "all")
    ]
    return table(["AAFE (figures)", *(f"{part}: {how}" for part in scores["parts"] for how in ("scored", "raw"))], rows)


BLOCKS = {"README.md": readme_scores, "docs/credibility.md": raw_scores}
"""File -> the function that writes its block from the shipped scores."""
BEGIN, END = "<!-- scores: docs/generate.py writes this block -->\n", "<!-- end of scores -->\n"


def with_block(text: str, block: str) -> str:
    """The text of a page with its marked block replaced."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{block}\n{END}{rest.split(END)[1]}"


def write_blocks() -> None:
    """Write the marked blocks of the README and the documentation."""
    for name, make in BLOCKS.items():
        file = ROOT / name
        file.write_text(with_block(file.read_text(encoding="utf-8"), make()), encoding="utf-8")


def validation_page() -> str:
    """The page that compares predictions with trials, and lists what the trials determine."""
    from collections import Counter

    import numpy as np

    from hpgaxis.calibration.identifiability import identified
    from hpgaxis.physiology.posterior import quality
    from hpgaxis.plot.figures import shares_by_month
    from hpgaxis.report.pages import kind_of_reason, missed_trials, scatter
    from hpgaxis.validation.suppression_and_recovery import suppression_and_recovery

    shipped, validation = shipped_scores(), shipped_validation()
    not_compared = Counter(kind_of_reason(row["reason"]) for row in validation.skipped)
    parts = shipped["parts"]
    rows = []
    for measure in [*sorted({name for part in parts.values() for name in part} - {"all"}), "all"]:
        cells: list[Any] = [measure.replace("_", " ")]
        for part in parts.values():
            score = part.get(measure)
            cells += (
                [score["n"], f"{score['aafe']:.2f}", f"{score['bias']:.2f}", f"{100 * score['coverage']:.0f} %"]
                if score and score["n"]
                else ["", "", "", ""]
            )
        rows.append(cells)
    head = ["measure", *(f"{part}: {what}" for part in parts for what in ("n", "AAFE", "bias", "coverage"))]
    out = [
        f"# Predictions against trials\n\n{count_text(shipped['figures'], shipped['trials'], parts)} Each arm is predicted "
        "in a cohort of virtual men with its baseline. AAFE: absolute average fold error; bias: mean fold error; coverage: "
        f"share of the figures inside the predicted 95 % interval ({shipped['draws']} sets of parameters). `hpg validate "
        "--draws 24` writes the whole report: every figure with its interval, and every figure that was not compared with "
        f"its reason.\n\nWhich trials calibrate was written down before the fit (`evidence/split.yaml`). {ABOUT} "
        f"{goals_text()} Where the table is above a goal, the model has not reached it.\n",
        table(["AAFE (figures)", *parts, "goal"], score_rows(parts)),
        f"\n{len(validation.skipped)} figures are not compared:\n",
        table(["figures", "reason"], [[count, reason] for reason, count in not_compared.most_common()]),
        "\n## By measurement\n",
        table(head, rows),
    ]  # fmt: skip
    out.append(
        "\n## Beside the mean of the other trials\n\nEach change under a class of drugs, forecast without a model: by the "
        "mean of the same in the other trials of that class.\n"
    )
    rivals = shipped["against_other_trials"]
    out.append(
        table(
            ["measure", "n", "AAFE of the model", "AAFE of the other trials' mean"],
            [[m.replace("_", " "), r["n"], f"{r['aafe']:.2f}", f"{r['others']:.2f}"] for m, r in rivals.items()],
        )
    )
    out.append("\n## Time courses\n")
    for number, course in enumerate(suppression_and_recovery()):
        write(FOLDER / f"course_{number}.html", framed(svg(shares_by_month(course), course.title), course.title))
        near = np.interp(list(course.observed), course.months, course.predicted)
        out.append(include(f"course_{number}.html"))
        out.append(
            table(
                ["month", "observed (%)", "predicted (%)"],
                [[f"{m:g}", f"{o:g}", f"{p:.0f}"] for (m, o), p in zip(course.observed.items(), near, strict=True)],
            )
        )
        out.append(f"\nObserved: {course.source}.\n")
    groups: dict[str, list[Any]] = {}
    for row in validation.outcomes:
        groups.setdefault(row["group"], []).append(row)
    out.append("\n## By class of drugs\n\nBars: 95 % intervals. Point at a marker to see its trial.\n")
    for number, (name, rows) in enumerate(sorted(groups.items(), key=lambda item: -len(item[1]))):
        if picture := scatter(name, rows, fewest=8):
            write(FOLDER / f"validation_{number}.html", framed(picture, name))
            out.append(include(f"validation_{number}.html"))
    missed = [[t["trial"], t["part"], t["n"], f"{t['aafe']:.2f}", t["reason"]] for t in missed_trials(validation)]
    if missed:
        out.append(
            "\n## Trials that the model misses\n\nBy their mean fold error; a reason is a suspicion, not a finding.\n"
        )
        out.append(table(["trial", "part", "figures", "AAFE", "suspected reason"], missed))
    numbers = [
        [f"`{n.name}`", f"{n.prior:.3g} ({n.prior_low:.3g} to {n.prior_high:.3g})",
         f"{n.median:.3g} ({n.low:.3g} to {n.high:.3g})", f"{100 * n.contraction:.0f} %", n.verdict]
        for n in identified()
    ]  # fmt: skip
    out.append(
        "\n## What the trials determine\n\nContraction: by how much the posterior is narrower than the prior. The posterior "
        f"sample: {quality()}.\n"
    )
    out.append(table(["parameter", "prior (95 %)", "posterior (95 %)", "contraction", ""], numbers))
    return "\n".join(out)


def populations_page() -> str:
    """The page that compares virtual populations with published ones."""
    from hpgaxis.report.population_page import pictures
    from hpgaxis.validation.populations import compare_population, published

    out = [
        "# Populations\n\nGroups of untreated virtual men beside what was published of such men: single samples, with what "
        "varies from visit to visit. Lines: published median or mean, and 95 % of men (dotted: unverified, from memory, marked †). "
        "The distributions of traits were fitted to these figures and to the correlations (`hpg baseline --fit`): "
        "agreement tells of a consistent model, not of a prediction. Goals: medians and means within 10 %, spreads "
        "(standard deviation of the logarithm) within 20 %.\n"
    ]
    for name in published():
        comparison = compare_population(name)
        reached = comparison.reached()
        write(
            FOLDER / f"population_{name}.html",
            framed(svg(pictures(comparison), f"{comparison.title}: histograms"), comparison.title).replace(
                "figure", "figure wide", 1
            ),
        )
        out.append(
            f"\n## {comparison.title}\n\n`{published()[name]['men']}`, {comparison.men} men: {reached['medians'][0]} of "
            f"{reached['medians'][1]} medians or means and {reached['spreads'][0]} of {reached['spreads'][1]} spreads that "
            f"were read in their source are reached.\n{include(f'population_{name}.html')}"
        )
        lines = comparison.table()
        rows = [
            [label(row.published.name) + ("" if row.published.verified else " †"), *line, row.published.source]
            for row, line in zip(comparison.rows, lines.to_numpy().tolist(), strict=True)
        ]
        out.append(table(["", *lines.columns, "source"], rows))
        together = [
            [" and ".join(pair["between"]).replace("_", " "), pair["value"], f"{pair['predicted']:.2f}", pair["source"]]
            for pair in comparison.correlations
        ]
        if together:
            out.append(table(["correlation of ranks", "published", "virtual", "source"], together))
        if comparison.missing:
            lacking = "; ".join(f"{label(which).lower()} ({why})" for which, why in comparison.missing.items())
            out.append(f"\nNo published figure was found: {lacking}.\n")
    return "\n".join(out)


if __name__ == "__main__":
    write_blocks()
