"""What happened to a recording, written out as a scenario that lets it happen again.

Owns what of it a scenario can say: the answers to its start and its stop, the events and when they occurred, how
their webhooks were delivered and signed, and that its call hung up where that ended it. What the app did is not
scripted but waited for, and how the app answered is the app's own. Must not play anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import yaml

from emulator.core.documents import COMMAND_ACCEPTED
from emulator.core.durations import MAX_DURATION, format_duration
from emulator.core.effects import SIGNED_WELL, WireFault
from emulator.core.models import EventType, Route
from emulator.core.scenario.model import USUAL_DELIVERY
from emulator.core.sessions import ACTIVE
from emulator.core.setting_views import deliver_view, policy_view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.effects import DeliveryPolicy, Reply, Signing
    from emulator.core.journal import RequestEntry, WebhookEntry
    from emulator.core.models import Duration, JsonValue, Session
    from emulator.core.namespace import Namespace
    from emulator.core.scenario.model import Deliver

_STARTS = frozenset({Route.SIPREC_START, Route.TEXML_SIPREC_START})
_STOPS = frozenset({Route.SIPREC_STOP, Route.TEXML_SIPREC_UPDATE})
_HANGUPS = frozenset({Route.HANGUP, Route.REJECT})
"""Commands by which an app ends a call."""

_REFUSED = 400

_WIDTH = 110
_LONGEST_WAIT = "1h"
"""For a stop that came, or a call that the app ended, is waited so long when it is told again."""

_STOP: dict[str, JsonValue] = {"command": str(Route.SIPREC_STOP)}
_CALL_ENDED: dict[str, JsonValue] = {"call": "ended"}

_OF_THE_CALL = frozenset(
    {
        "call_control_id",
        "call_leg_id",
        "call_session_id",
        "connection_id",
        "client_state",
        "calling_party_type",
        "from",
        "to",
        "state",
        "start_time",
        "end_time",
        "custom_headers",
        "call_quality_stats",
    }
)
"""Payload fields that every call has its own values of."""

_USUAL_DELIVER = deliver_view(USUAL_DELIVERY)


def name_of(session: Session) -> str:
    """What the scenario is called: a name of the scenario language, the same for each telling."""
    return f"as-in-{session.id[:8]}"


def retold(session: Session, namespace: Namespace, usual: DeliveryPolicy) -> str:
    """Write a recording out as a scenario.

    Args:
        session: Which; one that still runs is told as far as it came, and then waits for a stop.
        namespace: Whose; what its journal has forgotten is missing.
        usual: How webhooks are delivered when no scenario says otherwise; that is left out.

    Returns:
        YAML that the scenario loader takes.
    """
    requests = list(namespace.journal.requests.of_session(session.id))
    start = next((one for one in requests if one.request.route in _STARTS), None)
    stop = next((one for one in requests if one.request.route in _STOPS), None)
    events = [one for one in namespace.journal.webhooks.of_session(session.id) if one.repeats is None]
    events.sort(key=lambda one: one.event.occurred_at)
    steps = list(_steps(session, stop, namespace, events))
    waits = any(step.get("wait_for") == _CALL_ENDED for step in steps)
    document: dict[str, JsonValue] = {
        "version": 1,
        "name": name_of(session),
        "description": f"What became of a recording that {session.scenario} played"
        f"{'; the end of its call is waited for' if waits else ''}.",
    }
    if start is not None and (answer := _answer(start.reply, "started")):
        document["respond"] = answer
    if stop is not None and (answer := _answer(stop.reply, _effect(stop, events))):
        document["respond_stop"] = answer
    if delivery := _delivery(events, usual):
        document["delivery"] = delivery
    document["timeline"] = steps
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=None)


def _effect(stop: RequestEntry, events: list[WebhookEntry]) -> str:
    """Whether the recording ended after a stop, however that was answered."""
    return "stopped" if any(one.event.occurred_at >= stop.at for one in events) else "none"


# --- answers ---


def _answer(reply: Reply, effect: str) -> dict[str, JsonValue]:
    """A scenario's ``respond`` or ``respond_stop``; empty where the answer was the usual one."""
    told: dict[str, JsonValue] = {}
    if reply.fault is not None:
        told["fault"] = str(reply.fault)
        if reply.fault is WireFault.TRICKLE:
            told["over"] = format_duration(reply.trickle)
    elif reply.status >= _REFUSED:
        told["status"] = reply.status
        codes = _codes(reply.body)
        if codes or not reply.body:
            told["error"] = codes
    elif reply.delay:
        told["result"] = "ok"
    if told and "result" not in told:
        told["session"] = effect
    if reply.delay:
        told["delay"] = format_duration(reply.delay)
    return told


