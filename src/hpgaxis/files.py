"""Files: text of bounded size, a strict and safe reader of YAML, plain data for JSON, and files that are written whole
or not at all.

`read_yaml` reads the core schema of YAML 1.2, not the 1.1 of PyYAML's own loaders: `yes`, `no`, `on`, `off` and dates
are text, and `1e3` is a number. It refuses, with the line: a key that stands twice, keys that are not text, numbers
that are not finite, numbers that the two versions read differently (030, 1_000, 1:30, 0x1f), tags, merge keys, several
documents in one text, and texts that are too long, too deep, or grow too large through aliases.
"""

from __future__ import annotations

import math
import os
import re
import reprlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from .errors import InputError

MAX_CHARACTERS = 5_000_000
"""Longest text that is read."""
MAX_DEPTH = 50
"""Deepest nesting of lists and mappings."""
MAX_VALUES = 100_000
"""Values of one YAML text; repetitions by aliases count."""
LARGEST_INTEGER = 2**63 - 1

NULL = {"", "~", "null", "Null", "NULL"}
BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INTEGER = re.compile(r"[-+]?[0-9]+")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+(\.[0-9_]*)?([eE][-+]?[0-9]+)?")
UNDERSCORE = re.compile(r"[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?")
OTHER_BASE = re.compile(r"[-+]?0[xob][0-9a-fA-F_]+")
SIXTIES = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")

_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = 60
_short.maxlevel, _short.maxlist, _short.maxdict = 2, 4, 4


def shown(value: object) -> str:
    """A value in an error message: its repr, shortened."""
    return _short.repr(value)


def plain(data: Any) -> Any:
    """Return data as lists, dicts, texts and finite numbers; None in place of numbers that are not finite."""
    if is_dataclass(data):
        return plain(asdict(data))  # pyright: ignore[reportArgumentType]
    if isinstance(data, Mapping):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [plain(value) for value in data]
    if (as_list := getattr(data, "tolist", None)) is not None:
        return plain(as_list())
    return None if isinstance(data, float) and not math.isfinite(data) else data


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file in a temporary place and move it, so that no incomplete file remains.

    Parameters
    ----------
    path : the file; folders that are missing are made.
    write : writes to the path that it is given.

    Raises
    ------
    OSError, naming the path: no space, no permission, a folder stands there.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
        os.close(handle)
        write(Path(temporary))
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise


def write_folder(path: Path, write: Callable[[Path], object]) -> None:
    """Fill a folder in a temporary place and move it, so that no incomplete folder remains.

    Parameters
    ----------
    path : the folder, which must not exist; folders above it that are missing are made.
    write : fills the folder that it is given.

    Raises
    ------
    OSError: no space, no permission, something stands there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}-"))
    try:
        write(temporary)
        temporary.chmod(0o755)
        temporary.rename(path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def check_ending(path: Path, endings: tuple[str, ...]) -> str:
    """The file's ending in lower case. Raises InputError when it is none of `endings`."""
    kind = path.suffix.lower()
    if kind not in endings:
        known = " or ".join([", ".join(endings[:-1]), endings[-1]] if endings[1:] else endings)
        raise InputError(f"cannot write {path.name}: the ending {kind!r} is not {known}")
    return kind


