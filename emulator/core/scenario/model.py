"""The scenario language after loading: frozen values that ``selection.py`` and ``timeline.py`` interpret.

Owns the shapes only. Everything in here has been checked: names are known, durations are microseconds, templates
parse and their paths can exist. Must not read YAML and must not decide anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from emulator.core.effects import SIGNED_WELL, Simulate
from emulator.core.models import EventType
from emulator.core.srs import WELL_BEHAVED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.calls.model import CallState
    from emulator.core.draws import Delay
    from emulator.core.effects import DeliveryPolicy, Signing, WireFault
    from emulator.core.errors import ErrorItem, Problem
    from emulator.core.models import Duration, HeaderList, JsonValue, Route
    from emulator.core.srs import Misconduct


class Plays(StrEnum):
    """What a scenario is for: a recording that siprec_start begins, or the far end of a call."""

    RECORDING = "recording"
    DIAL = "dial"
    INBOUND = "inbound"


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
    """Accept the command, after ``delay``.

    Attributes:
        takes_effect: False answers well and does nothing.
    """

    delay: Delay = 0
    takes_effect: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RespondError:
    """Answer with an error.

    Attributes:
        status: HTTP status, 400 to 599.
        items: What the error document lists; an empty tuple sends an empty body.
        sdk_retry: False sends ``x-should-retry: false``, True sends ``true``, so that an SDK does as scripted.
        headers: Sent besides.
        takes_effect: True does what was asked for, although the client sees a failure.
    """

    status: int
    items: tuple[ErrorItem, ...]
    delay: Delay = 0
    sdk_retry: bool = False
    headers: HeaderList = ()
    takes_effect: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RespondFault:
    """The answer goes wrong on the wire.

    Attributes:
        over: How long TRICKLE takes, in real time.
        takes_effect: Whether what was asked for is done. TRICKLE gives the answer that goes with it.
    """

    fault: WireFault
    delay: Delay = 0
    over: Duration = 0
    takes_effect: bool = False


Answer: TypeAlias = RespondOk | RespondError | RespondFault


class AfterLast(StrEnum):
    """What follows the last answer of a sequence: the same again, the first, or plain acceptance."""

    REPEAT_LAST = "repeat_last"
    RESTART = "restart"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class RespondSequence:
    """One answer after another, counted per call."""

    answers: tuple[Answer, ...]
    after_last: AfterLast = AfterLast.REPEAT_LAST

    def answer(self, asked_before: int) -> Answer:
        """The answer to a call's next command.

        Args:
            asked_before: How many the call was given before.
        """
        count = len(self.answers)
        if asked_before < count:
            return self.answers[asked_before]
        if self.after_last is AfterLast.RESTART:
            return self.answers[asked_before % count]
        return ACCEPTED if self.after_last is AfterLast.DEFAULT else self.answers[-1]


ACCEPTED = RespondOk()

Respond: TypeAlias = Answer | RespondSequence


# --- timeline ---


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedAttempt:
    """What becomes of one attempt.

    Attributes:
        url: Where it goes instead; None leaves that to the delivery.
    """

    url: str | None = None
    simulate: Simulate = Simulate.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """How one event's webhook is delivered.

    Attributes:
        delay: Between the event and its first attempt.
        copies: How many times the webhook is sent, each a delivery of its own; 0: never.
        gap: Between copies.
        same_id: Whether copies carry the same event id.
        url: Where it goes instead of the usual URLs.
        attempts: What becomes of each attempt, over all URLs; those beyond the list are made as usual.
    """

    delay: Delay = 0
    copies: int = 1
    gap: Delay = 0
    same_id: bool = True
    url: str | None = None
    attempts: tuple[ScriptedAttempt, ...] = ()


USUAL_DELIVERY = Deliver()


@dataclass(frozen=True, slots=True, kw_only=True)
class Emit:
    """An event occurs.

    Attributes:
        after: Since the previous step ended; 0 when the step gave neither ``after`` nor ``at``.
        at: Since the command was accepted; wins over ``after``. None when not given.
        payload: Laid over the event's standard payload; values may hold templates (``template.py``).
    """

    event: EventType
    after: Delay = 0
    at: Delay | None = None
    payload: Mapping[str, JsonValue] = field(default_factory=dict)
    deliver: Deliver = USUAL_DELIVERY
    signing: Signing = SIGNED_WELL


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSeen:
    """Holds once the app has sent this command for the session, or on the call.

    Of a recording ``Route.SIPREC_STOP``, TeXML's update included; of a call ``Route.SIPREC_START`` too.
    """

    command: Route


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAcked:
    """Holds once a webhook of this type was delivered."""

    event: EventType


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSeen:
    """Holds once the call has come to this state: answered or ended."""

    state: CallState


class SrsDid(StrEnum):
    """What a recording server may do once it has answered.

    BYE: it hangs up. ENDED: the session on the wire is over, by its BYE or by any mishap. MEDIA_CHANGED: it asks
    for other media, such as a stream on hold.
    """

    BYE = "bye"
    ENDED = "ended"
    MEDIA_CHANGED = "media_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SrsSeen:
    """Holds once the recording server that the timeline dialled has done this."""

    did: SrsDid


Condition: TypeAlias = CommandSeen | WebhookAcked | CallSeen | SrsSeen


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
    timeout: Delay | None = None
    then: tuple[Step, ...] = ()
    on_timeout: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The timeline ends here, and with it the session."""


