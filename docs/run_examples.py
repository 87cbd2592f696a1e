"""Runs the examples of the documentation: every ```python block, and every `hpg` line of a ```console block.

Blocks of one page share their names, as a reader who follows the page would have them. With --first, only the first
Python block of each page is run.
"""

import argparse
import contextlib
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path


def blocks(text: str) -> list[tuple[str, str]]:
    """(language, code) of each fenced block, in order."""
    return re.findall(r"```(python|console|(?:yaml|text) [\w./-]+)\n(.*?)```", text, re.DOTALL)


def run(page: Path, folder: Path, first_only: bool = False) -> int:
    """Run a page's examples in `folder`, or only its first Python block; how many were run."""
    names: dict[str, object] = {}
    count = 0
    program = Path(sys.executable).parent / "hpg"
    found = blocks(page.read_text(encoding="utf-8"))
    if first_only:
        found = [block for block in found if block[0] == "python"][:1]
    for language, code in found:
        if language.startswith(("yaml ", "text ")):
            (folder / language.split(" ", 1)[1]).write_text(code, encoding="utf-8")
        elif language == "python":
            exec(compile(code, str(page), "exec"), names)
            count += 1
        else:
            for line in code.replace("\\\n", " ").splitlines():
                if line.startswith("$ hpg "):
                    words = [str(program), *shlex.split(line[6:], comments=True)]
                    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)
                    count += 1
    return count


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", action="store_true", help="run only the first Python block of each page")
    parser.add_argument("pages", nargs="+", type=Path)
    given = parser.parse_args()
    for page in given.pages:
        place = page.resolve()
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            count = run(place, Path(folder), given.first)
            if given.first and count == 0:
                sys.exit(f"{page}: no Python block")
            print(f"{page.name}: {count} examples run")
