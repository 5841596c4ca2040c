"""The scenario language after loading: frozen values that ``selection.py`` and ``timeline.py`` interpret.

Owns the shapes only. Everything in here has been checked: names are known, durations are microseconds, templates
parse and their paths can exist. Must not read YAML and must not decide anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.effects import DeliveryPolicy
    from emulator.core.errors import ErrorItem
    from emulator.core.models import Duration, EventType, JsonValue, Route


# --- match ---


class MatchKind(StrEnum):
    """How a value is compared; a bare scalar in YAML is EQUALS."""

    EQUALS = "equals"
    PREFIX = "prefix"
    GLOB = "glob"
    ONE_OF = "one_of"
    PRESENT = "present"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """One comparison.

    Attributes:
        operand: A scalar for EQUALS, text for PREFIX and GLOB, a tuple of scalars for ONE_OF, a bool for PRESENT.
    """

    kind: MatchKind
    operand: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """When a scenario offers itself: every matcher must hold.

    Attributes:
        headers: Lower-case header name to matcher.
        body: Top-level body field, as the request spells it, to matcher.
    """

    call_control_id: Matcher | None = None
    headers: Mapping[str, Matcher] = field(default_factory=dict)
    body: Mapping[str, Matcher] = field(default_factory=dict)


# --- respond ---


@dataclass(frozen=True, slots=True, kw_only=True)
class RespondOk:
    """Accept the command, after ``delay``."""

    delay: Duration = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RespondError:
    """Refuse the command: nothing takes effect.

    Attributes:
        status: HTTP status, 400 to 599.
        items: What the error document lists; an empty tuple sends an empty body.
        sdk_retry: False sends ``x-should-retry: false``, True sends ``true``, so that an SDK does as scripted.
    """

    status: int
    items: tuple[ErrorItem, ...]
    delay: Duration = 0
    sdk_retry: bool = False


Respond: TypeAlias = RespondOk | RespondError


# --- timeline ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Emit:
    """An event occurs.

    Attributes:
        after: Since the previous step ended; 0 when the step gave neither ``after`` nor ``at``.
        at: Since the command was accepted; wins over ``after``. None when not given.
        payload: Laid over the event's standard payload; values may hold templates (``template.py``).
    """

    event: EventType
    after: Duration = 0
    at: Duration | None = None
    payload: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSeen:
    """Holds once the app has sent this command for the session (``Route.SIPREC_STOP``; TeXML's update counts)."""

    command: Route


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAcked:
    """Holds once a webhook of this type was delivered."""

    event: EventType


Condition: TypeAlias = CommandSeen | WebhookAcked


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitFor:
    """Wait until any condition holds, or until the timeout.

    What happened since the session began and no earlier ``wait_for`` took counts at once.

    Attributes:
        conditions: At least one; any of them suffices.
        timeout: None waits for ever.
        then: Steps that run when a condition held, before the next step of the enclosing list.
        on_timeout: Steps that run when none did.
    """

    conditions: tuple[Condition, ...]
    timeout: Duration | None = None
    then: tuple[Step, ...] = ()
    on_timeout: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The timeline ends here, and with it the session."""


Step: TypeAlias = Emit | WaitFor | End


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario: how to answer, and what happens after.

    Attributes:
        name: Unique among those loaded; what headers and magic connectors call it by.
        description: One line for lists.
        priority: Higher is asked first by ``match``; then by name.
        vars: Variables for templates; durations that named them are already resolved.
        match: None: only chosen by name or as the default.
        respond: To siprec_start; ``respond_stop`` to siprec_stop while its session lives.
        delivery: None: the namespace's.
        source: The file it came from, or ``<control API>``.
        text: The YAML as written, for the control API to show.
    """

    name: str
    description: str = ""
    priority: int = 0
    vars: Mapping[str, JsonValue] = field(default_factory=dict)
    match: Match | None = None
    respond: Respond = field(default_factory=RespondOk)
    respond_stop: Respond = field(default_factory=RespondOk)
    delivery: DeliveryPolicy | None = None
    timeline: tuple[Step, ...] = ()
    source: str = ""
    text: str = ""
