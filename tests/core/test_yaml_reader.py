"""Strict YAML: which values are read, what is refused and where; no bytes do worse than a LanguageError."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emulator.core.errors import ConfigError, LanguageError, ScenarioError
from emulator.core.yaml_reader import MAX_BYTES, MAX_DEPTH, MAX_NODES, MAX_PROBLEMS, Document, read_yaml

if TYPE_CHECKING:
    from emulator.core.models import JsonValue

BOTH_PARSERS = pytest.mark.parametrize("compiled", [True, False], ids=["libyaml", "pure"])


def problems(source: bytes | str, *, compiled: bool = True) -> list[str]:
    """``line:column: message`` of every problem of a source that must be refused."""
    with pytest.raises(ScenarioError) as caught:
        read_yaml(source, file="f.yaml", compiled=compiled)
    return [str(problem).removeprefix("f.yaml:") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("12", 12),
        ("-3", -3),
        ("0", 0),
        ("0x1F", 31),
        ("9223372036854775807", 2**63 - 1),
        ("1.5", 1.5),
        (".5", 0.5),
        ("-0.5", -0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("1.5E-2", 0.015),
        ("plain words", "plain words"),
        ("y", "y"),
        ("N", "N"),
        ("2020-01-01 at noon", "2020-01-01 at noon"),
        ("1.2.3.4", "1.2.3.4"),
        ("30s", "30s"),
        ("'yes'", "yes"),
        ('"010"', "010"),
        ("'2020-01-01'", "2020-01-01"),
        ("'+13125551234'", "+13125551234"),
        ("!!str 12", "12"),
        ("! 12", "12"),
        ("!!int 12", 12),
        ("!!float 1", 1),
        ("!!bool true", True),
        ("!!null ~", None),
        ("!!seq [1]", [1]),
        ("!!map {a: 1}", {"a": 1}),
        ("|\n    two\n    lines", "two\nlines"),
        ("[a, {b: c}]", ["a", {"b": "c"}]),
    ],
)
@BOTH_PARSERS
def test_a_value_is_what_yaml_1_2_says(text: str, value: JsonValue, compiled: bool) -> None:
    """The core schema, with the type as well as the value."""
    read = read_yaml(f"key: {text}", file="f.yaml", compiled=compiled).value["key"]
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        *[(word, "write true or false, or quote it") for word in ("yes", "No", "ON", "off")],
        ("1:30", "base 60"),
        ("190:20:30.15", "base 60"),
        ("010", "octal"),
        ("-012", "octal"),
        ("08", "octal"),
        ("08.5", "starts with 0"),
        ("0b101", "in decimal"),
        ("0o17", "in decimal"),
        ("-0x1F", "in decimal"),
        ("1_000", "drop the _"),
        ("1_000.5", "drop the _"),
        ("2020-01-01", "date"),
        ("2020-01-01 10:00:00", "date"),
        ("2020-01-01T10:00:00Z", "date"),
        ("2020-01-01 10:00:00.5 -05:00", "date"),
        ("+13125551234", "telephone number"),
        ("+1.5", "drop the +"),
        (".inf", "no number that JSON can carry"),
        (".NaN", "no number that JSON can carry"),
        ("1e400", "larger than any number"),
        ("9223372036854775808", "does not fit 64 bits"),
        ("9" * 5000, "does not fit 64 bits"),
        ("=", "quote it"),
        ("!!int 1.5", "is no int"),
        ("!!int '1'", "is no int"),
        ("!!binary AAAA", "the tag '!!binary'"),
        ("!python/object:os.system 1", "the tag '!python/object:os.system'"),
        ("!!map [1]", "the tag '!!map'"),
        ("!!set {a: 1}", "the tag '!!set'"),
    ],
)
@BOTH_PARSERS
def test_a_surprising_scalar_is_refused_with_advice_at_its_place(text: str, why: str, compiled: bool) -> None:
    """What YAML 1.1 reads otherwise, what JSON can't carry, and tags of other types."""
    (problem,) = problems(f"a: 1\nkey: {text}\n", compiled=compiled)
    assert problem.startswith("2:6: ")
    assert why in problem
    assert len(problem) < 200


@pytest.mark.parametrize("piece", ["1", "1_", "1:5", "0", "0_", "1.", "1e", "+1", "-", "_", "9" * 4 + "-1"])
@pytest.mark.parametrize("start", ["", "+", "0", "0x", "2020-01-01 "])
def test_a_long_scalar_takes_no_longer_than_it_is_long(start: str, piece: str) -> None:
    """No pattern backtracks: a hundred thousand digits that are no number in the end are soon known for text."""
    text = start + piece * 100_000 + "x"
    began = time.process_time()
    assert outcome(f"key: {text}", compiled=True) is not None
    assert time.process_time() - began < 1


