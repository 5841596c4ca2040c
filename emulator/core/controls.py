"""Reads what the control API is told to do: the bodies of its commands to values.

Owns those bodies' meaning; their structure stands in ``schemas/control.schema.json``. Must not carry anything out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import orjson

from emulator.core import ids
from emulator.core.bodies import Bodies, refusal, refuse
from emulator.core.calls import life
from emulator.core.calls.beginnings import Arrival
from emulator.core.calls.connections import read_connection, wrong_urls
from emulator.core.calls.model import SOMEBODY, Ending, Parties
from emulator.core.calls.parsing import custom_headers
from emulator.core.clock import ClockMode, ClockSetting
from emulator.core.durations import parse_duration
from emulator.core.errors import ControlError, ScenarioError
from emulator.core.faults import FaultRules, RequestFault, WebhookFault
from emulator.core.matching import cut
from emulator.core.models import EventType, Route
from emulator.core.playback import Emission
from emulator.core.scenario.draft import Draft
from emulator.core.scenario.load import load_inline
from emulator.core.scenario.matching import load_match
from emulator.core.scenario.model import USUAL_DELIVERY
from emulator.core.scenario.respond import load_answer
from emulator.core.scenario.steps import load_deliver, load_signing
from emulator.core.times import iso_micros, parse_iso

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.core.calls.model import Call, Connection
    from emulator.core.effects import DeliveryPolicy, Signing
    from emulator.core.ids import Randomness
    from emulator.core.models import Duration, Event, HeaderList, Instant, JsonValue
    from emulator.core.scenario.grammar import Grammar
    from emulator.core.scenario.model import Deliver, Match, Scenario
    from emulator.core.scenario.plain import PlainDocument

FILE = "control.schema.json"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockChange:
    """How a clock goes from now on; None leaves that as it is."""

    mode: ClockMode | None = None
    speed: float | None = None
    time: Instant | None = None

    def over(self, setting: ClockSetting) -> ClockSetting:
        """The setting with what changes."""
        return ClockSetting(
            mode=setting.mode if self.mode is None else self.mode,
            speed=setting.speed if self.speed is None else self.speed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """How far a clock is moved: by so much, to an instant, else to the next thing or until nothing is due.

    Attributes:
        once: To the next thing that falls due.
    """

    by: Duration | None = None
    to: Instant | None = None
    once: bool = False

    def limit(self, now: Instant) -> Instant | None:
        """Where it ends; None where only what falls due decides.

        Raises:
            ControlError: 422, the instant has passed.
        """
        if self.by is not None:
            return now + self.by
        if self.to is not None and self.to < now:
            raise ControlError(422, f"The clock shows {iso_micros(now)}: it only goes forward.", pointer="/to")
        return self.to


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A scenario for the queue."""

    scenario: Scenario
    match: Match | None
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """How a webhook is sent again.

    Attributes:
        payload: Fields laid over the event's own, as they are.
        without: Fields to leave out.
        new_id: Whether the event gets an id of its own.
        deliver, signing: None: as usual.
    """

    payload: Mapping[str, JsonValue] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    new_id: bool = False
    deliver: Deliver = USUAL_DELIVERY
    signing: Signing | None = None

    def of(self, event: Event, randomness: Randomness) -> Event:
        """The event, edited; the same object where nothing is."""
        if not (self.payload or self.without or self.new_id):
            return event
        payload = {**event.payload, **self.payload}
        kept = {name: value for name, value in payload.items() if name not in self.without}
        return replace(event, id=ids.uuid4(randomness) if self.new_id else event.id, payload=kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImaginedStart:
    """A siprec_start that nobody sends; ``call_control_id`` None stands for any call."""

    call_control_id: str | None
    headers: HeaderList
    body: bytes


class Controls:
    """The bodies of the control API's commands."""

    def __init__(self, schemas: Mapping[str, JsonValue]) -> None:
        """Know the schemas, by file name."""
        self._bodies = Bodies(schemas, FILE)

    def clock(self, document: JsonValue, root: str = "") -> ClockChange:
        """The body of ``PUT /clock``.

        Args:
            document: The decoded body.
            root: Its pointer, where it is a part of a larger body.

        Raises:
            ControlError: 422, with the pointer of what is wrong; so with each of these.
        """
        value = self._bodies.read("clock", document, root).value
        return ClockChange(
            mode=ClockMode(value["mode"]) if "mode" in value else None,
            speed=float(value["speed"]) if "speed" in value else None,
            time=_parsed(parse_iso, value["time"], f"{root}/time") if "time" in value else None,
        )

    def advance(self, document: JsonValue) -> Advance:
        """The body of ``POST /clock/advance``."""
        value = self._bodies.read("advance", document).value
        if "by" in value:
            return Advance(by=_parsed(parse_duration, value["by"], "/by"))
        if "to" in value:
            return Advance(to=_parsed(parse_iso, value["to"], "/to"))
        return Advance(once=value["until"] == "next")

    def faults(self, document: JsonValue) -> FaultRules:
        """The body of ``PUT /faults``."""
        read = self._bodies.read("faults", document)
        draft = Draft(read)
        rules = FaultRules(
            requests=tuple(
                _request_fault(draft, one, index) for index, one in enumerate(read.value.get("requests", []))
            ),
            webhooks=tuple(
                _webhook_fault(draft, one, index) for index, one in enumerate(read.value.get("webhooks", []))
            ),
        )
        refuse(draft.problems)
        return rules

    def order(
        self, document: JsonValue, known: Mapping[str, Scenario], grammar: Grammar, delivery: DeliveryPolicy
    ) -> Order:
        """The body of ``POST /queue``.

        Args:
            document: The decoded body.
            known: The scenarios that can be named.
            grammar: Of one that is written out.
            delivery: What its ``delivery`` leaves out.
        """
        read = self._bodies.read("queue", document)
        draft = Draft(read)
        match = load_match(draft)
        refuse(draft.problems)
        return Order(
            scenario=_scenario(read.value["scenario"], known, grammar, delivery),
            match=match,
            times=int(read.value.get("times", 1)),
        )

    def edit(self, document: JsonValue) -> Edit:
        """The body of ``POST /webhooks/{id}/replay``."""
        read = self._bodies.read("replay", document)
        deliver, signing = _manner(read)
        return Edit(
            payload=read.value.get("set", {}),
            without=tuple(read.value.get("remove", ())),
            new_id=read.value.get("new_id", False),
            deliver=deliver,
            signing=signing if "sign" in read.value else None,
        )

    def emission(self, document: JsonValue) -> Emission:
        """The body of ``POST /sessions/{id}/events``."""
        read = self._bodies.read("event", document)
        deliver, signing = _manner(read)
        return Emission(
            event=EventType(read.value["event_type"]),
            payload=read.value.get("set", {}),
            without=tuple(read.value.get("remove", ())),
            deliver=deliver,
            signing=signing,
        )

    def arrival(self, document: JsonValue) -> Arrival:
        """The body of ``POST /calls``."""
        value = self._bodies.read("arrival", document).value
        return Arrival(
            parties=Parties(
                caller=value.get("from", SOMEBODY.caller),
                callee=value.get("to", SOMEBODY.callee),
                caller_name=value.get("caller_id_name"),
            ),
            connection_id=value.get("connection_id"),
            custom_headers=custom_headers(value.get("custom_headers")),
            scenario=value.get("scenario"),
        )

    def connection(self, connection_id: str, document: JsonValue) -> Connection:
        """The body of ``PUT /connections/{id}``."""
        value = self._bodies.read("connection", document).value
        for name, message in wrong_urls(value):
            raise ControlError(422, f"{message}.", pointer=f"/{name}")
        return read_connection(connection_id, value)

    def hangup(self, document: JsonValue, call: Call) -> Ending:
        """The body of ``POST /calls/{id}/hangup``: how the far end of a call hangs up."""
        value = self._bodies.read("hangup", document).value
        usual = life.ending(call, life.Who.FAR_END)
        cause = value.get("hangup_cause", usual.cause)
        status = usual.sip if cause == usual.cause else life.sip_status(cause)
        return Ending(
            cause=cause,
            source=value.get("hangup_source", usual.source),
            sip=value.get("sip_hangup_cause", status),
        )

    def start(self, document: JsonValue) -> ImaginedStart:
        """The body of ``POST /scenarios/{name}/explain``."""
        value = self._bodies.read("start", document).value
        return ImaginedStart(
            call_control_id=value.get("call_control_id"),
            headers=tuple(value.get("headers", {}).items()),
            body=orjson.dumps(value.get("body", {})),
        )


def _parsed(parse: Callable[[str], T], text: str, pointer: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise ControlError(422, str(error), pointer=pointer) from None


def _request_fault(draft: Draft, written: Mapping[str, JsonValue], index: int) -> RequestFault:
    return RequestFault(
        answer=load_answer(draft, written["answer"], ("requests", index, "answer")),
        routes=frozenset(map(Route, written.get("routes", ()))),
        probability=float(written.get("probability", 1)),
        count=int(written["count"]) if "count" in written else None,
    )


def _webhook_fault(draft: Draft, written: Mapping[str, JsonValue], index: int) -> WebhookFault:
    path = ("webhooks", index)
    return WebhookFault(
        deliver=load_deliver(draft, written["deliver"], (*path, "deliver")) if "deliver" in written else None,
        signing=load_signing(draft, written["sign"], (*path, "sign")) if "sign" in written else None,
        events=frozenset(map(EventType, written.get("events", ()))),
        probability=float(written.get("probability", 1)),
        count=int(written["count"]) if "count" in written else None,
    )


def _manner(read: PlainDocument) -> tuple[Deliver, Signing]:
    draft = Draft(read)
    deliver = load_deliver(draft, read.value.get("deliver", {}), ("deliver",))
    signing = load_signing(draft, read.value.get("sign", {}), ("sign",))
    refuse(draft.problems)
    return deliver, signing


def _scenario(
    written: JsonValue, known: Mapping[str, Scenario], grammar: Grammar, delivery: DeliveryPolicy
) -> Scenario:
    if isinstance(written, str):
        if written not in known:
            raise ControlError(422, f"No scenario named '{cut(written)}' is loaded.", pointer="/scenario")
        return known[written]
    try:
        return load_inline(written, root="/scenario", grammar=grammar, delivery=delivery)
    except ScenarioError as error:
        raise refusal(error.problems) from None
