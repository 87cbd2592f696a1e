"""The base of every error that hpgaxis raises on purpose; anything else that is raised is a bug."""

from collections.abc import Iterator
from contextlib import contextmanager


class HpgaxisError(Exception):
    """Something that the user can put right: the message says what was wrong, where, and what would be right."""


class InputError(HpgaxisError, ValueError):
    """An input that cannot be used."""


class MissingPackageError(HpgaxisError, ImportError):
    """An optional package is not installed; the message says how to install it."""


@contextmanager
def extra_packages(need: str, extra: str) -> Iterator[None]:
    """Context of imports from an optional group of packages.

    Parameters
    ----------
    need : str
        Start of the message, such as "plots need matplotlib".
    extra : str
        The group's name in pyproject.toml.

    Raises
    ------
    MissingPackageError
        A package is not installed.
    """
    try:
        yield
    except ImportError:
        raise MissingPackageError(f"{need}: pip install 'hpgaxis[{extra}]'") from None
