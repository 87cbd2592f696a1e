"""Drugs by name: the shipped library, and libraries with a user's own drugs."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, ValuesView
from functools import cache
from importlib import resources
from pathlib import Path

from ..files import shown
from . import words
from .drug import Drug, DrugError

UNSPECIFIC = ("testosterone", "trt", "testosterone replacement")
"""Names without ester and form."""
MOST_WORDS = 5
"""Largest number of words in a name or an alias."""


def _forms(spelling: str) -> tuple[str, ...]:
    """The forms in which a look-up finds a spelling."""
    lower = spelling.lower()
    return lower, lower.replace("_", " "), lower.replace("-", " "), _plain(lower)


def _check_readable(drug: Drug, where: str) -> None:
    """Raise DrugError for a name or an alias that a sentence cannot read; where: start of the message."""
    for spelling in (drug.name, *drug.aliases):
        expected = _readable(spelling)
        if expected is not None:
            kind = "name" if spelling == drug.name else "alias"
            raise DrugError(f"{where}: the {kind} {spelling!r} cannot be read in a sentence; expected {expected}")


def _readable(spelling: str) -> str | None:
    """What a spelling needs so that a sentence reads it as a drug; None if it does."""
    *parts, _ = words.TOKEN.findall(words.spaced(f"{spelling.lower()} daily"))
    if not parts or len(parts) > MOST_WORDS or set(spelling) & set(";,+&:"):
        return f"at most {MOST_WORDS} words without ; , + & :"
    first, second, *_ = *(part.rstrip(".") for part in parts), ""
    if words.NUMBER.fullmatch(first):
        return "no number at the beginning"
    is_weekday = all(part in words.WEEKDAYS for part in re.split("[/-]", first))
    is_divisor = first in words.PER and second in words.DOSE_DIVISORS
    if first in words.NO_FIRST_WORD or (first,) in words.NOTHING or is_weekday or is_divisor:
        return f"another first word than {first!r}"
    if (first, second) in words.NOTHING:
        return f"another beginning than '{first} {second}'"
    phrase = " ".join(parts).replace(" %", "%")
    return None if phrase in _forms(spelling) else repr(phrase)


def _plain(name: str) -> str:
    """A name with one space between words in place of spaces, `_` and `-`."""
    return " ".join(re.split(r"[\s_-]+", name))


class DrugLibrary(Mapping[str, Drug]):
    """Drugs by name or alias; a library never changes, and its methods return new ones.

    Iteration gives the names. Capital and small letters, and `_`, `-` and a space, are the same in a look-up.

    Parameters
    ----------
    drugs : iterable of Drug
        Of two drugs with the same name, the later one counts.

    Raises
    ------
    DrugError
        If an alias names two drugs, or a sentence cannot read a name or an alias.

    Examples
    --------
    >>> library = DrugLibrary.shipped()
    >>> library["Arimidex"].name, "hCG" in library
    ('anastrozole', True)
    """

    def __init__(self, drugs: Iterable[Drug]):
        given = list(drugs)
        for drug in given:
            if not isinstance(drug, Drug):
                raise DrugError(f"{shown(drug)}: expected a Drug")
        self._drugs = {drug.name: drug for drug in given}
        self._names: dict[str, str] = {}
        for drug in self._drugs.values():
            _check_readable(drug, drug.name)
            for spelling in (drug.name, *drug.aliases):
                for form in _forms(spelling):
                    if self._names.setdefault(form, drug.name) != drug.name:
                        raise DrugError(f"{form!r} names both {self._names[form]} and {drug.name}; rename one of them")

    @classmethod
    @cache
    def shipped(cls) -> DrugLibrary:
        """The drugs that come with the package."""
        import yaml

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        files = resources.files("hpgaxis.pharmacology").joinpath("drugs").iterdir()
        texts = [file.read_text(encoding="utf-8") for file in sorted(files, key=lambda file: file.name)]
        return cls(Drug.model_validate(yaml.load(text, Loader=loader)) for text in texts)

    def with_drug(self, drug: Drug) -> DrugLibrary:
        """A library that also holds `drug`, in place of one with the same name."""
        return DrugLibrary([*self._drugs.values(), drug])

    def with_folder(self, path: str | Path) -> DrugLibrary:
        """A library that also holds the drugs of a folder, in place of those with the same names.

        Parameters
        ----------
        path : str or Path
            A folder with one `.yaml` file a drug.

        Raises
        ------
        DrugError
            If the folder has no such file, a file has a fault (as `Drug.from_file`), a sentence cannot read a name or
            an alias, or two files define the same drug.
        """
        files = sorted(file for file in Path(path).glob("*") if file.suffix.lower() in (".yaml", ".yml"))
        if not files:
            raise DrugError(f"{path} holds no .yaml file; expected a folder with one file a drug")
        definitions: dict[str, Path] = {}
        drugs = []
        for file in files:
            drug = Drug.from_file(file)
            _check_readable(drug, str(file))
            if drug.name in definitions:
                raise DrugError(
                    f"{file}: {drug.name} is defined in {definitions[drug.name]} already; rename one of them"
                )
            definitions[drug.name] = file
            drugs.append(drug)
        return DrugLibrary([*self._drugs.values(), *drugs])

    @property
    def spellings(self) -> Mapping[str, str]:
        """Every spelling (lower case) of a name or alias -> the drug's name."""
        return self._names

    def find(self, name: str) -> Drug:
        """The drug of this name or alias. Raises DrugError with near names."""
        lower = name.strip().lower()
        key = self._names.get(lower) or self._names.get(_plain(lower))
        if key is not None:
            return self._drugs[key]
        if lower in UNSPECIFIC:
            forms = ", ".join(drug for drug in self if drug.startswith("testosterone_"))
            raise DrugError(f"{name!r} does not say which ester or form; there are {forms}")
        near = difflib.get_close_matches(lower, self._names, n=3, cutoff=0.5)
        hint = f"did you mean {', '.join(near)}?" if near else "`hpg drugs` lists them"
        raise DrugError(f"unknown drug {name!r}; {hint}")

    def __getitem__(self, name: str) -> Drug:
        if not isinstance(name, str):
            raise KeyError(name)
        try:
            return self.find(name)
        except DrugError as error:
            raise KeyError(str(error)) from None

    def values(self) -> ValuesView[Drug]:
        """The drugs."""
        return self._drugs.values()

    def __iter__(self) -> Iterator[str]:
        return iter(self._drugs)

    def __len__(self) -> int:
        return len(self._drugs)

    def __repr__(self) -> str:
        return f"DrugLibrary of {len(self)} drugs"


def resolve(name: str, user_drug: Drug | None) -> tuple[Drug, Drug | None]:
    """The drug, and its data if they differ from those of the shipped library (else None).

    Raises DrugError for an unknown name, or data of another drug.
    """
    shipped = DrugLibrary.shipped()
    if user_drug is None:
        return shipped.find(name), None
    if not isinstance(user_drug, Drug) or user_drug.name != name:
        raise DrugError(f"user_drug: {shown(user_drug)}; expected the data of {name!r}, a Drug")
    return user_drug, None if name in shipped.spellings and user_drug == shipped[name] else user_drug
