"""Run the examples of the documentation: every ```python block, every `hpg` line of a ```console block, and every `hpg`
command in a table. A ```text block right after a ```python block must be what that prints in 80 columns.

Blocks of one page share their variables. Two pages run at a time, each in its own process, which runs the first `hpg`
line of the page as the installed program and the others as function calls. A page that ran before is skipped unless it
or the package has changed since. With --first, only the first Python block of each page is run, always.
"""

import argparse
import contextlib
import difflib
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
import traceback
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

FENCED = re.compile(r"^```(python|console|text|(?:yaml|text) [\w./-]+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMANDS = re.compile(r"(?:`hpg [^`]*`(?:, )?)+")
"""A cell of a table that holds commands and nothing else."""


def blocks(text: str) -> list[tuple[str, str]]:
    """Return (language, code) of each fenced block, and of the commands in each row of a table, in order."""
    found = [(match.start(), match[1], match[2]) for match in FENCED.finditer(text)]
    for row in re.finditer(r"^\|.*", text, re.MULTILINE):
        cells = [cell.strip() for cell in row[0].split("|")]
        alone = [command for cell in cells if COMMANDS.fullmatch(cell) for command in re.findall("`(.*?)`", cell)]
        commands = "".join(f"$ {command}\n" for command in alone)
        if commands:
            found.append((row.start(), "console", commands))
    return [(language, code) for _, language, code in sorted(found)]


def check_output(page: Path, shown: str, printed: str) -> None:
    """Raise RuntimeError where a page shows another output than its example prints."""
    if shown.rstrip() != printed.rstrip():
        lines = difflib.unified_diff(shown.splitlines(), printed.splitlines(), "shown", "printed", lineterm="")
        raise RuntimeError(f"{page.name} shows another output than its example prints:\n" + "\n".join(lines))


def hpg(words: list[str], as_program: bool) -> None:
    """Run one command line. Raises RuntimeError or CalledProcessError where its exit status is not 0."""
    if as_program:
        program = Path(sys.executable).parent / "hpg"
        subprocess.run([str(program), *words], check=True, stdout=subprocess.DEVNULL)
        return
    from hpgaxis.cli.main import app

    try:
        with Path(os.devnull).open("w", encoding="utf-8") as null, contextlib.redirect_stdout(null):
            app(words)
    except SystemExit as end:
        if end.code:
            raise RuntimeError(f"exit status {end.code}: hpg {shlex.join(words)}") from None


def run(page: Path, first_only: bool = False) -> int:
    """Run a page's examples, or only its first Python block, in an empty folder; return how many were run."""
    names: dict[str, object] = {}
    examples, commands, before, printed = 0, 0, "", ""
    os.environ["COLUMNS"] = "80"
    chosen = blocks(page.read_text(encoding="utf-8"))
    if first_only:
        first = next((place for place, block in enumerate(chosen) if block[0] == "python"), len(chosen))
        chosen = chosen[first : first + 2]
        chosen = chosen if chosen[-1:] and chosen[-1][0] == "text" else chosen[:1]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for language, code in chosen:
            if language.startswith(("yaml ", "text ")):
                file = Path(language.split(" ", 1)[1])
                file.parent.mkdir(exist_ok=True)
                file.write_text(code, encoding="utf-8")
            elif language == "python":
                with contextlib.redirect_stdout(io.StringIO()) as output:
                    exec(compile(code, str(page), "exec"), names)
                printed = output.getvalue()
                examples += 1
            elif language == "text":
                if before == "python":
                    check_output(page, code, printed)
            else:
                lines = [line for line in code.replace("\\\n", " ").splitlines() if line.startswith("$ hpg ")]
                for line in lines:
                    hpg(shlex.split(line[6:], comments=True), as_program=commands == 0)
                    commands += 1
            before = language
    return examples + commands


def main() -> None:
    """Run the examples of the pages named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", action="store_true", help="run only the first Python block of each page")
    parser.add_argument("pages", nargs="+", type=Path)
    arguments = parser.parse_args()
    pages = [page.resolve() for page in arguments.pages]
    if arguments.first:
        for page in pages:
            if run(page, first_only=True) == 0:
                sys.exit(f"{page}: no Python block")
            print(f"{page.name}: first example run")
        return
    from kept import digests, is_kept, record

    depends_on = digests(pages)
    changed = [page for page in pages if not is_kept(str(page), depends_on[page])]
    print(f"{len(pages) - len(changed)} of {len(pages)} pages ran before and have not changed")
    with ProcessPoolExecutor(2, max_tasks_per_child=1) as pool:
        running = {page: pool.submit(run, page) for page in changed}
        for page, result in running.items():
            if error := result.exception():
                print(f"{page.name}:", file=sys.stderr)
                traceback.print_exception(error)
                continue
            record(str(page), depends_on[page])
            print(f"{page.name}: {result.result()} examples run", flush=True)
    if any(result.exception() for result in running.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
