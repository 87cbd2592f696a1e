"""Compiled code on disk: where it is kept, whose it must be, and what makes it be compiled again."""

import ctypes
import errno
import hashlib
import json
import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import llvmlite
import numpy as np
import pytest

from hpgaxis import model
from hpgaxis.cli import errors
from hpgaxis.engine.codegen import assemble, cache
from hpgaxis.errors import HpgaxisError
from hpgaxis.model import Model
from hpgaxis.physiology import axis, parameters
from hpgaxis.units import MOLAR_MASS

SOURCES = Path(str(model.__file__)).parent
ASSEMBLY = "define i64 @answer() {\n  ret i64 42\n}\n"
ON_POSIX = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="owners and modes of files are those of POSIX")
AS_ROOT = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs another user id")


@pytest.fixture(autouse=True)
def fresh(monkeypatch, tmp_path):
    """A folder that does not exist yet, and warnings that have not been given yet."""
    monkeypatch.setenv("HPGAXIS_CACHE", str(tmp_path / "cache"))
    cache._warn.cache_clear()
    return tmp_path / "cache"


def make(told: list[int] | None = None, name: str = "answer") -> int:
    """What the code of a tiny module returns; `told` grows by one when it is compiled."""
    told = [] if told is None else told
    made = cache.code(name, lambda: ({"about": name}, ASSEMBLY), lambda: told.append(1))
    assert made.about == {"about": name}
    return made.function("answer", ctypes.c_int64)()


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_code_is_compiled_once_and_kept_for_its_owner_alone(fresh):
    told = list[int]()
    assert [make(told) for _ in range(3)] == [42] * 3 and len(told) == 1
    assert only_file(fresh).suffix == ".o"
    if hasattr(os, "geteuid"):
        assert stat.S_IMODE(fresh.stat().st_mode) == 0o700 and stat.S_IMODE(only_file(fresh).stat().st_mode) == 0o600


def test_nothing_in_the_cache_is_a_pickle(fresh):
    make()
    line, _, code = only_file(fresh).read_bytes()[32:].partition(b"\n")
    assert json.loads(line) == {"about": "answer"} and code[:4] in (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"d\x86")
    for path in [*SOURCES.rglob("*.py")]:
        assert "pickle" not in path.read_text(encoding="utf-8"), path


def damage(how: str, path: Path) -> None:
    whole = path.read_bytes()
    path.unlink()
    if how == "emptied":
        path.touch()
    elif how == "truncated":
        path.write_bytes(whole[: len(whole) // 2])
    elif how == "one bit flipped":
        path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    elif how == "another program's":
        path.write_bytes(b"\x80\x04\x95garbage" * 100)
    elif how == "a folder":
        path.mkdir()
        (path / "inside").touch()
    elif how == "a link to nothing":
        path.symlink_to(path.with_name("nothing"))
    elif how == "a pipe":
        os.mkfifo(path)
    elif how == "a digest alone":
        path.write_bytes(hashlib.sha256(b"").digest())
    elif how == "another piece of code, renamed":
        make(name="other")
        next(path.parent.glob("other_*.o")).rename(path)


@pytest.mark.parametrize(
    "how",
    [
        "emptied",
        "truncated",
        "one bit flipped",
        "another program's",
        "a folder",
        "a link to nothing",
        "a digest alone",
        "another piece of code, renamed",
        pytest.param("a pipe", marks=ON_POSIX),
    ],
)
def test_what_is_damaged_or_foreign_is_thrown_away_and_made_again(fresh, how):
    make()
    path = only_file(fresh)
    damage(how, path)
    told = list[int]()
    assert make(told) == 42 and len(told) == 1
    assert path.is_file() and not path.is_symlink()
    assert make(told) == 42 and len(told) == 1


@ON_POSIX
def test_a_file_that_others_can_write_to_is_not_run(fresh):
    make()
    only_file(fresh).chmod(0o666)
    told = list[int]()
    assert make(told) == 42 and len(told) == 1
    assert stat.S_IMODE(only_file(fresh).stat().st_mode) == 0o600


@AS_ROOT
def test_a_file_of_another_account_is_not_run(fresh):
    make()
    os.chown(only_file(fresh), 45678, 45678)
    told = list[int]()
    assert make(told) == 42 and len(told) == 1
    assert only_file(fresh).stat().st_uid == os.geteuid()


@ON_POSIX
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o1777])
@pytest.mark.parametrize("named", [True, False])
def test_a_folder_that_others_can_write_to_is_refused(tmp_path, monkeypatch, mode, named):
    folder = tmp_path / "cache"
    if not named:
        monkeypatch.delenv("HPGAXIS_CACHE")
        folder = tmp_path / "hpgaxis"
        monkeypatch.setattr(cache, "user_cache_dir", lambda *_, **__: str(folder))
    make()
    folder.chmod(mode)
    with pytest.raises(cache.CacheError) as raised:
        make()
    text = str(raised.value)
    assert isinstance(raised.value, HpgaxisError)
    assert str(folder) in text and f"{mode:o}" in text and "chmod 700" in text and "HPGAXIS_CACHE" in text


