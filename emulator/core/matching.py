"""A matcher against a value: whether it holds, and in words what was wanted and what was found.

Owns the comparison and its wording; scenario selection, the control API's questions and its near misses share it.
Must not know where a value comes from: whoever compares says.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from emulator.core.scenario.model import Matcher, MatchKind

if TYPE_CHECKING:
    from emulator.core.models import JsonValue

_SHOWN = 60


class Comparison(NamedTuple):
    """A matcher and what it is held against.

    Attributes:
        where: The field, as a message names it.
        value: What stands there.
        there: Tells an absent field from one that is null.
    """

    where: str
    matcher: Matcher
    value: JsonValue
    there: bool = True

    @property
    def holds(self) -> bool:
        """Whether the value is what the matcher wants."""
        return holds(self.matcher, self.value, there=self.there)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What isn't as it should be.

    Attributes:
        field: Where, such as ``body.connector_name``.
        expected: What is wanted, in words.
        found: What stands there, in words.
    """

    field: str
    expected: str
    found: str


def difference(missed: Comparison) -> Difference:
    """A comparison that doesn't hold, in words."""
    return Difference(field=cut(missed.where), expected=expected(missed.matcher), found=found(missed))


def read_matcher(written: JsonValue) -> Matcher:
    """A matcher as JSON and YAML spell it (``$defs/matcher`` of the scenario language's schema).

    Args:
        written: A scalar that must be equal, or a mapping of one comparison; the schema has checked it.
    """
    if not isinstance(written, dict):
        return Matcher(kind=MatchKind.EQUALS, operand=written)
    ((kind, operand),) = written.items()
    return Matcher(kind=MatchKind(kind), operand=tuple(operand) if isinstance(operand, list) else operand)


def holds(matcher: Matcher, value: JsonValue, *, there: bool = True) -> bool:
    """Whether a value is what the matcher wants; of an absent one only PRESENT can hold."""
    kind, operand = matcher.kind, matcher.operand
    if kind is MatchKind.PRESENT:
        return there is operand
    if not there:
        return False
    if kind is MatchKind.EQUALS:
        return _same(value, operand)
    if kind is MatchKind.ONE_OF:
        return any(_same(value, candidate) for candidate in operand)
    if not isinstance(value, str):
        return False
    return value.startswith(operand) if kind is MatchKind.PREFIX else fnmatchcase(value, operand)


def _same(value: JsonValue, other: JsonValue) -> bool:
    """Equal as JSON: 1 is 1.0, but true isn't 1."""
    return isinstance(value, bool) is isinstance(other, bool) and bool(value == other)


def in_words(missed: Comparison) -> str:
    """Why a comparison doesn't hold, as one sentence without its full stop."""
    if missed.matcher.kind is MatchKind.PRESENT:
        wanted = "be there" if missed.matcher.operand else "not be there"
        return f"{missed.where} {'is' if missed.there else 'is not'} there, and it must {wanted}"
    return f"{missed.where} is {found(missed)}, not {expected(missed.matcher)}"


def expected(matcher: Matcher) -> str:
    """What a matcher wants, such as ``'x'``, ``one of 'x', 'y'`` or ``text that starts with 'x'``."""
    kind, operand = matcher.kind, matcher.operand
    if kind is MatchKind.PRESENT:
        return "there" if operand else "not there"
    if kind is MatchKind.EQUALS:
        return shown(operand)
    if kind is MatchKind.ONE_OF:
        return f"one of {cut(', '.join(map(shown, operand)))}"
    if kind is MatchKind.PREFIX:
        return f"text that starts with {shown(operand)}"
    return f"matching glob {shown(operand)}"


def found(comparison: Comparison) -> str:
    """What stands where the matcher looked, such as ``'x'``, ``null`` or ``not there``."""
    return shown(comparison.value) if comparison.there else "not there"


def shown(value: JsonValue) -> str:
    """A value with its type to be seen: text has quotes."""
    if isinstance(value, str):
        return f"'{cut(value)}'"
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a mapping"
    return "null" if value is None else cut(str(value).lower())


def cut(text: str) -> str:
    """A text short enough for a message."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
