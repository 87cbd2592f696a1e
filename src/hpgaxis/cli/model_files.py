"""The model that the options --parameters and --drugs describe."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..files import check_ending, line_of, read_text, read_yaml_with_lines, shown

if TYPE_CHECKING:
    from ..model import Model
    from ..pharmacology.library import DrugLibrary

ENDINGS = (".yaml", ".yml", ".toml")
EXAMPLE = "estradiol_reference: 110 or estradiol_reference: 110 pmol/L"


def read_model(parameters: Path | None, drugs: Path | None) -> Model:
    """Return the shipped model with the parameters of a file and the drugs of a folder.

    Parameters
    ----------
    parameters : YAML or TOML file of parameter: value; None for the shipped values.
    drugs : folder of drug files; None for the shipped drugs.

    Raises
    ------
    InputError
        A file that cannot be read, an unknown parameter, or an impossible value, with the file and the line.
    """
    from ..model import Model

    model = Model.default()
    if drugs is not None:
        model = model.with_drugs(drugs)
    if parameters is not None:
        model = model.with_parameters(read_parameters(parameters, model.drugs))
    return model


def read_parameters(path: Path, drugs: DrugLibrary) -> dict[str, float]:
    """Return parameter -> value, in the parameter's unit, from a YAML or TOML file.

    A value is a number in the parameter's unit, or a text with a number and a unit. Constants of drugs
    (drug.mechanism.analyte) may be nested.

    Raises
    ------
    InputError
        With the file and, in YAML, the line of the value.
    """
    values = dict[str, float]()
    for entry in _entries(path):
        if entry.name in values:
            raise InputError(f"{entry.where}: {entry.name} is given twice; keep one")
        values[entry.name] = _value(entry, drugs)
    if not values:
        raise InputError(f"{path}: there is no parameter; expected lines such as {EXAMPLE}")
    return values


@dataclass(frozen=True)
class _Entry:
    """One value of a file; where: the file and, in YAML, the line."""

    name: str
    value: object
    where: str


def _entries(path: Path) -> Iterator[_Entry]:
    """Yield the values of a file, nested names joined by dots."""
    is_toml = check_ending(path, ENDINGS) == ".toml"
    text = read_text(path)
    data: object
    if is_toml:
        try:
            data, lines = tomllib.loads(text), {}
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"{path}: not TOML: {error}") from None
    else:
        data, lines = read_yaml_with_lines(text, str(path))
    if not isinstance(data, Mapping):
        raise InputError(f"{path}: {shown(data)}; expected names with values, such as {EXAMPLE}")

    def flat(part: Mapping[object, object], above: tuple[str, ...]) -> Iterator[_Entry]:
        for key, value in part.items():
            keys = (*above, str(key))
            if isinstance(value, Mapping):
                yield from flat(value, keys)
            else:
                where = str(path) if is_toml else f"{path}, line {line_of(lines, keys)}"
                yield _Entry(".".join(keys), value, where)

    yield from flat(data, ())


def _value(entry: _Entry, drugs: DrugLibrary) -> float:
    """Return the value of a known parameter in its unit. Raises InputError."""
    from ..pharmacology.overrides import split
    from ..units import UnitError, convert, number, split_quantity

    unit = _unit(entry.name, drugs)
    try:
        value: object = entry.value
        if isinstance(value, str) and unit is not None:
            amount, written = split_quantity(value)
            known = written in ("", unit)
            value = amount if known else convert(amount, written, unit, entry.name.removesuffix("_reference"))
        split({entry.name: 1.0}, entry.where, drugs)
        value = number(value)
        split({entry.name: value}, entry.where, drugs)
    except UnitError as error:
        raise InputError(f"{entry.where}: {entry.name}: {error} ({entry.name} is in {unit})") from None
    except InputError as error:
        if str(error).startswith(entry.where):
            raise
        expected = f"expected a number, or text such as '2.5 {unit}'"
        raise InputError(f"{entry.where}: {entry.name} = {shown(entry.value)}: {expected}") from None
    return value


def _unit(name: str, drugs: DrugLibrary) -> str | None:
    """Return the unit of a parameter or of a drug's constant; None for an unknown name."""
    from ..pharmacology.drug import constant_key
    from ..physiology.parameters import catalogue

    if name in catalogue():
        return catalogue()[name].unit
    for drug in drugs.values():
        for effect in drug.effects:
            if effect.constant is not None and constant_key(drug, effect) == name:
                return effect.constant.unit
    return None
