"""One call of the control API as a value: what is asked, and how the answer is read.

Owns how a path, a query, a body and a duration are written. Must not know a route: ``calls.py`` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import isfinite
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

from emulator.client import answers
from emulator.core.durations import parse_duration
from emulator.core.models import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.client.answers import Document

LONGEST_WAIT_SECS = 60.0
"""The longest that the server lets a request wait; also how long an advance may take, which awaits deliveries."""

DEFAULT_WAIT_SECS = 10.0

Span: TypeAlias = "str | float | timedelta"
"""A duration: a text such as ``250ms`` or ``30s``, a number of seconds, or a ``timedelta``."""

Parse: TypeAlias = "Callable[[bytes], object]"
"""Makes of an answer's body what is read."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[Result]):
    """One request to the control API.

    Attributes:
        method: Such as ``GET``.
        path: Below the prefix, percent-encoded, with its query.
        read: Makes the result of the status and of what ``parse`` made of the body, or raises what they mean.
        body: A text goes as it is, all else as JSON; None: there is none.
        parse: Makes of the answer's body what ``read`` takes.
        held_secs: How long the server itself may hold its answer back, beside the client's own patience.
    """

    method: str
    path: str
    read: Callable[[int, object], Result]
    body: object = None
    parse: Parse = answers.parsed
    held_secs: float = 0.0


def at(*parts: str, **fields: str | None) -> str:
    """A path below the prefix.

    Args:
        parts: Its segments, not yet percent-encoded.
        fields: Of its query; None leaves one out.
    """
    query = given(**fields)
    path = "".join("/" + quote(part, safe="", errors="surrogateescape") for part in parts)
    return f"{path}?{urlencode(query)}" if query else path


def listing(*parts: str, **fields: str | None) -> Call[list[Document]]:
    """A call for a list; arguments as of ``at``."""
    return Call(method="GET", path=at(*parts, **fields), read=answers.listed)


def given(**fields: object) -> Document:
    """The fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def text_of(span: Span | None) -> str | None:
    """A duration as the control API reads it."""
    if span is None or isinstance(span, str):
        return span
    return f"{_number(span):.6f}s"


def seconds_of(span: Span) -> float:
    """The server refuses at once what is no duration or is too long, so any bound will do for those."""
    try:
        return parse_duration(span) / SECOND if isinstance(span, str) else _number(span)
    except ValueError:
        return LONGEST_WAIT_SECS


def _number(span: float | timedelta) -> float:
    """Seconds.

    Raises:
        TypeError: What was given is no duration.
        ValueError: It is not finite.
    """
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    if not isinstance(seconds, int | float):
        raise TypeError(f"a duration is a number of seconds, a text such as '30s' or a timedelta, not {span!r}")
    if not isfinite(seconds):
        raise ValueError(f"a duration is finite: {span!r} is not")
    return seconds
