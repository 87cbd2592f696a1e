"""Virtual trials: designed in a file, run in virtual men, and stored in a folder of tables."""

from .design import Design, DesignError, read_design
from .fields import EndPoint
from .run import run
from .store import Study

__all__ = ["Design", "DesignError", "EndPoint", "Study", "read_design", "run"]
