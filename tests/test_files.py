"""Files that users write: what is read, what is refused, and in which line."""

import json
import math
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hpgaxis.errors import InputError
from hpgaxis.files import line_of, read_text, read_yaml, read_yaml_with_lines, shown
from tests.generated import many_cases

PACKAGE = Path(__file__).parents[1] / "src" / "hpgaxis"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("30", 30),
        ("-2", -2),
        ("0", 0),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.5e-3", 0.0015),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("no", "no"),
        ("off", "off"),
        ("2020-01-31", "2020-01-31"),
        ("265 ng/dL", "265 ng/dL"),
        ("'030'", "030"),
        ('"1:30"', "1:30"),
        ("!!str 030", "030"),
        ("10:30 a.m.", "10:30 a.m."),
        ("\ufeffage: 3", {"age": 3}),
        ("&x 5", 5),
        ("{a: &x [1, 2], b: *x}", {"a": [1, 2], "b": [1, 2]}),
        ("%YAML 1.1\n---\na: 5", {"a": 5}),
    ],
)
def test_values_are_those_of_the_core_schema_of_yaml_1_2(text, value):
    found = read_yaml(text, "x.yaml")
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("age: 30\nbmi: 24\nage: 40", r"x\.yaml, line 3: 'age' stands twice \(first in line 1\); keep one"),
        ("labs:\n  lh: 1\n  'lh': 2", r"line 3: 'lh' stands twice"),
        ("age: 030", r"x\.yaml, line 1: 030 has a leading zero; write 30, or put it in quotes if it is text"),
        ("age: 007.5", r"007\.5 has a leading zero; write 7\.5"),
        ("age: 1_000", r"1_000 has an underscore; write 1000, or"),
        ("bmi: 24\nage: 1:30", r"line 2: 1:30 is a number to base 60 or text, .* write a decimal number, or"),
        ("age: 0x1F", r"0x1F is not decimal; write a decimal number"),
        ("age: 0o17", r"0o17 is not decimal"),
        ("age: .nan", r"\.nan is no finite number"),
        ("age: -.INF", r"-\.INF is no finite number"),
        ("age: 1e400", r"the number 1e400 is too large"),
        ("age: " + "9" * 400, r"line 1: the number 9+\.\.\.9+ is too large"),
        ("5: x", r"line 1: 5 stands where the name of a field is expected; a name is text"),
        ("null: x", r"None stands where the name of a field"),
        ("[a]: x", r"a list or a mapping stands where the name of a field is expected"),
        ("a: &x {b: 1}\nc:\n  <<: *x", r"line 3: merge keys \(<<\) are not read; write the fields out"),
        ("a: !!python/object/apply:os.system [ls]", r"the tag \S+os\.system is not read; leave it out"),
        ("a: !!int '5'", r"the tag \S+ is not read"),
        ("!!set {a}", r"the tag \S+ is not read"),
        ("a: 1\n---\nb: 2", r"line 2: a second YAML document begins"),
        ("a: *b", r"the alias \*b stands for nothing"),
        ("&a [*a]", r"the alias \*a stands inside what it stands for"),
        (BOMB, r"line 5: more than 100000 values, those that aliases \(\*\) repeat counted each time"),
        ("a: " + "[" * 3000, r"line 1: more than 50 lists and mappings stand inside one another"),
        ("a: " + "[" * 3000 + "]" * 3000, r"more than 50 lists and mappings"),
        ("- " * 1_000_000, r"more than 50 lists and mappings"),
        ("- x\n" * 400_000, r"more than 100000 values"),
        ("a" * 5_000_001, r"x\.yaml: longer than 5000000 characters"),
        ("a: \ud800", r"x\.yaml: not text"),
        ("a: \0", r"x\.yaml: not YAML, or cut off: unacceptable character"),
        ("a: {b: 1\n", r"x\.yaml: not YAML, or cut off: did not find expected ',' or '}' \(line 2, column"),
        ("a:\n\t- b", r"x\.yaml: not YAML, or cut off: .* \(line 2, column 1\)"),
    ],
)
def test_what_is_ambiguous_hostile_or_damaged_is_refused_with_its_line(text, message):
    begin = time.perf_counter()
    with pytest.raises(InputError, match=message) as caught:
        read_yaml(text, "x.yaml")
    assert time.perf_counter() - begin < 2
    assert len(str(caught.value)) < 300


def test_the_caller_chooses_the_error():
    class FormError(InputError):
        pass

    with pytest.raises(FormError):
        read_yaml("a: [", "x.yaml", FormError)


