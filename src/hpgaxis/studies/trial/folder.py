"""The folder of a trial: Parquet tables in parts, a manifest, queries; whole parts only, so that a run can go on."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import __version__
from ...physiology.parameters import catalogue
from ...result import write_whole
from ...uncertainty import parameter_sets
from .design import Design, read_design
from .outcomes import effects

if TYPE_CHECKING:
    import pandas as pd

TABLES = ("men", "visits", "outcomes")
BYTES_OF_A_NUMBER = 7.0
"""On disk, with compression: floating point numbers hardly compress."""


@dataclass(frozen=True)
class Study:
    """A trial that has been run, or is being run, in `folder`."""

    folder: Path

    @classmethod
    def begin(cls, design: Design, folder: Path) -> Study:
        """The folder for a trial, made if needed. Raises ValueError where it holds another or cannot be written."""
        study = cls(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise ValueError(f"cannot write {folder}: {error}") from None
        manifest = study.folder / "manifest.json"
        said = _manifest(design)
        if manifest.exists():
            there = json.loads(manifest.read_text(encoding="utf-8"))
            differs = [key for key in ("trial", "parameters", "version") if there.get(key) != said[key]]
            if differs:
                raise ValueError(
                    f"{folder} holds a run with another {' and '.join(differs)}; choose another folder or delete it"
                )
            return study
        for name in TABLES:
            (folder / name).mkdir(exist_ok=True)
        write_whole(folder / "trial.yaml", lambda p: p.write_text(design.to_yaml(), encoding="utf-8"))
        write_whole(manifest, lambda p: p.write_text(json.dumps(said, indent=1), encoding="utf-8"))
        return study

    @property
    def manifest(self) -> dict[str, Any]:
        """Version, hashes of trial and parameters, seed, whether it is finished. Raises ValueError for no study."""
        try:
            return json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ValueError(f"{self.folder} holds no trial; run one into it with `hpg trial run`") from None
        except ValueError as error:
            raise ValueError(f"{self.folder / 'manifest.json'} is damaged: {error}") from None

    @cached_property
    def design(self) -> Design:
        """The trial."""
        self.manifest  # noqa: B018  says what is wrong with a folder that is none
        return read_design(self.folder / "trial.yaml")

    def _part(self, name: str, number: int) -> Path:
        return self.folder / name / f"{number:06d}.parquet"

    def numbers(self) -> set[int]:
        """Numbers of the blocks that are there, whole."""
        return {int(path.stem) for path in (self.folder / TABLES[-1]).glob("[0-9]*.parquet")}

    def write(self, number: int, tables: dict[str, pd.DataFrame]) -> None:
        """Put a block's tables into the folder; the last one says that it is whole."""
        for name in TABLES:
            write_whole(self._part(name, number), lambda p, name=name: tables[name].to_parquet(p, index=False))

    def finish(self) -> None:
        """Say in the manifest that all is there."""
        said = {**self.manifest, "finished": True}
        path = self.folder / "manifest.json"
        write_whole(path, lambda p: p.write_text(json.dumps(said, indent=1), encoding="utf-8"))

    def query(self, sql: str) -> pd.DataFrame:
        """Rows of an SQL query on the tables men, visits and outcomes (DuckDB). Raises ValueError for a bad one."""
        try:
            import duckdb
        except ImportError:
            raise ImportError("queries need duckdb: pip install 'hpgaxis[trial]'") from None
        self.design  # noqa: B018  says what is wrong with a folder that is none
        with duckdb.connect() as connection:
            for name in TABLES:
                if not any((self.folder / name).glob("*.parquet")):
                    raise ValueError(f"{self.folder} has no {name} yet: the run was stopped before its first block")
                files = str(self.folder / name / "*.parquet").replace("'", "''")
                connection.execute(f"create view {name} as select * from read_parquet('{files}')")
            try:
                return connection.execute(sql).df()
            except duckdb.Error as error:
                raise ValueError(f"the query failed: {error}") from None

    def table(self, name: str) -> pd.DataFrame:
        """A whole table: men, visits or outcomes, by replicate, man and day."""
        if name not in TABLES:
            raise ValueError(f"no table {name!r}; there are {', '.join(TABLES)}")
        order = {"men": "", "visits": ", arm, period, day", "outcomes": ", arm, end_point"}[name]
        return self.query(f"select * from {name} order by replicate, man{order}")

    def effects(self) -> pd.DataFrame:
        """Each arm against the first: a row a replicate and end point (see `outcomes.effects`)."""
        import pandas as pd

        outcomes = self.query("select replicate, man, arm, end_point, value from outcomes")
        return pd.DataFrame(
            [row for one in range(self.design.replicates) for row in effects(self.design, outcomes, one)]
        )


def _manifest(design: Design) -> dict[str, Any]:
    numbers = hashlib.sha256()
    for entry in catalogue().values():
        numbers.update(repr(entry).encode())
    numbers.update(repr(parameter_sets()).encode())
    return {
        "name": design.name,
        "version": __version__,
        "seed": design.seed,
        "trial": hashlib.sha256(design.model_dump_json().encode()).hexdigest()[:16],
        "parameters": numbers.hexdigest()[:16],
        "men": design.men,
        "replicates": design.replicates,
        "finished": False,
    }


def room_for(design: Design, men: int, folder: Path) -> None:
    """Raise ValueError where the disk has no room for the tables of so many men."""
    arms = len(design.arms) if design.every_arm else 1
    numbers = men * (40 + arms * len(design.visit_days) * 2 * len(design.measures))
    wanted, free = BYTES_OF_A_NUMBER * numbers, shutil.disk_usage(folder).free
    if wanted > free:
        raise ValueError(f"{folder}: the tables need about {wanted / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free")