@AS_ROOT
def test_a_folder_of_another_account_is_refused(fresh):
    fresh.mkdir()
    os.chown(fresh, 45678, 45678)
    with pytest.raises(cache.CacheError, match=r"belongs to another account \(user id 45678"):
        make()


def test_an_empty_variable_counts_as_none(tmp_path, monkeypatch):
    monkeypatch.setenv("HPGAXIS_CACHE", "")
    monkeypatch.setattr(cache, "user_cache_dir", lambda *_, **__: str(tmp_path / "usual"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    make()
    assert only_file(tmp_path / "usual").suffix == ".o" and not list((tmp_path / "here").iterdir())


def test_the_home_folder_is_not_looked_up_where_the_cache_is_named(monkeypatch):
    def nobody(*_, **__):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(cache, "user_cache_dir", nobody)
    assert make() == 42


def test_a_home_that_is_not_known_is_no_folder_here(tmp_path, monkeypatch):
    monkeypatch.delenv("HPGAXIS_CACHE")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cache, "user_cache_dir", lambda *_, **__: "~/.cache/hpgaxis")
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    make()
    assert [path.name for path in tmp_path.iterdir()] == ["tmp"]


def test_without_a_home_folder_one_folder_for_temporary_files_serves_every_run(tmp_path, monkeypatch):
    def nobody(*_, **__):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("HPGAXIS_CACHE")
    monkeypatch.setattr(cache, "user_cache_dir", nobody)
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path))
    told = list[int]()
    assert [make(told) for _ in range(3)] == [42] * 3 and len(told) == 1
    (folder,) = tmp_path.iterdir()
    assert only_file(folder).suffix == ".o"
    if hasattr(os, "geteuid"):
        assert folder.name == f"hpgaxis-{os.geteuid()}" and stat.S_IMODE(folder.stat().st_mode) == 0o700


@ON_POSIX
@pytest.mark.parametrize("how", ["open to others", "a link", "a file"])
def test_a_temporary_folder_that_another_could_have_made_is_not_used(tmp_path, monkeypatch, how, caplog):
    folder = tmp_path / f"hpgaxis-{os.geteuid()}"
    if how == "open to others":
        folder.mkdir()
        folder.chmod(0o777)
    elif how == "a link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "elsewhere")
    else:
        folder.touch()
    monkeypatch.delenv("HPGAXIS_CACHE")
    monkeypatch.setattr(cache, "user_cache_dir", lambda *_, **__: "/proc/none/hpgaxis")
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path))
    told = list[int]()
    assert make(told) == make(told) == 42 and len(told) == 2
    assert not list(tmp_path.rglob("*.o"))
    assert len(caplog.records) == 1 and str(folder) in caplog.text


def test_a_folder_that_cannot_be_made_is_no_obstacle(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("HPGAXIS_CACHE", str(tmp_path / "file" / "inside"))
    assert make() == make() == 42
    assert len(caplog.records) == 1 and str(tmp_path / "file") in caplog.text
    assert caplog.records[0].name.startswith("hpgaxis.") and caplog.records[0].levelno == logging.WARNING


def test_on_a_full_disk_the_run_goes_on_and_names_the_file(fresh, monkeypatch, caplog):
    def full(handle: int, mode: str) -> None:
        os.close(handle)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(cache.os, "fdopen", full)
        assert make() == make() == 42
    assert len(caplog.records) == 1
    assert f"cannot write {fresh / 'answer_'}" in caplog.text and "No space left on device" in caplog.text
    assert not list(fresh.iterdir())
    told = list[int]()
    assert make(told) == make(told) == 42 and len(told) == 1


@AS_ROOT
def test_on_a_disk_that_is_really_full(tmp_path):
    """A file system of 64 KiB, filled; then emptied: the next run keeps its code."""
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=False).returncode:
        pytest.skip("cannot mount")
    try:
        (small / "fill").write_bytes(bytes(60 * 1024))
        text = CHILD.replace("DEFINE", repr(ASSEMBLY))
        full = in_python(text, HPGAXIS_CACHE=str(small / "cache"))
        assert full.stdout.split() == ["made", "42"], full
        (small / "fill").unlink()
        runs = [in_python(text, HPGAXIS_CACHE=str(small / "cache")).stdout.split() for _ in range(2)]
        assert runs[1] == ["42"], runs
    finally:
        subprocess.run(["umount", small], check=True)


