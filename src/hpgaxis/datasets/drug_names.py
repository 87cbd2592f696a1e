"""Names of drugs as data have them: with a salt, a strength or a form that the library's names leave out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..pharmacology.library import DrugLibrary

SALTS = ("acetate", "citrate", "depot", "hydrochloride", "mesylate", "sodium", "injection", "tablet", "tablets")


def known_name(words: Iterable[str], drugs: DrugLibrary) -> str | None:
    """The library's spelling of the first of these names that it knows; None for none.

    A name is looked up as it stands, then without its strength and what follows, then without a salt at its end.
    """
    known = {name.lower(): name for name in drugs.spellings}
    for name in words:
        plain = name.lower().strip()
        bare = re.split(r"\s+\d", plain)[0]
        parts = re.split(r"[\s_]+", bare)
        while len(parts) > 1 and parts[-1] in SALTS:
            parts = parts[:-1]
        for spelling in (plain, bare, bare.replace(" ", "_"), " ".join(parts), "_".join(parts)):
            if spelling in known:
                return known[spelling]
    return None
