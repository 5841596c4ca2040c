"""Records every call: what to do upon which event of Telnyx, and what is known of each call.

Owns the decisions alone, as values: events in, commands out. Must not touch HTTP, the SDK or a loop, so that every
web framework can share it and a test can try every order of events without a server.

Telnyx delivers an event at least once and in no particular order. So an event counts once, by its id, and what is
known of a call only ever moves forward: what comes late changes nothing. A command's id is that of the event which
asks for it: however often it is sent, by a retry of the SDK or by another process of this app that got the event
too, Telnyx carries it out once.

This keeps its calls in memory. An app that must survive a restart keeps the same two things in its database: the
ids of the events that it took, and each call's state.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TypeAlias

MAX_CALLS = 10_000
"""The oldest are forgotten when there are more."""


class Phase(IntEnum):
    """How far a call is; it never goes back."""

    UNKNOWN = 0
    RINGING = 1
    ANSWERED = 2
    OVER = 3


class Recording(IntEnum):
    """How far a call's recording is; it never goes back."""

    NONE = 0
    ASKED = 1
    STARTED = 2
    STOPPED = 3
    FAILED = 4


_PHASES = {
    "call.initiated": Phase.RINGING,
    "call.answered": Phase.ANSWERED,
    "call.hangup": Phase.OVER,
}
_RECORDINGS = {
    "siprec.started": Recording.STARTED,
    "siprec.stopped": Recording.STOPPED,
    "siprec.failed": Recording.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A webhook's event, as far as a recorder looks at it.

    Attributes:
        call_control_id: Empty where the event is not of a call.
        incoming: Whether somebody calls us.
        cause: Why a recording ended, such as ``user_busy``.
    """

    id: str
    type: str
    call_control_id: str = ""
    incoming: bool = False
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is known of a call.

    Attributes:
        cause: Why its recording ended.
        taken: The ids of its events so far.
    """

    call_control_id: str
    phase: Phase = Phase.UNKNOWN
    recording: Recording = Recording.NONE
    cause: str | None = None
    taken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Answer a call."""

    call_control_id: str
    command_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRecording:
    """Record a call at the recorder behind a SIPREC connector."""

    call_control_id: str
    command_id: str
    connector_name: str


Command: TypeAlias = Answer | StartRecording


def read_event(body: str) -> Event:
    """A webhook's body, whose signature is known to be good."""
    data = json.loads(body)["data"]
    payload = data.get("payload") or {}
    return Event(
        id=data["id"],
        type=data["event_type"],
        call_control_id=payload.get("call_control_id") or "",
        incoming=payload.get("direction") == "incoming",
        cause=payload.get("failure_cause") or payload.get("hangup_cause"),
    )


class Recorder:
    """Answers incoming calls and records all that are answered; threads may share it."""

    def __init__(self, connector_name: str) -> None:
        """No calls yet; ``connector_name`` is the SIPREC connector that leads to the recorder."""
        self._connector_name = connector_name
        self._calls: dict[str, Call] = {}
        self._lock = threading.Lock()

    def call(self, call_control_id: str) -> Call:
        """What is known of a call; of one that nobody has spoken of, nothing."""
        return self._calls.get(call_control_id) or Call(call_control_id=call_control_id)

    def take(self, event: Event) -> Command | None:
        """Take an event in.

        Returns:
            What has to be done now; None: nothing, also for an event that was taken before.
        """
        with self._lock:
            before = self.call(event.call_control_id)
            if not event.call_control_id or event.id in before.taken:
                return None
            after = _after(before, event)
            command = self._command(before, after, event)
            if isinstance(command, StartRecording):
                after = replace(after, recording=Recording.ASKED)
            self._keep(after)
        return command

    def refused(self, command: Command, reason: str) -> None:
        """Take in that Telnyx refused a command for good: a recording that was asked for has failed."""
        with self._lock:
            call = self.call(command.call_control_id)
            if isinstance(command, StartRecording) and call.recording is Recording.ASKED:
                self._keep(replace(call, recording=Recording.FAILED, cause=reason))

    def _command(self, before: Call, after: Call, event: Event) -> Command | None:
        if after.phase is before.phase:
            return None
        if after.phase is Phase.RINGING and event.incoming:
            return Answer(call_control_id=after.call_control_id, command_id=event.id)
        if after.phase is Phase.ANSWERED and after.recording is Recording.NONE:
            return StartRecording(
                call_control_id=after.call_control_id,
                command_id=event.id,
                connector_name=self._connector_name,
            )
        return None

    def _keep(self, call: Call) -> None:
        self._calls[call.call_control_id] = call
        if len(self._calls) > MAX_CALLS:
            del self._calls[next(iter(self._calls))]


def _after(call: Call, event: Event) -> Call:
    """The call once an event has been taken; of what is known already, nothing is taken back."""
    phase = max(call.phase, _PHASES.get(event.type, Phase.UNKNOWN))
    recording = max(call.recording, _RECORDINGS.get(event.type, Recording.NONE))
    ended = recording is not call.recording and recording >= Recording.STOPPED
    return replace(
        call,
        phase=phase,
        recording=recording,
        cause=event.cause if ended else call.cause,
        taken=call.taken | {event.id},
    )