CHILD = """
import ctypes
from hpgaxis.engine.codegen import cache
made = cache.code("answer", lambda: ({}, DEFINE), lambda: print("made", flush=True))
print(made.function("answer", ctypes.c_int64)())
"""


def in_python(text: str, *before: str, **environment: str) -> subprocess.CompletedProcess:
    """Run Python code in a process of its own, after a command that starts it."""
    kept = {key: value for key, value in os.environ.items() if key not in environment}
    return subprocess.run(
        [*before, sys.executable, "-c", text], env={**kept, **environment}, capture_output=True, text=True, timeout=60
    )


def test_many_processes_at_once(fresh):
    text = CHILD.replace("DEFINE", repr(ASSEMBLY))
    runs = [
        subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)
    ]
    said = [run.communicate(timeout=60) for run in runs]
    assert all(out.split()[-1] == b"42" and not problem for out, problem in said), said
    assert only_file(fresh).suffix == ".o"  # no temporary file stays


NOBODY = ("unshare", "-U", "--map-user=45678", "--map-group=45678", "env", "-u", "HOME")


@pytest.mark.skipif(sys.platform != "linux", reason="user name spaces are Linux's")
@pytest.mark.parametrize("named", [True, False])
def test_a_user_id_without_an_entry(tmp_path, named):
    """As in `docker run --user 45678`: no home folder, no name."""
    if subprocess.run([*NOBODY, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user name spaces here")
    text = CHILD.replace("DEFINE", repr(ASSEMBLY))
    environment = {"HPGAXIS_CACHE": str(tmp_path / "own") if named else "", "TMPDIR": str(tmp_path)}
    runs = [in_python(text, *NOBODY, **environment) for _ in range(2)]
    assert [run.stdout.split() for run in runs] == [["made", "42"], ["42"]], runs
    assert [path.name for path in tmp_path.iterdir()] == ["own" if named else "hpgaxis-45678"]


@pytest.mark.skipif(sys.platform != "linux", reason="mounts are Linux's")
def test_a_home_that_cannot_be_written_to(tmp_path):
    """Read-only, as in a container: what is there is read, what is not is kept among the temporary files."""
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    home.mkdir()
    temporary.mkdir()
    text = CHILD.replace("DEFINE", repr(ASSEMBLY))
    command = f'mount --bind "{home}" "{home}" && mount -o remount,ro,bind "{home}" && exec "$@"'
    before = ("unshare", "-m", "sh", "-c", command, "sh")
    if subprocess.run([*before, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mounts here")
    environment = {"HPGAXIS_CACHE": "", "HOME": str(home), "XDG_CACHE_HOME": "", "TMPDIR": str(temporary)}
    runs = [in_python(text, *before, **environment) for _ in range(2)]
    assert [run.stdout.split() for run in runs] == [["made", "42"], ["42"]], runs
    assert len(list(temporary.iterdir())) == 1
    assert in_python(text, **environment).stdout.split() == ["made", "42"]  # now the home has it
    assert in_python(text, *before, **{**environment, "TMPDIR": "/proc/none"}).stdout.split() == ["42"]


# what the code is kept for


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        (llvmlite, "__version__", "0.0.1"),
        (np, "__version__", "0.0.1"),
        (cache, "version", lambda name: f"0.0.1 of {name}"),
        (cache.sys, "version", "3.99.0"),
        (cache, "_processor", lambda: ("another", "+avx1024")),
        (cache.llvm, "llvm_version_info", (99, 0, 0)),
        (cache, "_sources", lambda: b"another text"),
    ],
)
def test_the_key_has_what_compiles_and_for_which_machine(monkeypatch, where, name, value):
    before = cache._version()
    monkeypatch.setattr(where, name, value)
    assert cache._version() != before


def test_the_key_has_what_numba_is_told_but_not_its_number_of_threads(monkeypatch):
    before = cache._version()
    monkeypatch.setenv("NUMBA_NUM_THREADS", "1")
    assert cache._version() == before
    monkeypatch.setenv("NUMBA_OPT", "0")
    assert cache._version() != before


def test_a_digest_of_sources_changes_with_any_of_them(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.py").write_text("y = 1\n")
    before = cache.digest_of(tmp_path)
    for change in (lambda: (tmp_path / "b.py").write_text("y = 2\n"), lambda: (tmp_path / "c.py").touch()):
        change()
        assert cache.digest_of(tmp_path) != before
        before = cache.digest_of(tmp_path)


def test_the_key_has_every_source_that_runs_while_the_equations_are_traced():
    """The oracle is Python's own profiler: which files' code was called."""
    called = set[str]()

    def note(frame, event, argument):
        called.add(frame.f_code.co_filename)

    parameters.parameter_type.cache_clear()
    sys.setprofile(note)
    try:
        Model.default().system()
    finally:
        sys.setprofile(None)
    own = {path for path in map(Path, called) if SOURCES in path.parents}
    assert SOURCES / "model.py" in own and SOURCES / "physiology" / "axis.py" in own  # pulse and the rates
    covered = {SOURCES / "model.py", *(SOURCES / "engine").rglob("*.py"), *Path(str(axis.__file__)).parent.glob("*.py")}
    assert own <= covered


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (parameters, "PERSONAL"),
        (model, "CHANNELS"),
    ],
)
def test_the_equations_digest_has_the_order_of_all_numbers(monkeypatch, where, name):
    before = model.equations()
    monkeypatch.setattr(where, name, (*getattr(where, name)[1:], getattr(where, name)[0]))
    assert model.equations() != before


def test_the_equations_digest_has_the_molar_masses(monkeypatch):
    before = model.equations()
    monkeypatch.setitem(MOLAR_MASS, "estradiol", 272.4)
    assert model.equations() != before


def test_the_equations_digest_has_the_names_of_parameters_and_the_sources(monkeypatch):
    before = model.equations()
    with monkeypatch.context() as patched:
        patched.setattr(parameters, "parameter_names", lambda: ("one", "two"))
        assert model.equations() != before
    text = Path.read_bytes
    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", lambda path: text(path) + b"#" * (path.name == "model.py"))
        assert model.equations() != before
    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", lambda path: text(path) + b"#" * (path.name == "semen.py"))
        assert model.equations() != before
    assert model.equations() == before


# the rest


def test_the_assembly_has_opaque_pointers_alone():
    _, text = assemble.assemble(Model.default().system())
    assert " ptr " in text and "*" not in text


def test_compiling_is_logged_and_not_printed(caplog, capsys, monkeypatch):
    monkeypatch.setattr(
        logging.getLogger("hpgaxis"), "handlers", []
    )  # the command line's own, where it was used before
    with caplog.at_level(logging.INFO, logger="hpgaxis"):
        model._announce_compilation()
    assert [record.name for record in caplog.records] == ["hpgaxis.model"] and "compiling" in caplog.text
    assert capsys.readouterr() == ("", "")


def test_the_command_line_shows_the_log_once_on_standard_error(capsys):
    logger = logging.getLogger("hpgaxis")
    before, level = list(logger.handlers), logger.level
    try:
        errors.show_log()
        errors.show_log()
        model._announce_compilation()
        assert capsys.readouterr() == (
            "",
            "hpgaxis: compiling the equations (first run only, some seconds) ...\n",
        )
    finally:
        logger.handlers[:] = before
        logger.setLevel(level)


@ON_POSIX
def test_the_command_line_says_what_is_wrong_with_a_folder(tmp_path):
    tmp_path.chmod(0o777)
    command = [sys.executable, "-m", "hpgaxis.cli.main", "simulate", "no treatment", "--days", "3"]
    environment = {**os.environ, "HPGAXIS_CACHE": str(tmp_path)}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert said.returncode == 2 and "Traceback" not in said.stderr
    assert f"error: the folder of compiled code, {tmp_path}, can be written to by others" in said.stderr
    assert not list(tmp_path.iterdir())
