"""Runs the examples of the documentation: every ```python block, and every `hpg` line of a ```console block.

Blocks of one page share their names, as a reader who follows the page would have them. Usage: run_examples.py PAGE...
"""

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


def run(page: Path, folder: Path) -> int:
    """Run a page's examples in `folder`; how many there were."""
    names: dict[str, object] = {}
    count = 0
    program = Path(sys.executable).parent / "hpg"
    for language, code in blocks(page.read_text(encoding="utf-8")):
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
    for name in sys.argv[1:]:
        page = Path(name).resolve()
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            print(f"{page.name}: {run(page, Path(folder))} examples run")
