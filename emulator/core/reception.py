"""What the built-in receiver answers: 200, unless a rule wants it otherwise.

Owns which rule answers a webhook, and how often each has. Must not judge signatures (``web/receiver.py`` does),
read rules (``questions.py``) or carry out a fault (``web/wire.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.effects import Reply
from emulator.core.errors import ControlError
from emulator.core.query import Query, matches

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.core.journal import ReceivedEntry

MAX_RULES = 100
"""As ``schemas/query.schema.json`` allows in one body."""

TAKEN = Reply(status=200)
"""What every webhook is answered that no rule concerns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceptionRule:
    """How the receiver answers some of what it gets.

    Attributes:
        query: Which: its kind is RECEIVED.
        reply: What these are answered; its ``delay`` is real time, since it is the sender who waits for it.
        count: How many it answers at most; None: all.
    """

    query: Query
    reply: Reply
    count: int | None = None


class Reception:
    """The rules of one namespace's receiver, and how often each has answered.

    Attributes:
        rules: As they were set; of those that concern a webhook the first that is not used up answers.
        answered: How often, by the rule's place.
    """

    def __init__(self) -> None:
        """Start with 200 for everything."""
        self.set(())

    def set(self, rules: Iterable[ReceptionRule]) -> None:
        """Replace all rules and count anew."""
        self.rules = tuple(rules)
        self.answered = [0] * len(self.rules)

    def add(self, rules: Iterable[ReceptionRule]) -> None:
        """Set rules beside those that are, after them; these go on counting.

        Raises:
            ControlError: 422, there would be more than ``MAX_RULES``.
        """
        joined = (*self.rules, *rules)
        if len(joined) > MAX_RULES:
            raise ControlError(422, f"The receiver can be told at most {MAX_RULES} answers.")
        self.answered += [0] * (len(joined) - len(self.rules))
        self.rules = joined

    def answer(self, entry: ReceivedEntry) -> Reply:
        """What a webhook is answered; it counts as answered from then on."""
        for index, rule in enumerate(self.rules):
            used_up = rule.count is not None and self.answered[index] >= rule.count
            if not used_up and matches(rule.query, entry):
                self.answered[index] += 1
                return rule.reply
        return TAKEN