@BOTH_PARSERS
def test_each_key_and_value_has_its_place(compiled: bool) -> None:
    """Lines and columns from 1, in characters."""
    document = read_yaml("a: 1\n\u00e9\u00e9: [x, {b: z}]\n", file="f.yaml", compiled=compiled)
    assert document.values == {
        (): (1, 1),
        ("a",): (1, 4),
        ("\u00e9\u00e9",): (2, 5),
        ("\u00e9\u00e9", 0): (2, 6),
        ("\u00e9\u00e9", 1): (2, 9),
        ("\u00e9\u00e9", 1, "b"): (2, 13),
    }
    assert document.keys == {("a",): (1, 1), ("\u00e9\u00e9",): (2, 1), ("\u00e9\u00e9", 1, "b"): (2, 10)}


def test_a_complaint_stands_at_the_nearest_place() -> None:
    """A path that isn't there is reported where it would be."""
    document = read_yaml("a:\n  - b\n", file="f.yaml")
    assert str(document.at(("a", 0), "x")) == "f.yaml:2:5: x"
    assert str(document.at(("a", 0, "gone", 7), "x")) == "f.yaml:2:5: x"
    assert str(document.at_key(("a",), "x")) == "f.yaml:1:1: x"
    assert str(document.at_key(("a", 0), "x")) == "f.yaml:2:5: x"


@BOTH_PARSERS
def test_every_problem_is_reported_in_the_order_of_the_file(compiled: bool) -> None:
    """One run shows all that is to be mended."""
    assert problems("a: yes\nb: 1\nb: 2\non: 3\n", compiled=compiled) == [
        "1:4: 'yes' is true or false to some YAML readers and text to others: write true or false, or quote it",
        "3:1: the key 'b' stands at line 2 already",
        "4:1: 'on' is true or false to some YAML readers and text to others: write true or false, or quote it",
    ]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("", "1:1: the file is empty"),
        ("# nothing\n", "1:1: the file is empty"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document starts here: one file holds one"),
        ("%YAML 1.1\n---\na: 1\n", "1:1: only YAML 1.2 is read: leave the %YAML line out"),
        ("a: 1\n1: 2\n", "2:1: a key is text: quote it"),
        ("? [a]\n: b\n", "1:3: a key is text: quote it"),
        (
            "a: {}\nb:\n  <<: {c: 1}\n",
            "3:3: '<<' is a merge key, which is no part of YAML 1.2: write the keys out",
        ),
        ("a: *x\n", "1:4: '*x' is not anchored above"),
        ("a: &x [*x]\n", "1:8: '*x' contains itself"),
        ("a:\n\tb: 1\n", "2:1: a tab can't indent: use spaces"),
        ("a: @b\n", "1:4: text that starts with @ needs quotes"),
        ("a: `b`\n", "1:4: text that starts with ` needs quotes"),
        (b"a: \xff\n", "1:4: these bytes are not UTF-8: save the file as UTF-8"),
        (b"a: 1\nb: \xc3", "2:4: these bytes are not UTF-8: save the file as UTF-8"),
        ("a: 1".encode("utf-16"), "1:1: the file is UTF-16: save it as UTF-8"),
        ("a: 1\nb: \x00\n", '2:4: U+0000 can\'t stand in YAML: write "\\x.." or leave it out'),
        ("a: \ud800\n", '1:4: U+D800 can\'t stand in YAML: write "\\x.." or leave it out'),
        ("a: " + "x" * MAX_BYTES, "1:1: the file is larger than 1048576 bytes"),
        (b"a: " + b"x" * MAX_BYTES, "1:1: the file is larger than 1048576 bytes"),
    ],
)
@BOTH_PARSERS
def test_what_is_not_one_strict_document_is_refused_at_its_place(
    source: bytes | str, problem: str, compiled: bool
) -> None:
    """The two parsers refuse alike, in the same words."""
    assert problems(source, compiled=compiled) == [problem]


@pytest.mark.parametrize(
    ("source", "start", "hint"),
    [
        ("a: b: c\n", "1:5: this is not YAML: mapping values are not allowed", "needs quotes"),
        ("a: 'x\n", "2:1: this is not YAML: found unexpected end of stream", ""),
        ("a: [1\n", "2:1: this is not YAML: ", ""),
        ('a: "\\U99999999"\n', "1:", "this is not YAML"),
        ('a: "\\uFFFFFFFF"\n- b', "", "this is not YAML"),
        ('a: "\\ud800"\n', "1:", ""),
    ],
)
@BOTH_PARSERS
def test_a_syntax_error_is_the_parsers_own_with_a_hint(source: str, start: str, hint: str, compiled: bool) -> None:
    """The words differ between the parsers, the place and the advice don't."""
    (problem,) = problems(source, compiled=compiled)
    assert problem.startswith(start)
    assert hint in problem


