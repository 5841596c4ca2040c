"""Faults that are switched on at run time for a namespace: of answers to the app, and of webhooks.

Owns which rule strikes, how likely and how often. Must not carry a fault out: ``operations.py`` answers with it,
``dispatch.py`` delivers with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.draws import chance
from emulator.core.errors import ControlError

if TYPE_CHECKING:
    from emulator.core.effects import Signing
    from emulator.core.ids import Randomness
    from emulator.core.models import EventType, Route
    from emulator.core.scenario.model import Answer, Deliver


MAX_RULES = 100
"""Of each kind, as ``schemas/control.schema.json`` allows in one body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFault:
    """Answers requests wrongly.

    Attributes:
        routes: Which requests; empty: all.
        answer: What they get instead.
        probability: Of each that it concerns, 0 to 1.
        count: How many it strikes at most; None: all.
    """

    answer: Answer
    routes: frozenset[Route] = frozenset()
    probability: float = 1.0
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookFault:
    """Delivers webhooks wrongly.

    Attributes:
        events: Which webhooks; empty: all.
        deliver: In place of what their step says; None leaves that.
        signing: Likewise.
        probability: Of each that it concerns, 0 to 1.
        count: How many it strikes at most; None: all.
    """

    deliver: Deliver | None = None
    signing: Signing | None = None
    events: frozenset[EventType] = frozenset()
    probability: float = 1.0
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRules:
    """All that is switched on; of each kind the first that strikes counts."""

    requests: tuple[RequestFault, ...] = ()
    webhooks: tuple[WebhookFault, ...] = ()


NO_FAULTS = FaultRules()


class Faults:
    """The faults of one namespace, and how often each has struck.

    Attributes:
        rules: As they were set.
    """

    def __init__(self) -> None:
        """Start without faults."""
        self.set(NO_FAULTS)

    def set(self, rules: FaultRules) -> None:
        """Replace all rules and count anew."""
        self.rules = rules
        self.request_strikes = [0] * len(rules.requests)
        self.webhook_strikes = [0] * len(rules.webhooks)

    def add(self, rules: FaultRules) -> None:
        """Set rules beside those that are, after them; these go on counting.

        Raises:
            ControlError: 422, there would be more than ``MAX_RULES`` of a kind.
        """
        joined = FaultRules(
            requests=(*self.rules.requests, *rules.requests), webhooks=(*self.rules.webhooks, *rules.webhooks)
        )
        if max(len(joined.requests), len(joined.webhooks)) > MAX_RULES:
            raise ControlError(422, f"At most {MAX_RULES} faults of a kind can be on.")
        self.rules = joined
        self.request_strikes += [0] * len(rules.requests)
        self.webhook_strikes += [0] * len(rules.webhooks)

    def request(self, route: Route, randomness: Randomness) -> Answer | None:
        """What a request gets instead of its answer; None where no rule strikes."""
        for index, rule in enumerate(self.rules.requests):
            concerned = not rule.routes or route in rule.routes
            if concerned and _strikes(rule, self.request_strikes, index, randomness):
                return rule.answer
        return None

    def webhook(self, event: EventType, randomness: Randomness) -> WebhookFault | None:
        """How a webhook is delivered instead; None where no rule strikes."""
        for index, rule in enumerate(self.rules.webhooks):
            concerned = not rule.events or event in rule.events
            if concerned and _strikes(rule, self.webhook_strikes, index, randomness):
                return rule
        return None


def _strikes(rule: RequestFault | WebhookFault, strikes: list[int], index: int, randomness: Randomness) -> bool:
    if rule.count is not None and strikes[index] >= rule.count:
        return False
    if not chance(rule.probability, randomness):
        return False
    strikes[index] += 1
    return True
