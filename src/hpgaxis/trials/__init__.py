"""Virtual trials: designed in a file, run in virtual men, kept in a folder, read as a real one is."""

from .design import Design, DesignError, EndPoint, read_design
from .run import run
from .store import Study

__all__ = ["Design", "DesignError", "EndPoint", "Study", "read_design", "run"]
