"""Reads the bodies that say what must match: of ``POST /verify``, ``POST /wait`` and ``PUT /receiver``, to values.

Owns those bodies' meaning; their structure stands in ``schemas/query.schema.json``. Must not look for what
matches: ``query.py`` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.bodies import Bodies
from emulator.core.delivery import DeliveryState
from emulator.core.durations import format_duration, parse_duration
from emulator.core.effects import WRITTEN_HEADERS, Reply, WireFault
from emulator.core.errors import ControlError
from emulator.core.facts import Field
from emulator.core.matching import read_matcher
from emulator.core.models import SECOND
from emulator.core.query import Count, Kind, Query
from emulator.core.reception import ReceptionRule
from emulator.core.references import pointer_to
from emulator.core.scenario.model import Matcher, MatchKind
from emulator.core.scenario.respond import TRICKLE_OVER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from emulator.core.models import Duration, HeaderList, JsonValue

MAX_WAIT: Duration = 60 * SECOND
"""How long one request may wait, in real time."""

DEFAULT_TIMEOUT: Duration = 10 * SECOND

_FILE = "query.schema.json"
_STATE = Field("state")
_PARTS = ("headers", "body", "payload")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The body of ``POST /verify``.

    Attributes:
        query: What is asked for.
        count: How many must match.
        within: How long the answer may wait for it to become true, in real time; 0 not at all.
    """

    query: Query
    count: Count
    within: Duration = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """The body of ``POST /wait``.

    Attributes:
        query: What must be there; None waits until nothing is left to do.
        count: How many of it; it has no upper bound.
        timeout: In real time.
    """

    query: Query | None
    count: Count
    timeout: Duration = DEFAULT_TIMEOUT


class Questions:
    """Reads the bodies; each one's structure is compiled when it is first met."""

    def __init__(self, schemas: Mapping[str, JsonValue]) -> None:
        """Know the structure.

        Args:
            schemas: File name to document; a question's matchers are those of the scenario language.
        """
        self._bodies = Bodies(schemas, _FILE)

    def read_verify(self, document: JsonValue) -> Verification:
        """Read the body of ``POST /verify``.

        Args:
            document: The decoded body.

        Raises:
            ControlError: 422, with the pointer of what is wrong.
        """
        self._bodies.read("verify", document)
        kind = next(kind for kind in Kind if kind in document)
        return Verification(
            query=Query(
                kind=kind, matchers=_matchers(document[kind], f"/{kind}"), last=_duration(document, "last")
            ),
            count=_count(document["count"]) if "count" in document else Count(),
            within=_bounded(document, "within", default=0),
        )

    def read_wait(self, document: JsonValue) -> Wait:
        """Read the body of ``POST /wait``.

        Args:
            document: The decoded body.

        Raises:
            ControlError: 422, with the pointer of what is wrong.
        """
        self._bodies.read("wait", document)
        return Wait(
            query=_awaited(document),
            count=Count(at_least=int(document.get("count", 1))),
            timeout=_bounded(document, "timeout", default=DEFAULT_TIMEOUT),
        )

    def read_reception(self, document: JsonValue) -> tuple[ReceptionRule, ...]:
        """Read the body of ``PUT /receiver``.

        Args:
            document: The decoded body.

        Returns:
            The rules, the first one first.

        Raises:
            ControlError: 422, with the pointer of what is wrong.
        """
        self._bodies.read("reception", document)
        return tuple(_rule(one, f"/answers/{index}") for index, one in enumerate(document.get("answers", ())))


def _rule(written: Mapping[str, JsonValue], pointer: str) -> ReceptionRule:
    return ReceptionRule(
        query=Query(kind=Kind.RECEIVED, matchers=_matchers(written.get("match", {}), f"{pointer}/match")),
        reply=Reply(
            status=int(written.get("status", 200)),
            body=written.get("body", "").encode(),
            content_type="text/plain; charset=utf-8",
            headers=_headers(written.get("headers", {}), f"{pointer}/headers"),
            delay=_duration(written, "delay", pointer) or 0,
            fault=WireFault(written["fault"]) if "fault" in written else None,
            trickle=_spread(written, pointer),
        ),
        count=int(written["count"]) if "count" in written else None,
    )


def _headers(written: Mapping[str, JsonValue], pointer: str) -> HeaderList:
    for name in written:
        if name.lower() in WRITTEN_HEADERS:
            raise ControlError(422, f"the receiver writes '{name}' itself", pointer=pointer + pointer_to((name,)))
    return tuple((name, str(value)) for name, value in written.items())


def _spread(written: Mapping[str, JsonValue], pointer: str) -> Duration:
    """Over how long an answer trickles."""
    if "over" in written and written.get("fault") != WireFault.TRICKLE:
        raise ControlError(422, "'over' goes with 'fault: trickle' alone", pointer=f"{pointer}/over")
    spread = _duration(written, "over", pointer)
    return TRICKLE_OVER if spread is None else spread


def _awaited(document: Mapping[str, JsonValue]) -> Query | None:
    if "webhook" in document:
        matchers = _matchers(document["webhook"], "/webhook")
        if all(field != _STATE for field, _ in matchers):
            matchers = (*matchers, (_STATE, Matcher(kind=MatchKind.EQUALS, operand=DeliveryState.DELIVERED)))
        return Query(kind=Kind.WEBHOOKS, matchers=matchers)
    if "session" in document:
        return Query(kind=Kind.SESSIONS, matchers=_matchers(document["session"], "/session"))
    if "call" in document:
        return Query(kind=Kind.CALLS, matchers=_matchers(document["call"], "/call"))
    if "count" in document:
        raise ControlError(
            422, "'count' says how many webhooks, sessions or calls; idle has none.", pointer="/count"
        )
    return None


def _matchers(written: Mapping[str, JsonValue], pointer: str) -> tuple[tuple[Field, Matcher], ...]:
    matchers: dict[Field, Matcher] = {}
    for field, path, value in _fields(written):
        if field in matchers:
            raise ControlError(
                422,
                f"the header '{field.name}' stands here twice: case is one",
                pointer=pointer + pointer_to(path),
            )
        matchers[field] = read_matcher({"one_of": value} if isinstance(value, list) else value)
    return tuple(matchers.items())


def _fields(written: Mapping[str, JsonValue]) -> Iterator[tuple[Field, tuple[str, ...], JsonValue]]:
    """Each field with its path and what is written there."""
    for key, value in written.items():
        if key not in _PARTS:
            yield Field(key), (key,), value
            continue
        for name, matcher in value.items():
            yield Field(key, name.lower() if key == "headers" else name), (key, name), matcher


def _count(written: JsonValue) -> Count:
    if not isinstance(written, dict):
        return Count(at_least=int(written), at_most=int(written))
    count = Count(at_least=written.get("at_least", 0), at_most=written.get("at_most"))
    if count.at_most is not None and count.at_most < count.at_least:
        raise ControlError(422, "at_most is below at_least: no number is both.", pointer="/count")
    return count


def _duration(document: Mapping[str, JsonValue], key: str, root: str = "") -> Duration | None:
    if key not in document:
        return None
    try:
        return parse_duration(document[key])
    except ValueError as error:
        raise ControlError(422, str(error), pointer=f"{root}/{key}") from None


def _bounded(document: Mapping[str, JsonValue], key: str, *, default: Duration) -> Duration:
    """A duration that a client may wait."""
    duration = _duration(document, key)
    if duration is None:
        return default
    if duration > MAX_WAIT:
        most = format_duration(MAX_WAIT)
        raise ControlError(422, f"'{document[key]}' is longer than {most}, the most.", pointer=f"/{key}")
    return duration
