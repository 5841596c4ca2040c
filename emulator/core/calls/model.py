"""The frozen values of calls: a call, a connection, and what an app may ask of them.

Owns the shapes only. Must not hold rules: what a call may become is in ``life.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.models import HOUR, SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.effects import DeliveryPolicy
    from emulator.core.models import Duration, HeaderList, Instant


class CallState(StrEnum):
    """A call's life; ``life.py`` says what may follow what."""

    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class Direction(StrEnum):
    """Who called whom, seen from the app (CallInitiated.direction)."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who calls whom: phone numbers or SIP URIs.

    Attributes:
        caller: ``from`` on the wire; ``callee``: ``to``.
        caller_name: What the caller calls itself; None: its number.
    """

    caller: str = "+18005550101"
    callee: str = "+18005550100"
    caller_name: str | None = None


SOMEBODY = Parties()
"""The parties of a call that was never announced: numbers of Telnyx's own examples, which nobody has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHooks:
    """Where a call's own webhooks go (webhook_url and webhook_urls of dial and answer).

    Attributes:
        url: Every event's that has no URL of its own; None leaves that to the connection.
        by_event: Event type to its URLs, the second for failover.
    """

    url: str | None = None
    by_event: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NO_HOOKS = CallHooks()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a call ended (CallHangup): ``source`` is caller, callee or unknown, ``sip`` a status code as text."""

    cause: str
    source: str
    sip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call leg. ``client_state`` is the latest one that any command on the call gave.

    Attributes:
        number: Counts the namespace's calls; lists are in its order.
        custom_headers: SIP headers of the INVITE: name and value of each.
        time_limit: From the answer to the end that Telnyx itself sets.
        scenario: What its far end plays; None for a call that no scenario brought about.
        delivery: How hard its events are tried; None: as usual.
        created_at: When it was initiated; None for one that was there from the beginning.
        ending: None while it is alive.
    """

    call_control_id: str
    call_leg_id: str
    call_session_id: str
    connection_id: str
    number: int = 0
    state: CallState = CallState.ANSWERED
    direction: Direction = Direction.INCOMING
    parties: Parties = SOMEBODY
    client_state: str | None = None
    calling_party_type: str = "pstn"
    custom_headers: HeaderList = ()
    hooks: CallHooks = NO_HOOKS
    time_limit: Duration = 4 * HOUR
    scenario: str | None = None
    delivery: DeliveryPolicy | None = None
    created_at: Instant | None = None
    answered_at: Instant | None = None
    ended_at: Instant | None = None
    ending: Ending | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A Call Control App, as far as it says where webhooks go (CallControlApplication).

    Attributes:
        webhook_timeout: For one attempt; None leaves that to the delivery's policy.
    """

    id: str
    webhook_event_url: str | None = None
    webhook_event_failover_url: str | None = None
    webhook_timeout: Duration | None = None


# --- what an app asks for ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """POST /calls (CallRequest).

    Attributes:
        to: Whom to call; of several the first that answers counts.
        timeout: How long it may ring.
        link_to: Another call, whose ``call_session_id`` is shared.
    """

    connection_id: str
    to: tuple[str, ...]
    parties: Parties
    client_state: str | None = None
    command_id: str | None = None
    timeout: Duration = 30 * SECOND
    time_limit: Duration = 4 * HOUR
    hooks: CallHooks = NO_HOOKS
    custom_headers: HeaderList = ()
    link_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCall:
    """POST /calls/{call_control_id}/actions/answer (AnswerRequest)."""

    call_control_id: str
    client_state: str | None = None
    command_id: str | None = None
    hooks: CallHooks | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """POST /calls/{call_control_id}/actions/hangup (HangupRequest)."""

    call_control_id: str
    client_state: str | None = None
    command_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectCall:
    """POST /calls/{call_control_id}/actions/reject; ``cause`` as in the body, such as ``USER_BUSY``."""

    call_control_id: str
    cause: str
    client_state: str | None = None
    command_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateClientState:
    """PUT /calls/{call_control_id}/actions/client_state_update."""

    call_control_id: str
    client_state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCall:
    """GET /calls/{call_control_id}."""

    call_control_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a list is wanted: what follows or precedes a cursor, else a page by its number, from 1."""

    size: int = 20
    number: int = 1
    after: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListActiveCalls:
    """GET /connections/{connection_id}/active_calls."""

    connection_id: str
    page: Page


CallCommand: TypeAlias = AnswerCall | HangUp | RejectCall | UpdateClientState
"""What an app may tell a call that there is."""