def read_text(path: Path, error: type[InputError] = InputError) -> str:
    """Text of a file in UTF-8.

    Parameters
    ----------
    path : the file.
    error : class of the error that is raised.

    Raises
    ------
    InputError (or `error`), naming the path: no such file, a folder, no permission, not text, or above 5 MB.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(MAX_CHARACTERS + 1)
    except FileNotFoundError:
        raise error(f"no file {path}") from None
    except IsADirectoryError:
        raise error(f"{path} is a folder; expected a file") from None
    except UnicodeDecodeError:
        raise error(f"{path} is not text (UTF-8 is expected)") from None
    except (OSError, ValueError) as problem:  # ValueError: a zero character in the path
        raise error(f"{path} cannot be read: {problem}") from None
    if len(text) > MAX_CHARACTERS:
        raise error(f"{path} is larger than {MAX_CHARACTERS // 10**6} MB; expected a file that a person writes")
    if "\0" in text:
        raise error(f"{path} is not text (it holds a zero character)")
    return text


def read_yaml(text: str, where: str, error: type[InputError] = InputError) -> Any:
    """Data of a YAML text: text, numbers, booleans and None in lists and dicts (keys are text).

    Parameters
    ----------
    text : the YAML.
    where : name of the file or form, for messages.
    error : class of the error that is raised.

    Raises
    ------
    InputError (or `error`): the text is not YAML, or holds what this module's head refuses; names the line.

    Examples
    --------
    >>> read_yaml("age: 34", "patient.yaml")
    {'age': 34}
    >>> read_yaml("age: 034", "patient.yaml")
    Traceback (most recent call last):
    hpgaxis.errors.InputError: patient.yaml, line 1: 034 has a leading zero; write 34, or put it in quotes if it is text
    """
    return _Reader(text, where, error).data


def read_yaml_with_lines(
    text: str, where: str, error: type[InputError] = InputError
) -> tuple[Any, dict[tuple[str | int, ...], int]]:
    """The same, and the line (from 1) of each value by its path of keys and indices; () is the whole text.

    Values of an alias have no lines: use `line_of`.
    """
    reader = _Reader(text, where, error)
    return reader.data, reader.lines


def line_of(lines: dict[tuple[str | int, ...], int], path: Iterable[str | int]) -> int:
    """Line of the deepest part of a path that the text holds; lines: from `read_yaml_with_lines`."""
    parts = tuple(path)
    while parts and parts not in lines:
        parts = parts[:-1]
    return lines.get(parts, 1)


class _Reader:
    """Reads one text from the parser's events, without copies of aliased values."""

    def __init__(self, text: str, where: str, error: type[InputError]) -> None:
        import yaml

        self.yaml, self.where, self.error = yaml, where, error
        self.values = 0
        self.anchors: dict[str, tuple[Any, int] | None] = {}
        self.lines: dict[tuple[str | int, ...], int] = {(): 1}
        if len(text) > MAX_CHARACTERS:
            raise error(f"{where}: longer than {MAX_CHARACTERS} characters; expected what a person writes")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise error(f"{where}: not text (it holds half of a surrogate pair)") from None
        try:
            self.data = self._document(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
        except yaml.YAMLError as problem:
            raise error(f"{where}: not YAML, or cut off: {_told(problem)}") from None

    def _refused(self, event: Any, fault: str) -> InputError:
        return self.error(f"{self.where}, line {event.start_mark.line + 1}: {fault}")

    def _document(self, events: Iterator[Any]) -> Any:
        yaml, value, documents = self.yaml, None, 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refused(event, "a second YAML document begins (---); expected one")
            elif isinstance(event, yaml.NodeEvent):
                self.lines[()] = event.start_mark.line + 1
                value = self._value(event, events, ())
        return value

    def _value(self, event: Any, events: Iterator[Any], path: tuple[str | int, ...]) -> Any:
        """The value that begins with this event; reads on to its end."""
        yaml = self.yaml
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self.values
        self._count(event, 1)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event)
        elif event.tag is not None:
            raise self._refused(event, f"the tag {event.tag} is not read; leave it out")
        elif len(path) >= MAX_DEPTH:
            raise self._refused(event, f"more than {MAX_DEPTH} lists and mappings stand inside one another")
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._list(events, path)
        else:
            value = self._mapping(events, path)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, self.values - before)
        return value

    def _count(self, event: Any, values: int) -> None:
        self.values += values
        if self.values > MAX_VALUES:
            raise self._refused(
                event, f"more than {MAX_VALUES} values, those that aliases (*) repeat counted each time"
            )

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self.anchors:
            raise self._refused(event, f"the alias *{event.anchor} stands for nothing; no &{event.anchor} is before it")
        known = self.anchors[event.anchor]
        if known is None:
            raise self._refused(event, f"the alias *{event.anchor} stands inside what it stands for")
        value, size = known
        self._count(event, size)
        return value

    def _list(self, events: Iterator[Any], path: tuple[str | int, ...]) -> list[Any]:
        items: list[Any] = []
        for event in events:
            if isinstance(event, self.yaml.SequenceEndEvent):
                break
            inside = (*path, len(items))
            self.lines[inside] = event.start_mark.line + 1
            items.append(self._value(event, events, inside))
        return items

    def _mapping(self, events: Iterator[Any], path: tuple[str | int, ...]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for event in events:
            if isinstance(event, self.yaml.MappingEndEvent):
                break
            key = self._key(event)
            inside = (*path, key)
            if key in fields:
                raise self._refused(event, f"{shown(key)} stands twice (first in line {self.lines[inside]}); keep one")
            self.lines[inside] = event.start_mark.line + 1
            fields[key] = self._value(next(events), events, inside)
        return fields

    def _key(self, event: Any) -> str:
        if isinstance(event, self.yaml.AliasEvent):
            key = self._alias(event)
        elif isinstance(event, self.yaml.ScalarEvent):
            if event.implicit[0] and event.value == "<<":
                raise self._refused(event, "merge keys (<<) are not read; write the fields out")
            key = self._value(event, iter(()), ())
        else:
            raise self._refused(event, "a list or a mapping stands where the name of a field is expected")
        if not isinstance(key, str):
            raise self._refused(event, f"{shown(key)} stands where the name of a field is expected; a name is text")
        return key

    def _scalar(self, event: Any) -> Any:
        plain, text = event.implicit[0], event.value
        if not plain:
            if event.tag is not None and event.tag not in ("!", "tag:yaml.org,2002:str"):
                raise self._refused(event, f"the tag {event.tag} is not read; leave it out")
            return text
        if text in NULL:
            return None
        if text in BOOLEAN:
            return BOOLEAN[text]
        if text[0] not in "+-.0123456789":
            return text
        quotes = "or put it in quotes if it is text"
        if NOT_FINITE.fullmatch(text):
            raise self._refused(event, f"{text} is no finite number; write a finite one, {quotes}")
        if OTHER_BASE.fullmatch(text):
            raise self._refused(event, f"{shown(text)[1:-1]} is not decimal; write a decimal number, {quotes}")
        if SIXTIES.fullmatch(text):
            fault = f"{shown(text)[1:-1]} is a number to base 60 or text, by the version of YAML"
            raise self._refused(event, f"{fault}; write a decimal number, {quotes}")
        odd = LEADING_ZERO.fullmatch(text), "_" in text and UNDERSCORE.fullmatch(text)
        if any(odd):
            clean = re.sub(r"^([-+]?)0+(?=[0-9])", r"\1", text.replace("_", ""))
            fault = "a leading zero" if odd[0] else "an underscore"
            raise self._refused(event, f"{shown(text)[1:-1]} has {fault}; write {shown(clean)[1:-1]}, {quotes}")
        if NUMBER.fullmatch(text):
            return self._number(event, text)
        return text

    def _number(self, event: Any, text: str) -> int | float:
        whole = INTEGER.fullmatch(text)
        value = int(text) if whole and len(text) <= 20 else float(text)
        if not math.isfinite(value) or (whole and abs(value) > LARGEST_INTEGER):
            raise self._refused(event, f"the number {shown(text)[1:-1]} is too large")
        return value


def _told(problem: Any) -> str:
    """The parser's error and its place, in one line."""
    message = getattr(problem, "problem", None) or str(problem).splitlines()[0]
    mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
    return f"{message} (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else message
