"""The folder of a trial: a manifest and Parquet tables of whole blocks, so that a run can continue; queries."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, extra_packages
from ..files import write_whole
from ..memory import check_memory, in_bytes
from ..model import Model
from ..pharmacology.library import DrugLibrary
from ..physiology.parameters import catalogue
from ..physiology.posterior import parameter_sets
from .design import Design, read_design
from .endpoints import effects
from .recruit import MEN_OF_A_BLOCK, block

if TYPE_CHECKING:
    import pandas as pd

TABLES = ("men", "visits", "outcomes")
BYTES_OF_A_NUMBER = 7.0
"""On disk, with compression: floating point numbers hardly compress."""
BYTES_OF_A_RESULT, BYTES_OF_A_LEFT_BLOCK, COPIES = 100, 300, 8
"""In memory: one end point of one man when effects are worked out; a block that waits; copies of a block's readings."""
COMPARED = {
    "trial": "trial",
    "parameters": "parameters",
    "version": "version of hpgaxis",
    "equations": "text of the equations, drugs or diagnoses",
    "model": "model (model=)",
}
"""Fields of the manifest that must be the same for a run to continue: key -> description."""
FACES = ("cli", "evidence", "interchange", "report")
"""Folders of the package that no number of a trial depends on."""


@dataclass(frozen=True, repr=False)
class Study:
    """A trial on disk, finished or not, as `run_trial` returns it.

    Attributes
    ----------
    folder : the folder of its tables.

    Examples
    --------
    >>> from pathlib import Path
    >>> Study(Path("my_trial")).folder.name
    'my_trial'
    """

    folder: Path

    def __repr__(self) -> str:
        try:
            design, state = self.design, self.unfinished or "finished"
        except InputError as error:
            return f"Study: {error}"
        arms = ", ".join(design.arms)
        return (
            f"Study: {design.name}, in {self.folder}\n"
            f"  arms: {arms}\n"
            f"  {design.men} men, {design.replicates} replicate{'s' if design.replicates > 1 else ''}; {state}"
        )

    def _repr_html_(self) -> str:
        from ..simulation.tables import notebook_text

        return notebook_text(repr(self))

    @classmethod
    def begin(cls, design: Design, folder: Path, model: Model) -> Study:
        """The folder for a trial, made if needed.

        Raises InputError where it holds another trial, or one of other equations or numbers; where it cannot be
        written; and where disk or memory are too small for the trial.
        """
        study = cls(folder)
        manifest = study.folder / "manifest.json"
        new = _manifest(design, model)
        done, begun = 0, False
        if manifest.exists():
            old = study.manifest
            differs = [word for key, word in COMPARED.items() if old.get(key) != new[key]]
            begun = any(part for name in TABLES for part in (folder / name).glob("*.parquet"))
            if differs and begun:
                raise InputError(
                    f"{folder} holds a run with another {' and another '.join(differs)}; choose another folder or "
                    "delete it"
                )
            done = study.men_done if begun else 0
        room_for(design, design.men * design.replicates - done, folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise InputError(f"cannot write {folder}: {error}") from None
        if begun:
            return study
        for name in TABLES:
            (folder / name).mkdir(exist_ok=True)
        write_whole(folder / "trial.yaml", lambda p: p.write_text(design.to_yaml(), encoding="utf-8"))
        write_whole(manifest, lambda p: p.write_text(json.dumps(new, indent=1), encoding="utf-8"))
        return study

    @property
    def manifest(self) -> dict[str, Any]:
        """Version, digests of what the numbers come from, seed, whether it is finished. Raises InputError for none."""
        path = self.folder / "manifest.json"
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise InputError(f"{self.folder} holds no trial; run one into it with `hpg trial run`") from None
        except (ValueError, OSError) as error:
            raise InputError(f"{path} is damaged: {error}") from None
        if not isinstance(manifest, dict):
            raise InputError(f"{path} is damaged: expected the fields of a manifest, found {type(manifest).__name__}")
        return manifest

    @cached_property
    def design(self) -> Design:
        """The trial."""
        self.manifest  # noqa: B018  raises for a folder without a trial
        return read_design(self.folder / "trial.yaml")

    def _part(self, name: str, number: int) -> Path:
        return self.folder / name / f"{number:06d}.parquet"

    def numbers(self) -> set[int]:
        """Numbers of the complete blocks."""
        return {int(path.stem) for path in (self.folder / TABLES[-1]).glob("[0-9]*.parquet")}

    @property
    def men_done(self) -> int:
        """Number of men in complete blocks."""
        return sum(block(self.design, number).count for number in self.numbers())

    @property
    def unfinished(self) -> str:
        """Message for a run that was stopped ("1000 of 4000 men: this run is not finished"), or ""."""
        wanted, done = self.design.men * self.design.replicates, self.men_done
        return "" if done == wanted else f"{done} of {wanted} men: this run is not finished"

    def write(self, number: int, tables: dict[str, pd.DataFrame]) -> None:
        """Write a block's tables; the last one marks the block as complete."""
        for name in TABLES:
            write_whole(self._part(name, number), lambda p, name=name: tables[name].to_parquet(p, index=False))

    def finish(self) -> None:
        """Mark the trial as finished in the manifest."""
        manifest = {**self.manifest, "finished": True}
        path = self.folder / "manifest.json"
        write_whole(path, lambda p: p.write_text(json.dumps(manifest, indent=1), encoding="utf-8"))

    def query(self, sql: str) -> pd.DataFrame:
        """Rows of one SQL SELECT on the tables men, visits and outcomes (DuckDB).

        The query can read these tables and nothing else, and cannot write. Raises InputError for a bad one.
        """
        with extra_packages("queries need duckdb", "trial"):
            import duckdb
        self.design  # noqa: B018  raises for a folder without a trial
        whole = sorted(self.numbers())
        if not whole:
            raise InputError(f"{self.folder} has no tables yet: the run was stopped before its first block")
        parts = {name: [self._part(name, number).absolute() for number in whole] for name in TABLES}
        with tempfile.TemporaryDirectory() as spill, duckdb.connect() as connection:
            try:
                connection.execute(_closed(parts, spill))
                statements = connection.extract_statements(sql)
                if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
                    kinds = " and ".join(statement.type.name for statement in statements) or "nothing"
                    raise InputError(f"a query is one SELECT, such as 'select count(*) from men'; found {kinds}")
                return connection.execute(statements[0]).df()
            except duckdb.Error as error:
                raise InputError(f"the query failed: {error}") from None

    def table(self, name: str) -> pd.DataFrame:
        """A table (men, visits or outcomes), sorted by replicate, man and day."""
        if name not in TABLES:
            raise InputError(f"no table {name!r}; there are {', '.join(TABLES)}")
        order = {"men": "", "visits": ", arm, period, day", "outcomes": ", arm, end_point"}[name]
        return self.query(f"select * from {name} order by replicate, man{order}")

    def effects(self) -> pd.DataFrame:
        """Compare each arm with the control: a row for each replicate, end point and arm (see `endpoints.effects`)."""
        import pandas as pd

        outcomes = self.query("select replicate, man, arm, end_point, value from outcomes")
        return pd.DataFrame(
            [row for replicate in range(self.design.replicates) for row in effects(self.design, outcomes, replicate)]
        )


@cache
def _equations() -> str:
    """Digest of the text of all code and data that numbers of a trial come from."""
    package, digest = Path(__file__).parents[1], hashlib.sha256()
    for path in sorted(package.rglob("*")):
        name = path.relative_to(package)
        if name.parts[0] not in FACES and path.suffix in (".py", ".yaml", ".toml", ".csv"):
            digest.update(name.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _closed(parts: dict[str, list[Path]], spill: str) -> str:
    """SQL that lets a database read these files as tables, spill memory to one folder, and access nothing else."""

    def text(value: object) -> str:
        return "'" + str(value).replace("'", "''") + "'"

    views = [
        f"create view {name} as select * from read_parquet([{', '.join(map(text, files))}])"
        for name, files in parts.items()
    ]
    allowed = ", ".join(text(f"{files[0].parent}/") for files in parts.values())
    return "; ".join(
        [
            *views,
            f"set temp_directory = {text(spill)}",
            f"set allowed_directories = [{allowed}]",
            "set enable_external_access = false",
            "set autoinstall_known_extensions = false",
            "set autoload_known_extensions = false",
            "set allow_community_extensions = false",
            "set python_enable_replacements = false",
            "set lock_configuration = true",
        ]
    )


def _model_digest(model: Model) -> str:
    """Digest of how a model differs from the shipped one."""
    shipped, code = DrugLibrary.shipped(), ""
    drugs = [drug.model_dump_json() for name, drug in sorted(model.drugs.items()) if shipped.get(name) != drug]
    if model.organs:
        from ..engine.codegen.assemble import assemble

        code = repr(assemble(model.system()))
    organs = [(organ.name, dict(organ.states), dict(organ.parameters)) for organ in model.organs]
    text = repr((sorted(model.typical), sorted(model.constants), drugs, organs, code))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _manifest(design: Design, model: Model) -> dict[str, Any]:
    numbers = hashlib.sha256()
    for entry in catalogue().values():
        numbers.update(repr(entry).encode())
    numbers.update(repr(parameter_sets()).encode())
    return {
        "name": design.name,
        "version": version("hpgaxis"),
        "seed": design.seed,
        "trial": hashlib.sha256(design.model_dump_json().encode()).hexdigest()[:16],
        "parameters": numbers.hexdigest()[:16],
        "equations": _equations(),
        "model": _model_digest(model),
        "men": design.men,
        "replicates": design.replicates,
        "finished": False,
    }


def room_for(design: Design, men: int, folder: Path) -> None:
    """Raise InputError where disk or memory are too small for this number of men, or for one block of them."""
    arms = len(design.arms) if design.every_arm else 1
    readings = arms * len(design.visit_days) * len(design.measures)
    existing = folder.absolute()
    while not existing.exists():
        existing = existing.parent
    wanted, free = BYTES_OF_A_NUMBER * men * (40 + 2 * readings), shutil.disk_usage(existing).free
    if wanted > free:
        raise InputError(
            f"{folder}: the tables of {men} men need about {in_bytes(wanted)}, and {in_bytes(free)} are free"
        )
    results = BYTES_OF_A_RESULT * men * arms * len(design.end_points)
    waiting = BYTES_OF_A_LEFT_BLOCK * men / MEN_OF_A_BLOCK
    block = 8 * COPIES * len(design.arms) * readings * min(men, MEN_OF_A_BLOCK)
    check_memory(results + waiting + block, f"the results of {men} men")
