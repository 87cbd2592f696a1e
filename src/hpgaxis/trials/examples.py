"""Trials that come with the program."""

from __future__ import annotations

from importlib import resources

FOLDER = resources.files("hpgaxis.trials").joinpath("example_files")


def names() -> list[str]:
    """Their names."""
    return sorted(entry.name.removesuffix(".yaml") for entry in FOLDER.iterdir() if entry.name.endswith(".yaml"))


def example(name: str) -> str:
    """The text of one."""
    return FOLDER.joinpath(f"{name}.yaml").read_text(encoding="utf-8")
