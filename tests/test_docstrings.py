"""Every public name has a docstring, with an example that runs."""

import doctest
import inspect
from importlib import import_module

import pytest

import hpgaxis

SLOW = {"clinical.treatments", "report.pages", "simulation.sensitivity", "validation.individuals"}
"""Modules whose examples take seconds, or compile a kernel of their own."""


@pytest.mark.parametrize("name", [name for name in hpgaxis.__all__ if callable(getattr(hpgaxis, name))])
def test_a_public_name_has_a_docstring_with_an_example(name: str) -> None:
    value = getattr(hpgaxis, name)
    text = inspect.getdoc(value) or ""
    assert text, f"{name} has no docstring"
    if not (inspect.isclass(value) and issubclass(value, Exception)):
        assert "Examples\n--------\n" in text and ">>>" in text, f"the docstring of {name} has no example"


@pytest.mark.parametrize(
    "module",
    [
        pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name
        for name in sorted(set(hpgaxis._HOMES.values()))
    ],
)
def test_the_examples_run(module: str) -> None:
    found = doctest.testmod(
        import_module(f"hpgaxis.{module}"),
        extraglobs={"hpg": hpgaxis},
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
    )
    assert found.failed == 0, f"{found.failed} of {found.attempted} examples in {module} fail; see the captured output"
