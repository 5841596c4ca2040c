"""A matcher against a value, and what is said where it does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.matching import Comparison, expected, found, holds, in_words, read_matcher
from emulator.core.scenario.model import Matcher, MatchKind

if TYPE_CHECKING:
    from emulator.core.models import JsonValue

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("x", Matcher(kind=MatchKind.EQUALS, operand="x")),
        (None, Matcher(kind=MatchKind.EQUALS, operand=None)),
        ({"equals": 1}, Matcher(kind=MatchKind.EQUALS, operand=1)),
        ({"prefix": "x"}, Matcher(kind=MatchKind.PREFIX, operand="x")),
        ({"one_of": ["x", 1]}, Matcher(kind=MatchKind.ONE_OF, operand=("x", 1))),
        ({"present": False}, Matcher(kind=MatchKind.PRESENT, operand=False)),
    ],
)
def test_a_bare_scalar_is_equality_and_a_mapping_is_one_comparison(written: JsonValue, read: Matcher) -> None:
    assert read_matcher(written) == read


@pytest.mark.parametrize(
    ("written", "value", "there", "verdict"),
    [
        ("x", "x", True, True),
        ("x", "X", True, False),
        (1, 1.0, True, True),
        (1, True, True, False),
        (None, None, True, True),
        (None, None, False, False),
        ({"one_of": ["x", 1]}, 1, True, True),
        ({"one_of": ["x", 1]}, True, True, False),
        ({"prefix": "v3:"}, "v3:abc", True, True),
        ({"prefix": "3"}, 3, True, False),
        ({"glob": "a*[bc]?"}, "a--c1", True, True),
        ({"glob": "A*"}, "abc", True, False),
        ({"glob": "*"}, None, True, False),
        ({"present": True}, None, True, True),
        ({"present": True}, None, False, False),
        ({"present": False}, None, False, True),
    ],
)
def test_types_count_case_counts_and_only_presence_holds_for_what_is_absent(
    written: JsonValue, value: JsonValue, there: bool, verdict: bool
) -> None:
    matcher = read_matcher(written)
    assert holds(matcher, value, there=there) is verdict
    assert Comparison("x", matcher, value, there).holds is verdict


@pytest.mark.parametrize(
    ("written", "value", "there", "words"),
    [
        ("x", "y", True, "f is 'y', not 'x'"),
        (True, None, True, "f is null, not true"),
        ("x", None, False, "f is not there, not 'x'"),
        ({"one_of": ["x", 1]}, [], True, "f is a list, not one of 'x', 1"),
        ({"prefix": "v3:"}, {}, True, "f is a mapping, not text that starts with 'v3:'"),
        ({"glob": "a*"}, 1, True, "f is 1, not matching glob 'a*'"),
        ({"present": True}, None, False, "f is not there, and it must be there"),
        ({"present": False}, "x", True, "f is there, and it must not be there"),
    ],
)
def test_a_miss_says_what_was_found_and_what_was_wanted(
    written: JsonValue, value: JsonValue, there: bool, words: str
) -> None:
    assert in_words(Comparison("f", read_matcher(written), value, there)) == words


def test_what_is_long_is_cut() -> None:
    long = "x" * 100
    missed = Comparison("f", read_matcher(long), long)
    assert expected(missed.matcher) == found(missed) == f"'{'x' * 57}...'"


def test_a_wanted_presence_has_words_of_its_own() -> None:
    assert [expected(read_matcher({"present": wanted})) for wanted in (True, False)] == ["there", "not there"]


@settings(deadline=None)
@given(SCALARS)
def test_every_scalar_equals_itself_and_is_one_of_itself(value: JsonValue) -> None:
    assert holds(read_matcher(value), value)
    assert holds(read_matcher({"one_of": [value]}), value)
