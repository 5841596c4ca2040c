"""An outlook as the control API shows it.

Owns its JSON form; times are milliseconds, ``min`` and ``max`` where they are drawn, null where they are up to the
app. Must not work anything out: ``outlook.py`` does. The lines for people are ``outlook_text.py``'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from emulator.core import documents, selection
from emulator.core.outlook import EventAhead, WaitAhead, outlook, span
from emulator.core.outlook_text import text_lines
from emulator.core.scenario.model import (
    USUAL_DELIVERY,
    CommandSeen,
    RespondError,
    RespondOk,
    RespondSequence,
)

if TYPE_CHECKING:
    from emulator.core.draws import Delay
    from emulator.core.effects import DeliveryPolicy, Signing
    from emulator.core.models import Duration, JsonValue
    from emulator.core.outlook import Ahead, Asked, Outlook, Span
    from emulator.core.policy import Policy
    from emulator.core.scenario.model import Answer, Condition, Deliver, Respond, Scenario
    from emulator.core.selection import Catalog

View = dict[str, "JsonValue"]


def explained(
    scenario: Scenario, asked: Asked, catalog: Catalog, policy: Policy, *, queued: Scenario | None = None
) -> View:
    """What a start would get from a scenario, and whether the rules would choose that scenario for it.

    Args:
        scenario: The one that is explained.
        asked: The start.
        catalog: The scenarios that the namespace sees.
        policy: The namespace's.
        queued: What its one-shot queue holds for this start.

    Raises:
        UnknownScenario: The start's header, its connector or the default names none; it would be refused.
    """
    choice = selection.choose(asked.subject, catalog, policy.default_scenario, queued=queued)
    return {
        "chosen": {
            "scenario": choice.scenario.name,
            "rule": choice.rule,
            "detail": choice.detail,
            "others": [
                {"scenario": other.name, "reason": other.reason}
                for other in selection.explain(asked.subject, catalog, choice)
            ],
        },
        **outlook_view(outlook(scenario, asked, policy)),
    }


def outlook_view(ahead: Outlook) -> View:
    """An outlook with all its facts, and its text."""
    scenario = ahead.scenario
    return {
        "scenario": scenario.name,
        "description": scenario.description,
        "mismatch": ahead.mismatch,
        "starts": ahead.starts,
        "respond": _respond(scenario.respond),
        "respond_stop": _respond(scenario.respond_stop),
        "timeline": [_ahead(one) for one in ahead.timeline],
        "delivery": None if scenario.delivery is None else _policy(scenario.delivery),
        "warnings": [str(one) for one in scenario.warnings],
        "text": [line.plain for line in text_lines(ahead)],
    }


# --- answers ---


def _respond(respond: Respond) -> View:
    if isinstance(respond, RespondSequence):
        return {"sequence": [_answer(one) for one in respond.answers], "after_last": respond.after_last}
    return _answer(respond)


def _answer(answer: Answer) -> View:
    view: View = {"takes_effect": answer.takes_effect, "delay_ms": _span(answer.delay)}
    match answer:
        case RespondOk():
            view |= {"status": 200, "body": orjson.loads(documents.COMMAND_ACCEPTED)}
        case RespondError():
            view |= {
                "status": answer.status,
                "body": orjson.loads(documents.error_document(answer.items)) if answer.items else None,
                "headers": [[name, value] for name, value in answer.headers],
                "sdk_retry": answer.sdk_retry,
            }
        case _:
            view |= {"status": None, "fault": answer.fault, "over_ms": _millis(answer.over)}
    return view


# --- the timeline ---


def _ahead(one: Ahead) -> View:
    match one:
        case EventAhead():
            return _event(one)
        case WaitAhead():
            return {
                "step": "wait_for",
                "at_ms": _known(one.at),
                "any": [_condition(condition) for condition in one.conditions],
                "timeout_ms": None if one.timeout is None else _span(one.timeout),
                "then": [_ahead(step) for step in one.then],
                "on_timeout": [_ahead(step) for step in one.on_timeout],
            }
        case _:
            return {"step": "end", "at_ms": _known(one.at), "silent": one.silent}


def _event(one: EventAhead) -> View:
    return {
        "step": "emit",
        "event_type": one.event,
        "at_ms": _known(one.at),
        "after_ms": None if one.after is None else _span(one.after),
        "or_later": one.or_later,
        "payload": dict(one.payload),
        "empty": list(one.empty),
        "deliver": None if one.deliver == USUAL_DELIVERY else _deliver(one.deliver),
        "sign": _signing(one.signing),
    }


def _condition(condition: Condition) -> View:
    if isinstance(condition, CommandSeen):
        return {"command": condition.command}
    return {"webhook_acked": condition.event}


def _deliver(deliver: Deliver) -> View:
    return {
        "delay_ms": _span(deliver.delay),
        "copies": deliver.copies,
        "gap_ms": _span(deliver.gap),
        "same_id": deliver.same_id,
        "url": deliver.url,
        "attempts": [{"url": one.url, "simulate": one.simulate} for one in deliver.attempts],
    }


def _signing(signing: Signing) -> View:
    return {"mode": signing.mode, "timestamp_skew_ms": _millis(signing.skew)}


def _policy(policy: DeliveryPolicy) -> View:
    return {
        "timeout_ms": _millis(policy.timeout),
        "attempts_per_url": policy.attempts_per_url,
        "backoff": {
            "first_ms": _millis(policy.backoff.first),
            "factor": policy.backoff.factor,
            "max_ms": _millis(policy.backoff.max),
        },
        "failover": policy.failover,
        "success": policy.success,
        "order": policy.order,
        "concurrency": policy.concurrency,
    }


def _span(delay: Delay) -> View:
    return _bounds(span(delay))


def _known(at: Span | None) -> View | None:
    return None if at is None else _bounds(at)


def _bounds(known: Span) -> View:
    return {"min": _millis(known.soonest), "max": _millis(known.latest)}


def _millis(duration: Duration) -> float:
    return duration / 1000
