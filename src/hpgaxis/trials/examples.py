"""Example trials of the package."""

from __future__ import annotations

from importlib import resources

FOLDER = resources.files("hpgaxis.trials").joinpath("example_files")


def names() -> list[str]:
    """Names of the example trials."""
    return sorted(entry.name.removesuffix(".yaml") for entry in FOLDER.iterdir() if entry.name.endswith(".yaml"))


def example(name: str) -> str:
    """Text of an example trial."""
    return FOLDER.joinpath(f"{name}.yaml").read_text(encoding="utf-8")