def _codes(body: bytes) -> list[str]:
    """The codes of an error document, which the emulator wrote itself; none of an empty body."""
    if not body or body == COMMAND_ACCEPTED:
        return []
    errors = orjson.loads(body).get("errors", [])
    return [str(one["code"]) for one in errors if "code" in one]


def _delivery(events: list[WebhookEntry], usual: DeliveryPolicy) -> dict[str, JsonValue]:
    policy = next((one.delivery.policy for one in events if one.delivery), usual)
    expected = policy_view(usual)
    return {name: value for name, value in policy_view(policy).items() if value != expected[name]}


# --- the timeline ---


def _steps(
    session: Session, stop: RequestEntry | None, namespace: Namespace, events: list[WebhookEntry]
) -> Iterator[dict[str, JsonValue]]:
    waits = [] if stop is None else [(stop.at, _STOP)]
    hangup = _hangup(session, namespace)
    if hangup is not None and _hung_up_alone(session, hangup, namespace, events):
        events = [*events[:-1], hangup]
    elif hangup is not None:
        waits = sorted([*waits, (hangup.event.occurred_at, _CALL_ENDED)], key=lambda one: one[0])
    clock = session.created_at
    for entry in events:
        occurred = entry.event.occurred_at
        while waits and waits[0][0] <= occurred:
            clock, awaited = waits.pop(0)
            yield _wait(awaited)
        yield _emit(entry, occurred - clock)
        clock = occurred
    if not waits and session.state in ACTIVE:
        waits = [(clock, _STOP)]
    yield from (_wait(awaited) for _, awaited in waits)
    if session.state in ACTIVE and session.id in namespace.playing:
        yield {"emit": "siprec.stopped"}


def _hangup(session: Session, namespace: Namespace) -> WebhookEntry | None:
    """The end of its call, as its app was told of it, if that came while the recording lived or ended it."""
    call = session.start.call_control_id
    return next(
        (
            one
            for one in namespace.journal.webhooks.of_call(call)
            if one.event.type is EventType.CALL_HANGUP
            and session.created_at <= one.event.occurred_at
            and (session.ended_at is None or one.event.occurred_at <= session.ended_at)
        ),
        None,
    )


def _hung_up_alone(
    session: Session, hangup: WebhookEntry, namespace: Namespace, events: list[WebhookEntry]
) -> bool:
    """Whether ``{hangup: call}`` lets the same happen: nobody's command was it, and nothing but it was told."""
    at, call = hangup.event.occurred_at, hangup.event.call_control_id
    by_the_app = any(
        one.request.route in _HANGUPS and one.at == at for one in namespace.journal.requests.of_call(call)
    )
    if by_the_app or not events:
        return False
    cause = "originator_cancel" if session.started_at is None else "normal_clearing"
    usual = {"emit": str(EventType.STOPPED), "payload": {"hangup_cause": cause}}
    last = events[-1]
    return last.event.occurred_at == at and _emit(last, 0) == usual


def _wait(awaited: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {"wait_for": dict(awaited), "timeout": _LONGEST_WAIT}


def _emit(entry: WebhookEntry, after: Duration) -> dict[str, JsonValue]:
    ends = entry.event.type is EventType.CALL_HANGUP
    step: dict[str, JsonValue] = {"hangup": "call"} if ends else {"emit": str(entry.event.type)}
    if after:
        step["after"] = format_duration(min(after, MAX_DURATION))
    payload = {name: _literal(value) for name, value in entry.event.payload.items() if name not in _OF_THE_CALL}
    if payload:
        step["payload"] = payload
    if deliver := _deliver(entry.deliver):
        step["deliver"] = deliver
    if entry.signing != SIGNED_WELL:
        step["sign"] = _sign(entry.signing)
    return step


def _literal(value: JsonValue) -> JsonValue:
    """A payload's value as a template that gives just that."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, list):
        return [_literal(one) for one in value]
    if isinstance(value, dict):
        return {name: _literal(one) for name, one in value.items()}
    return value


def _deliver(deliver: Deliver) -> dict[str, JsonValue]:
    told = {name: value for name, value in deliver_view(deliver).items() if value != _USUAL_DELIVER[name]}
    if "attempts" in told:
        told["attempts"] = [
            {name: str(value) for name, value in one.items() if value is not None} for one in told["attempts"]
        ]
    return told


def _sign(signing: Signing) -> dict[str, JsonValue]:
    told: dict[str, JsonValue] = {}
    if signing.mode != SIGNED_WELL.mode:
        told["mode"] = str(signing.mode)
    if signing.skew:
        sign = "-" if signing.skew < 0 else ""
        told["timestamp_skew"] = sign + format_duration(abs(signing.skew))
    return told
