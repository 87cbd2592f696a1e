"""Drugs by name: the shipped library, and libraries with a user's own drugs."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path

from ..files import shown
from .drug import Drug, DrugError

UNSPECIFIC = ("testosterone", "trt", "testosterone replacement")
"""Names that say neither ester nor form."""
MOST_WORDS = 5
"""Words of a name or an alias."""


def _plain(name: str) -> str:
    """A name in small letters with one space between words, whatever stood there."""
    return " ".join(re.split(r"[\s_-]+", name))


class DrugLibrary(Mapping[str, Drug]):
    """Drugs by name or alias; a library never changes, and its methods return new ones.

    Iteration gives the names. Capital and small letters, and `_`, `-` and a space, are the same in a look-up.

    Parameters
    ----------
    drugs : iterable of Drug
        Of two drugs with one name, the later one counts.

    Raises
    ------
    DrugError
        Where an alias names two drugs.

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
            for spelling in (drug.name, *drug.aliases):
                lower = spelling.lower()
                if len(lower.split()) > MOST_WORDS or not lower.split() or set(lower) & set(";,+&:"):
                    raise DrugError(
                        f"{drug.name}: the alias {spelling!r} cannot be read in a sentence; expected at most "
                        f"{MOST_WORDS} words without ; , + & :"
                    )
                for form in (lower, lower.replace("_", " "), lower.replace("-", " "), _plain(lower)):
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
            Where there is no such folder or no such file in it; as `Drug.from_file` for a file with a fault; where two
            files define the same drug.
        """
        files = sorted(file for file in Path(path).glob("*") if file.suffix.lower() in (".yaml", ".yml"))
        if not files:
            raise DrugError(f"{path} holds no .yaml file; expected a folder with one file a drug")
        definitions: dict[str, Path] = {}
        drugs = []
        for file in files:
            drug = Drug.from_file(file)
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

    def __iter__(self) -> Iterator[str]:
        return iter(self._drugs)

    def __len__(self) -> int:
        return len(self._drugs)

    def __repr__(self) -> str:
        return f"DrugLibrary of {len(self)} drugs"


def resolve(name: str, user_drug: Drug | None) -> tuple[Drug, Drug | None]:
    """The drug, and its data if they differ from the shipped library's (else None).

    Raises DrugError for an unknown name, or data of another drug.
    """
    shipped = DrugLibrary.shipped()
    if user_drug is None:
        return shipped.find(name), None
    if not isinstance(user_drug, Drug) or user_drug.name != name:
        raise DrugError(f"user_drug: {shown(user_drug)}; expected the data of {name!r}, a Drug")
    return user_drug, None if name in shipped.spellings and user_drug == shipped[name] else user_drug