def test_problems_before_a_syntax_error_are_kept() -> None:
    """What was found before the reading ended is reported with it."""
    assert [problem.split(":")[0] for problem in problems("a: yes\nb: c: d\n")] == ["1", "2"]


@BOTH_PARSERS
def test_a_byte_order_mark_is_skipped(compiled: bool) -> None:
    """As bytes and as text; columns don't count it."""
    for source in (b"\xef\xbb\xbfa: 1", "\ufeffa: 1"):
        document = read_yaml(source, file="f.yaml", compiled=compiled)
        assert document.value == {"a": 1}
        assert document.values["a",] == (1, 4)


@BOTH_PARSERS
def test_an_alias_repeats_its_anchor_with_the_anchors_places(compiled: bool) -> None:
    """So that a complaint about it stands at the text that must change."""
    document = read_yaml("a: &x {k: 1}\nb: *x\n", file="f.yaml", compiled=compiled)
    assert document.value == {"a": {"k": 1}, "b": {"k": 1}}
    assert document.values["b", "k"] == (1, 11)
    assert document.value["a"] is not document.value["b"]


def test_aliases_can_not_multiply_without_bound() -> None:
    """The billion laughs: nine lines that would become ten to the ninth values."""
    lines = ["a0: &a0 [" + ", ".join("x" * 10) + "]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 10) + "]" for n in range(1, 10)]
    assert problems("\n".join(lines)) == [
        f"1:1: with its aliases expanded it has over {MAX_NODES} values or is too deep"
    ]


def test_aliases_can_not_nest_without_bound() -> None:
    """Depth counts after expansion."""
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, MAX_DEPTH + 5)]
    assert problems("\n".join(lines)) == [
        f"1:1: with its aliases expanded it has over {MAX_NODES} values or is too deep"
    ]


@BOTH_PARSERS
def test_depth_is_bounded(compiled: bool) -> None:
    """Also where the file would go on for long; a scanner that has a bound of its own tells the place of that."""
    read_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH, file="f.yaml", compiled=compiled)
    assert problems("[\n" * 20_000, compiled=compiled) == [f"65:1: it is nested deeper than {MAX_DEPTH} levels"]
    [on_one_line] = problems("[" * 20_000, compiled=compiled)
    assert on_one_line.startswith("1:")
    assert on_one_line.endswith(f": it is nested deeper than {MAX_DEPTH} levels")


def test_the_number_of_values_is_bounded() -> None:
    """Before aliases too."""
    assert problems("[" + "1," * (MAX_NODES + 1) + "]") == [f"1:{2 * MAX_NODES}: it has over {MAX_NODES} values"]


def test_the_number_of_problems_is_bounded() -> None:
    """A file of another kind doesn't fill the screen."""
    assert len(problems("- yes\n" * 1000)) == MAX_PROBLEMS


def test_the_caller_chooses_the_error() -> None:
    """The configuration file is read by the same reader."""
    with pytest.raises(ConfigError, match=re.escape("siprec.yaml:1:1: the file is empty")):
        read_yaml("", file="siprec.yaml", error=ConfigError)


def outcome(source: bytes | str, *, compiled: bool) -> Document | None:
    """What was read, or None for a refusal; anything else that is raised fails the test."""
    try:
        return read_yaml(source, file="f.yaml", compiled=compiled)
    except LanguageError as refused:
        places = [(problem.line, problem.column) for problem in refused.problems]
    assert min(places) >= (1, 1)
    return None


YAML_LIKE = st.text(alphabet="ab01 :-\n\t[]{},\"'|>&*!?#%@~=.+_\\yno<\u00e9\u2028", max_size=60)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100) | YAML_LIKE)
@example('"\\U99999999"')
@example("%YAML 1." + "9" * 5000 + "\n---\n")
@example("- !<%FF> a")
@example("? \n? ")
@example("&a")
def test_no_input_does_worse_than_a_language_error(source: bytes | str) -> None:
    """Neither parser lets any other exception out."""
    outcome(source, compiled=True)
    outcome(source, compiled=False)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(alphabet=st.characters(codec="utf-8"), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet="abcxyz-", max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(JSON_VALUES)
def test_json_reads_as_itself_in_both_parsers(value: JsonValue) -> None:
    """JSON is YAML 1.2: every value comes back, and both parsers see the same places."""
    text = _json(value)
    compiled, pure = outcome(text, compiled=True), outcome(text, compiled=False)
    assert compiled is not None
    assert compiled == pure
    assert compiled.value == value


def _json(value: JsonValue) -> str:
    """ASCII JSON, short escapes in astral characters' stead: YAML has no surrogate pairs (1.2.2 section 5.7)."""
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(character):08x}" for character in value) + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(_json, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_json(key)}: {_json(inner)}" for key, inner in value.items()) + "}"
    return {None: "null", True: "true", False: "false"}.get(value) or str(value)
