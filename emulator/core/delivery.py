"""One event's delivery: when to try again, where, and when to give up.

Owns the state machine and the verdict on a status. A delivery changes only here, and only through ``record`` and
``abandon``; both return a new value. Must not send, wait or draw an id.

::

    PENDING --delivered--------------------------------------> DELIVERED
    PENDING --failed, tries left at this URL--> PENDING          again after the backoff
    PENDING --failed, none left, a failover--> PENDING           at the failover URL, at once
    PENDING --failed, none left, no other URL----------------> FAILED
    PENDING --abandoned--------------------------------------> ABANDONED
    DELIVERED, FAILED, ABANDONED --anything--> unchanged

Telnyx's pages disagree on what is retried ("Webhook fundamentals": each supplied URL with exponential backoff;
Messaging, "Receiving webhooks": three attempts a URL within two seconds each; "Voice API webhooks": of the 4xx
only 408 and 429). Here whatever is not success is tried again, and redirects are never followed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from emulator.core.effects import AttemptError, AttemptOutcome, SuccessRule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.core.effects import AttemptResult, Backoff, DeliveryPolicy
    from emulator.core.models import Duration, Instant


class DeliveryState(StrEnum):
    """Where a delivery stands; all but PENDING are final."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How far one event's delivery has come.

    Attributes:
        urls: The primary URL, then the failover URL where there is one.
        tries: How many have ended, over all URLs.
        url_index: Which URL is next, or was the last.
        tries_here: How many have ended at that URL.
    """

    policy: DeliveryPolicy
    urls: tuple[str, ...]
    state: DeliveryState = DeliveryState.PENDING
    tries: int = 0
    url_index: int = 0
    tries_here: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing more will be tried."""
        return self.state is not DeliveryState.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """What to send next.

    Attributes:
        number: From 1 over the whole delivery: the webhook's ``meta.attempt``.
        url: The webhook's ``meta.delivered_to``.
    """

    number: int
    url: str


def begin(policy: DeliveryPolicy, primary: str, failover: str | None = None) -> Delivery:
    """Start a delivery; its first try is due at once.

    Args:
        policy: How hard to try.
        primary: The first URL.
        failover: The second; None, an empty text (as Telnyx's fields have it) or a policy without failover: none.
    """
    urls = (primary, failover) if failover and policy.failover else (primary,)
    return Delivery(policy=policy, urls=urls)


def next_try(delivery: Delivery) -> Try:
    """What is to be sent next, of a delivery that is not over."""
    return Try(number=delivery.tries + 1, url=delivery.urls[delivery.url_index])


def record(delivery: Delivery, result: AttemptResult, now: Instant) -> tuple[Delivery, Instant | None]:
    """Take in what came of the try that ``next_try`` named.

    Args:
        delivery: As it stood.
        result: What the sender reported; one that comes after the end changes nothing.
        now: When it is taken in.

    Returns:
        The delivery as it stands now, and when its next try is due: None when it is over.

    Raises:
        ValueError: The result is of an attempt still under way.
    """
    if delivery.over:
        return delivery, None
    after = _AFTER.get(result.outcome)
    if after is None:
        raise ValueError(f"attempt {result.attempt_id} has not ended: {result.outcome}")
    return after(delivery, result, now)


def abandon(delivery: Delivery) -> Delivery:
    """Give up what is not over: the emulator stops, or its namespace is reset."""
    return delivery if delivery.over else replace(delivery, state=DeliveryState.ABANDONED)


def judge_status(status: int, rule: SuccessRule) -> AttemptError | None:
    """Which of Telnyx's delivery errors a status is.

    Args:
        status: Of the answer.
        rule: Which statuses count as taken.

    Returns:
        None for success, else the error (Telnyx error catalogue, 75000 to 75599).
    """
    if status == 200 or (rule is SuccessRule.ANY_2XX and 200 <= status <= 299):  # noqa: PLR2004 -- HTTP's own
        return None
    return _BY_STATUS.get(status) or _BY_CLASS.get(status // 100, AttemptError.GENERIC)


_BY_STATUS: Mapping[int, AttemptError] = {
    400: AttemptError.STATUS_400,
    404: AttemptError.STATUS_404,
    500: AttemptError.STATUS_500,
}

_BY_CLASS: Mapping[int, AttemptError] = {
    2: AttemptError.NOT_200,
    3: AttemptError.REDIRECT,
    4: AttemptError.CLIENT_ERROR,
    5: AttemptError.SERVER_ERROR,
}


def _ended(delivery: Delivery, state: DeliveryState) -> tuple[Delivery, None]:
    """One more try has been made, and it was the last."""
    tries, here = delivery.tries + 1, delivery.tries_here + 1
    return replace(delivery, state=state, tries=tries, tries_here=here), None


def _delivered(delivery: Delivery, _result: AttemptResult, _now: Instant) -> tuple[Delivery, None]:
    return _ended(delivery, DeliveryState.DELIVERED)


def _abandoned(delivery: Delivery, _result: AttemptResult, _now: Instant) -> tuple[Delivery, None]:
    return _ended(delivery, DeliveryState.ABANDONED)


def _failed(delivery: Delivery, result: AttemptResult, now: Instant) -> tuple[Delivery, Instant | None]:
    tries, here = delivery.tries + 1, delivery.tries_here + 1
    if not result.refused and here < delivery.policy.attempts_per_url:
        again = now + _pause(delivery.policy.backoff, here)
        return replace(delivery, tries=tries, tries_here=here), again
    if delivery.url_index + 1 < len(delivery.urls):
        return replace(delivery, tries=tries, tries_here=0, url_index=delivery.url_index + 1), now
    return _ended(delivery, DeliveryState.FAILED)


_AFTER: Mapping[AttemptOutcome, Callable[[Delivery, AttemptResult, Instant], tuple[Delivery, Instant | None]]] = {
    AttemptOutcome.DELIVERED: _delivered,
    AttemptOutcome.FAILED: _failed,
    AttemptOutcome.ABANDONED: _abandoned,
}


def _pause(backoff: Backoff, tries: int) -> Duration:
    """Step by step, since a power of the factor could leave the range of numbers before ``max`` cuts it."""
    pause = float(backoff.first)
    for _ in range(tries - 1):
        if pause >= backoff.max:
            break
        pause *= backoff.factor
    return min(round(pause), backoff.max)
