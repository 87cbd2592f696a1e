"""Run the examples of the documentation: every ```python block, and every `hpg` line of a ```console block.

Blocks of one page share their variables. Two pages run at a time, each in its own process, which runs the first `hpg`
line of the page as the installed program and the others as function calls. A page that ran before is skipped unless it
or the package has changed since. With --first, only the first Python block of each page is run, always.
"""

import argparse
import contextlib
import os
import re
import shlex
import subprocess
import sys
import tempfile
import traceback
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path


def blocks(text: str) -> list[tuple[str, str]]:
    """Return (language, code) of each fenced block, in order."""
    return re.findall(r"```(python|console|(?:yaml|text) [\w./-]+)\n(.*?)```", text, re.DOTALL)


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
    examples, commands = 0, 0
    chosen = blocks(page.read_text(encoding="utf-8"))
    if first_only:
        chosen = [block for block in chosen if block[0] == "python"][:1]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for language, code in chosen:
            if language.startswith(("yaml ", "text ")):
                file = Path(language.split(" ", 1)[1])
                file.parent.mkdir(exist_ok=True)
                file.write_text(code, encoding="utf-8")
            elif language == "python":
                exec(compile(code, str(page), "exec"), names)
                examples += 1
            else:
                lines = [line for line in code.replace("\\\n", " ").splitlines() if line.startswith("$ hpg ")]
                for line in lines:
                    hpg(shlex.split(line[6:], comments=True), as_program=commands == 0)
                    commands += 1
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
