"""Journal entries, sessions and namespaces made by hand: what the tests of questions to the journal ask.

Owns their plain values, which a test changes where it says so. Must not assert anything.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core.calls.model import Call
from emulator.core.clock import ClockSetting
from emulator.core.clock import begin as begin_clock
from emulator.core.delivery import begin
from emulator.core.effects import DeliveryPolicy, Reply
from emulator.core.journal import Budget, ReceivedEntry, RequestEntry, StrayEntry, WebhookEntry
from emulator.core.models import Event, EventType, Request, Route, Session, SessionState, StartSiprec
from emulator.core.namespace import Namespace
from emulator.core.policy import Policy
from emulator.core.query import Hit

if TYPE_CHECKING:
    from emulator.core.delivery import DeliveryState
    from emulator.core.facts import Answerable
    from emulator.core.journal import Selected
    from emulator.core.models import HeaderList, Instant, JsonValue

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
SESSION = Session(
    id="s1",
    start=StartSiprec(call_control_id="v3:a", connector_name="srs"),
    scenario="happy-path",
    state=SessionState.STARTED,
    created_at=0,
    updated_at=0,
)


def request(
    seq: int = 1,
    body: bytes = b"",
    *,
    at: Instant = 0,
    status: int = 200,
    call: str = "v3:a",
    headers: HeaderList = (),
    media_type: str = JSON,
    selected: Selected | None = None,
) -> RequestEntry:
    """A siprec_start, and its answer."""
    return RequestEntry(
        seq=seq,
        namespace="n",
        at=at,
        request=Request(
            namespace="n",
            route=Route.SIPREC_START,
            method="POST",
            target=f"/v2/calls/{call}/actions/siprec_start",
            headers=headers,
            media_type=media_type,
            body=body,
        ),
        reply=Reply(status=status),
        call_control_id=call,
        selected=selected,
    )


def stray(seq: int = 1, target: str = "/v2/nowhere", *, method: str = "GET", status: int = 404) -> StrayEntry:
    """A request that no route took."""
    return StrayEntry(
        seq=seq, namespace="n", at=0, method=method, target=target, status=status, reason="Resource not found"
    )


def webhook(
    seq: int = 1,
    payload: dict[str, JsonValue] | None = None,
    *,
    type: EventType = EventType.STARTED,  # noqa: A002 - as the event calls it
    state: DeliveryState | None = None,
    at: Instant = 0,
) -> WebhookEntry:
    """An event of the session; without a state nobody is told of it."""
    event = Event(
        id=f"e{seq}",
        type=type,
        occurred_at=at,
        session_id=SESSION.id,
        call_control_id="v3:a",
        payload=payload or {},
    )
    delivery = None if state is None else replace(begin(DeliveryPolicy(), "http://x/"), state=state)
    return WebhookEntry(seq=seq, namespace="n", at=at, event=event, session=SESSION, delivery=delivery)


def received(
    seq: int = 1,
    body: bytes = b"",
    *,
    method: str = "POST",
    target: str = "/receiver/n",
    headers: HeaderList = (),
    verdict: str = "good",
) -> ReceivedEntry:
    """What the built-in receiver got."""
    return ReceivedEntry(
        seq=seq,
        namespace="n",
        at=0,
        method=method,
        target=target,
        headers=headers,
        body=body,
        verdict=verdict,
        reason="the signature is good",
    )


def namespace(*entries: Answerable, id: str = "n") -> Namespace:  # noqa: A002 - as the namespace calls it
    """A namespace that holds these."""
    clock = begin_clock(ClockSetting(), 0)
    randomness = random.Random(0)  # noqa: S311 - ids of a test are no secrets
    found = Namespace(id, policy=Policy(), clock=clock, randomness=randomness, budget=Budget(limit=1 << 30))
    for entry in entries:
        match entry:
            case RequestEntry():
                found.journal.record(found.journal.requests, entry)
            case StrayEntry():
                found.journal.record(found.journal.strays, entry)
            case WebhookEntry():
                found.journal.record(found.journal.webhooks, entry)
            case ReceivedEntry():
                found.journal.record(found.journal.received, entry)
            case Call():
                found.calls.add(entry)
            case _:
                found.sessions[entry.id] = entry
    return found


def hits(*entries: Answerable) -> list[Hit]:
    """Each as a candidate."""
    where = namespace()
    return [Hit(where, entry) for entry in entries]
