"""The choice of a scenario on a turn: the namespace's catalog, its queue and its settings, asked together.

Owns what is asked of each. Must not hold the order of the rules: ``selection.py`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.journal import Selected
from emulator.core.scenario.model import Plays, RespondSequence
from emulator.core.selection import DEFAULT_DIAL, DEFAULT_INBOUND, Rule, choose

if TYPE_CHECKING:
    from emulator.core.policy import Policy
    from emulator.core.queue import Queued
    from emulator.core.scenario.model import Answer, Respond
    from emulator.core.selection import Subject
    from emulator.core.turn import Turn


def default_for(plays: Plays, policy: Policy) -> str:
    """The name of the scenario that plays where no rule applies."""
    match plays:
        case Plays.DIAL:
            return DEFAULT_DIAL
        case Plays.INBOUND:
            return DEFAULT_INBOUND
        case _:
            return policy.default_scenario


def select(turn: Turn, subject: Subject) -> tuple[Selected, Queued | None]:
    """The choice, and the queued item that it takes if something begins.

    Args:
        turn: At hand; nothing is changed.
        subject: The start, or the call.

    Raises:
        UnknownScenario, WrongScenario: It names a scenario that is not loaded, or that is for something else.
    """
    queue = turn.namespace.queue
    waiting = queue.first(subject) if queue else None
    choice = choose(
        subject,
        turn.catalog,
        default_for(subject.plays, turn.policy),
        queued=waiting.scenario if waiting else None,
    )
    queued = waiting if choice.rule is Rule.QUEUE else None
    selected = Selected(
        choice=choice,
        subject=subject,
        catalog=turn.catalog,
        passed_over=queue.passed_over(subject, queued) if queue else (),
    )
    return selected, queued


def next_answer(turn: Turn, respond: Respond, asked: tuple[str, ...]) -> Answer:
    """The answer itself, or of a sequence the one whose turn it is; ``asked`` names the sequence and who asks."""
    return respond.answer(turn.namespace.asked(*asked)) if isinstance(respond, RespondSequence) else respond


def use(turn: Turn, respond: Respond, asked: tuple[str, ...], queued: Queued | None = None) -> None:
    """Count what an answer used up: its place in a sequence, its item in the queue."""
    if isinstance(respond, RespondSequence):
        turn.namespace.count_asked(*asked)
    if queued is not None:
        turn.namespace.queue.take(queued)
