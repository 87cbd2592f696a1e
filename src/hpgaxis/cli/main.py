"""The command line: `hpg`. This file builds the app; the commands are in one file a subject.

Each command turns options into a call, calls, and shows the result; all science is below. Typer makes an option of each
parameter of a function, so a command has as many parameters as it has options.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from . import published, trials
from .clinical import conception, risks
from .compare import compare
from .dose import dose
from .errors import set_debug
from .evidence import baseline, calibrate, validate
from .export import export
from .fit_checks import check_fits, vpc
from .look_up import axis, describe, diagnoses, drugs, labs, protocol
from .many_men import covariates, population
from .one_man import predict, sensitivity, simulate
from .own_course import fit, forecast, optimise
from .serve import serve

PAGE, ONE_MAN, OWN_COURSE, MANY_MEN, TRIALS, EVIDENCE, LOOK_UP, OTHER_TOOLS = (
    "In the browser", "One man", "One man's own course", "Many men", "Virtual trials", "Evidence", "Look up",
    "Other tools",
)  # fmt: skip
COMMANDS = {
    PAGE: (serve,),
    ONE_MAN: (simulate, compare, predict, dose, risks, conception, sensitivity),
    OWN_COURSE: (fit, forecast, optimise, vpc, check_fits),
    MANY_MEN: (population, covariates),
    TRIALS: (trials.select,),
    EVIDENCE: (validate, calibrate, baseline),
    LOOK_UP: (drugs, diagnoses, labs, describe, protocol, axis),
    OTHER_TOOLS: (export,),
}
LONGEST_SUMMARY = 200
"""Characters of a command's summary in the help of `hpg`."""
WIDEST_HELP = 120
"""Characters of a line of help, where the terminal is that wide."""


class Panels(TyperGroup):
    """A group whose help lists the commands by panel, as plain text for pipes too."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write one section a panel; ctx and formatter are those of the click that Typer brings."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                panel = getattr(command, "rich_help_panel", None)
                section = sections.setdefault(panel if isinstance(panel, str) else "Commands", [])
                section.append((name, command.get_short_help_str(LONGEST_SUMMARY)))
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)


app = typer.Typer(
    cls=Panels,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDEST_HELP},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def show_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        from importlib.metadata import version

        typer.echo(version("hpgaxis"))
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", callback=set_debug, envvar="HPGAXIS_DEBUG", help="Show the traceback of an error."),
    ] = False,
) -> None:
    """Simulate the male hypothalamic-pituitary-gonadal axis and its treatments.

    For research and teaching; not a medical device.
    """


for panel, functions in COMMANDS.items():
    for function in functions:
        app.command(rich_help_panel=panel)(function)
app.add_typer(trials.app, name="trial", rich_help_panel=TRIALS)
app.add_typer(published.app, name="evidence", rich_help_panel=EVIDENCE)

if __name__ == "__main__":
    app()
