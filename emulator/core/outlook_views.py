"""An outlook as the control API shows it.

Owns its JSON form. Durations stand as a scenario writes them. When a step happens is worked out, and stands in
milliseconds since the command: ``min`` and ``max`` where it is drawn, null where it is up to the app. Must not
work anything out: ``outlook_walk.py`` does. The lines for people are ``outlook_text.py``'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from emulator.core import documents
from emulator.core.calls.documents import dialled_document
from emulator.core.choosing import default_for
from emulator.core.documents import COMMAND_ACCEPTED
from emulator.core.journal import Selected
from emulator.core.outlook import DialAhead, EventAhead, WaitAhead
from emulator.core.outlook_text import text_lines
from emulator.core.outlook_walk import outlook
from emulator.core.scenario.model import (
    USUAL_DELIVERY,
    CallSeen,
    CommandSeen,
    Plays,
    RespondError,
    RespondFault,
    RespondSequence,
    SrsSeen,
)
from emulator.core.selection import Rule, choose
from emulator.core.setting_views import answer_view, delay_view, deliver_view, misconduct_view, policy_view
from emulator.core.views import selection_view

if TYPE_CHECKING:
    from emulator.core.outlook import Ahead, Outlook, Span
    from emulator.core.outlook_question import Asked
    from emulator.core.policy import Policy
    from emulator.core.queue import Queue
    from emulator.core.scenario.model import Answer, Condition, Respond, Scenario
    from emulator.core.selection import Catalog
    from emulator.core.views import View


def explained(
    scenario: Scenario, asked: Asked, catalog: Catalog, policy: Policy, queue: Queue | None = None
) -> View:
    """What a start would get from a scenario, and whether the rules would choose that scenario for it.

    Args:
        scenario: The one that is explained.
        asked: The start.
        catalog: The scenarios that the namespace sees.
        policy: The namespace's.
        queue: Its one-shot queue, of which nothing is taken; None: empty.

    Raises:
        UnknownScenario: The start's header, its connector or the default names none; it would be refused.
    """
    waiting = queue.first(asked.subject) if queue else None
    choice = choose(
        asked.subject, catalog, default_for(asked.plays, policy), queued=waiting.scenario if waiting else None
    )
    taken = waiting if choice.rule is Rule.QUEUE else None
    selected = Selected(
        choice=choice,
        subject=asked.subject,
        catalog=catalog,
        passed_over=queue.passed_over(asked.subject, taken) if queue else (),
    )
    return {"chosen": selection_view(selected), **outlook_view(outlook(scenario, asked, policy))}


def outlook_view(ahead: Outlook) -> View:
    """An outlook with all its facts, and its text."""
    scenario = ahead.scenario
    return {
        "scenario": scenario.name,
        "plays": scenario.plays,
        "description": scenario.description,
        "mismatch": ahead.mismatch,
        "starts": ahead.starts,
        "respond": _respond(scenario.respond, _accepted(ahead)),
        "respond_stop": _respond(scenario.respond_stop, COMMAND_ACCEPTED),
        "timeline": [_ahead(one) for one in ahead.timeline],
        "delivery": None if scenario.delivery is None else policy_view(scenario.delivery),
        "warnings": [str(one) for one in scenario.warnings],
        "text": [line.plain for line in text_lines(ahead)],
    }


# --- answers ---


def _accepted(ahead: Outlook) -> bytes:
    """The usual answer."""
    return dialled_document(ahead.asked.call) if ahead.scenario.plays is Plays.DIAL else COMMAND_ACCEPTED


def _respond(respond: Respond, accepted: bytes) -> View:
    if isinstance(respond, RespondSequence):
        answers = [_answer(one, accepted) for one in respond.answers]
        return {"sequence": answers, "after_last": respond.after_last}
    return _answer(respond, accepted)


def _answer(answer: Answer, accepted: bytes) -> View:
    """What the client sees; no body where the connection misbehaves in its place."""
    match answer:
        case RespondError():
            body = orjson.loads(documents.error_document(answer.items)) if answer.items else None
            headers = [[name, value] for name, value in answer.headers]
            return {**answer_view(answer), "body": body, "headers": headers}
        case RespondFault():
            return answer_view(answer)
        case _:
            return {**answer_view(answer), "body": orjson.loads(accepted)}


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
                "timeout": None if one.timeout is None else delay_view(one.timeout),
                "then": [_ahead(step) for step in one.then],
                "on_timeout": [_ahead(step) for step in one.on_timeout],
            }
        case DialAhead():
            return {
                "step": "dial",
                "at_ms": _known(one.at),
                "after": None if one.after is None else delay_view(one.after),
                "or_later": one.or_later,
                "timeout": None if one.timeout is None else delay_view(one.timeout),
                "secure": one.secure,
                "wire": misconduct_view(one.misconduct),
                "answered": [_ahead(step) for step in one.answered],
                "failed": [_ahead(step) for step in one.failed],
                "cancelled": [_ahead(step) for step in one.cancelled],
            }
        case _:
            return {"step": "end", "at_ms": _known(one.at), "silent": one.silent, "goes_on": one.goes_on}


def _event(one: EventAhead) -> View:
    return {
        "step": "emit",
        "event_type": one.event,
        "at_ms": _known(one.at),
        "after": None if one.after is None else delay_view(one.after),
        "or_later": one.or_later,
        "payload": dict(one.payload),
        "empty": list(one.empty),
        "deliver": None if one.deliver == USUAL_DELIVERY else deliver_view(one.deliver),
        "sign": {"mode": one.signing.mode, "skew_ms": one.signing.skew / 1000},
    }


def _condition(condition: Condition) -> View:
    if isinstance(condition, CommandSeen):
        return {"command": condition.command}
    if isinstance(condition, CallSeen):
        return {"call": condition.state}
    if isinstance(condition, SrsSeen):
        return {"srs": condition.did}
    return {"webhook_acked": condition.event}


def _known(at: Span | None) -> View | None:
    return None if at is None else {"min": at.soonest / 1000, "max": at.latest / 1000}
