"""The base of every error that hpgaxis raises on purpose; anything else that is raised is a bug."""


class HpgaxisError(Exception):
    """Something that the user can put right: the message says what was wrong, where, and what would be right."""


class InputError(HpgaxisError, ValueError):
    """An input that cannot be used."""


class MissingPackageError(HpgaxisError, ImportError):
    """An optional package is not installed; the message says how to install it."""