def test_lines_of_values():
    data, lines = read_yaml_with_lines("# a comment\na: 1\nb:\n  - c: 2\n  - d:\n      e: 5\n", "x.yaml")
    assert data == {"a": 1, "b": [{"c": 2}, {"d": {"e": 5}}]}
    assert [line_of(lines, path) for path in ((), ("a",), ("b", 0, "c"), ("b", 1, "d", "e"))] == [2, 2, 4, 6]
    assert line_of(lines, ["b", 1, "nothing", 7]) == 5


def test_the_package_s_own_data_read_the_same_as_by_pyyaml():
    """Except for `yes` and `no`, which become text, and 1e6, which becomes a number."""

    def same(ours, theirs):
        if isinstance(theirs, dict):
            return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in theirs)
        if isinstance(theirs, list):
            return len(ours) == len(theirs) and all(map(same, ours, theirs))
        return ours == theirs or (ours, theirs) in {("yes", True), ("no", False), (1e6, "1e6")}

    files = sorted(PACKAGE.rglob("*.yaml"))
    assert len(files) > 300
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert same(read_yaml(text, file.name), yaml.load(text, Loader=yaml.CSafeLoader)), file


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, r"no file \S+x\.yaml"),
        (lambda path: path.mkdir(), r"x\.yaml is a folder; expected a file"),
        (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe"), r"x\.yaml is not text"),
        (lambda path: path.write_bytes(b"a\0b"), r"x\.yaml is not text"),
        (lambda path: path.write_bytes(b"a" * 5_000_001), r"x\.yaml is larger than 5 MB"),
    ],
)
def test_what_is_no_text_file_is_named(make, message, tmp_path):
    make(tmp_path / "x.yaml")
    with pytest.raises(InputError, match=message):
        read_text(tmp_path / "x.yaml")


def test_an_endless_file_is_refused():
    with pytest.raises(InputError, match=r"/dev/zero is larger than 5 MB"):
        read_text(Path("/dev/zero"))


def test_text_is_read_with_or_without_a_byte_order_mark(tmp_path):
    (tmp_path / "x.yaml").write_bytes("\ufeffage: 3\r\nbmi: 24 µ\r\n".encode())
    assert read_text(tmp_path / "x.yaml") == "age: 3\nbmi: 24 µ\n"


def test_shown_values_are_short():
    nest: object = "x"
    for _ in range(8):
        nest = [nest] * 10
    assert len(shown(nest)) < 200
    assert len(shown("a" * 10**6)) < 100
    assert shown("many") == "'many'"


letters = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f\x85"), max_size=8)
leaves = st.none() | st.booleans() | st.integers(-(2**62), 2**62) | letters
leaves |= st.floats(allow_nan=False, allow_infinity=False)
trees = st.recursive(leaves, lambda x: st.lists(x, max_size=3) | st.dictionaries(letters, x, max_size=3), max_leaves=4)


@pytest.mark.generated
@many_cases
@given(trees)
def test_json_is_read_as_json(tree):
    """JSON is a part of YAML 1.2, and an independent writer."""
    printable = json.dumps(tree, ensure_ascii=False)
    if all(c.isprintable() for c in printable):
        assert read_yaml(printable, "x") == tree


@pytest.mark.generated
@many_cases
@given(st.text(st.sampled_from("ab01:. -_+[]{},&*!|>'\"#\n?%~e"), max_size=30))
def test_any_text_is_read_or_refused(text):
    """What is read agrees with PyYAML's reader of YAML 1.1, but for what the two versions read differently."""
    try:
        found = read_yaml(text, "x")
    except InputError:
        return
    theirs = yaml.load(text, Loader=yaml.CSafeLoader)
    texts = []

    def compare(ours, other):
        if isinstance(ours, dict):
            assert all(isinstance(key, str) for key in ours)
            assert len(ours) == len(other)
            for mine, its in zip(ours.values(), other.values(), strict=True):
                compare(mine, its)
        elif isinstance(ours, list):
            assert len(ours) == len(other)
            for mine, its in zip(ours, other, strict=True):
                compare(mine, its)
        elif isinstance(ours, float) and isinstance(other, str):
            assert math.isclose(ours, float(other))  # 1e3, which is text in YAML 1.1
        else:
            texts.append((ours, other))

    compare(found, theirs)
    assert all(ours == other and type(ours) is type(other) for ours, other in texts)
