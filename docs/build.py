"""Builds the documentation: `make docs` runs it. What has not changed since the last build is kept."""

import shutil
import subprocess
import sys
from pathlib import Path

import generate
import tutorial_notebook
from steps import step

BUILD = Path(__file__).parent.parent / "build"
SPHINX = ["--fail-on-warning", "--keep-going", "--quiet", "-b", "html", "-d", str(BUILD / "doctrees")]


def main() -> None:
    """Write the generated pages, then the site. Exits with 1 where Sphinx warns or a notebook fails."""
    generate.main()
    tutorial_notebook.write()
    with step("pages and notebooks (Sphinx; a notebook runs where the package or its page has changed)"):
        command = [sys.executable, "-m", "sphinx", *SPHINX, "docs", str(BUILD / "docs")]
        built = subprocess.run(command, cwd=BUILD.parent, capture_output=True, text=True)
    if built.returncode:
        shutil.rmtree(BUILD / "docs", ignore_errors=True)
        sys.exit(built.stdout + built.stderr)
    print("documentation: build/docs/index.html")


if __name__ == "__main__":
    main()