TELL_STARTED: tuple[Step, ...] = (Emit(event=EventType.STARTED),)
TELL_FAILED: tuple[Step, ...] = (
    Emit(event=EventType.FAILED, payload={"failure_cause": "${srs.cause}"}),
    End(),
)
TELL_CANCELLED: tuple[Step, ...] = (
    Emit(event=EventType.STOPPED, payload={"hangup_cause": "originator_cancel"}),
    End(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """A recording session is placed on the wire; the timeline stands here until it was answered or has failed.

    Attributes:
        after, at: When, as of ``Emit``.
        secure: By TLS and SRTP; None: as the start says.
        timeout: How long the server may take to answer, in real time; None: as the emulator is set.
        answered, failed: Steps that run then, before the next step of the enclosing list.
        cancelled: Steps that run when the app's stop comes first; the dial is cancelled.
        misconduct: What the emulator does wrong on the wire.
    """

    after: Delay = 0
    at: Delay | None = None
    secure: bool | None = None
    timeout: Delay | None = None
    answered: tuple[Step, ...] = TELL_STARTED
    failed: tuple[Step, ...] = TELL_FAILED
    cancelled: tuple[Step, ...] = TELL_CANCELLED
    misconduct: Misconduct = WELL_BEHAVED


Step: TypeAlias = Emit | WaitFor | Dial | End


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario: how to answer, and what happens after.

    Attributes:
        name: Unique among those loaded; what headers and magic connectors call it by.
        plays: What it is for.
        description: One line for lists.
        priority: Higher is asked first by ``match``; then by name.
        vars: Variables for templates; durations that named them are already resolved.
        match: None: only chosen by name or as the default.
        respond: To siprec_start or to the dial; ``respond_stop`` to siprec_stop while its session lives.
        delivery: None: the namespace's.
        random: Whether a duration of the timeline is drawn anew for each session.
        source: The file it came from, or ``<control API>``.
        text: The YAML as written, for the control API to show.
        warnings: What was loaded and is probably not meant (``lint.py``).
    """

    name: str
    plays: Plays = Plays.RECORDING
    description: str = ""
    priority: int = 0
    vars: Mapping[str, JsonValue] = field(default_factory=dict)
    match: Match | None = None
    respond: Respond = field(default_factory=RespondOk)
    respond_stop: Respond = field(default_factory=RespondOk)
    delivery: DeliveryPolicy | None = None
    timeline: tuple[Step, ...] = ()
    random: bool = False
    source: str = ""
    text: str = ""
    warnings: tuple[Problem, ...] = ()
