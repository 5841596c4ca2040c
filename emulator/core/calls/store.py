"""The calls that one namespace knows.

Owns which calls are kept and for how long, and which one a command means. Must not change a call's state by any
rule: ``life.py`` says what a call becomes, ``conduct.py`` when.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core import ids
from emulator.core.calls.model import Call, CallState
from emulator.core.errors import CallEnded, CallNotAnswered, LimitReached, UnknownCall
from emulator.core.models import MINUTE
from emulator.core.policy import Realism

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from emulator.core.ids import Randomness
    from emulator.core.models import Duration, Instant
    from emulator.core.namespace import Playing
    from emulator.core.policy import DeclaredCall

SHOWN_AFTER_END: Duration = 10 * MINUTE
"""How long a call can be read once it has ended (Telnyx: RetrieveCallStatus)."""

_EVICTION_LOOKS = 64
"""A full house of calls that must stay must not cost a walk over all: only the oldest few are looked at."""


class CallStore:
    """Every call, by its call_control_id.

    Attributes:
        connection_id: Of calls that no connection was named for.
        recorded: How many timelines of recordings still run on a call; while any does, it is not forgotten.
        playing: The far end's timeline of a call, while it runs.
        live: How many calls are alive that were dialled or came in; those are not forgotten either.
    """

    def __init__(self, randomness: Randomness, *, most: int) -> None:
        """Start without calls.

        Args:
            randomness: Gives identifiers.
            most: How many are kept, and how many may be alive at once.
        """
        self.connection_id = ids.connection_id(randomness)
        self.recorded: dict[str, int] = {}
        self.playing: dict[str, Playing] = {}
        self.live = 0
        self._calls: OrderedDict[str, Call] = OrderedDict()
        self._declared: dict[str, DeclaredCall] = {}
        self._dials: OrderedDict[str, tuple[str, Instant]] = OrderedDict()
        self._most = most
        self._numbers = 0

    def __len__(self) -> int:
        """How many there are."""
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        """All of them, in the order in which they came to be known."""
        return iter(sorted(self._calls.values(), key=lambda call: call.number))

    def __getitem__(self, call_control_id: str) -> Call:
        """The call of that id; it must exist, as it does while a timeline runs on it."""
        return self._calls[call_control_id]

    def get(self, call_control_id: str) -> Call | None:
        """The call of that id, None when there is none (any more)."""
        return self._calls.get(call_control_id)

    def to_show(self, call_control_id: str, now: Instant) -> Call | None:
        """The call of that id, unless it has ended too long ago to be read."""
        call = self._calls.get(call_control_id)
        over = call is not None and call.ended_at is not None and call.ended_at + SHOWN_AFTER_END <= now
        return None if over else call

    def active(self, connection_id: str) -> Iterator[Call]:
        """A connection's calls that have not ended, oldest first."""
        return (call for call in self if call.connection_id == connection_id and call.state is not CallState.ENDED)

    @property
    def untouched(self) -> bool:
        """Whether there are none but those that were declared."""
        return self._calls.keys() <= self._declared.keys()

    # --- calls that nobody announced ---

    def declare(self, calls: Iterable[DeclaredCall], randomness: Randomness, now: Instant) -> None:
        """Add calls that exist without having been dialled, replacing those of the same id."""
        for declared in calls:
            call = self._new(declared.call_control_id, randomness, now)
            self._declared[call.call_control_id] = declared
            self._put(
                replace(
                    call,
                    state=declared.state,
                    client_state=declared.client_state,
                    connection_id=declared.connection_id or call.connection_id,
                    created_at=None,
                    answered_at=None,
                )
            )

    def redraw(self, randomness: Randomness, now: Instant) -> None:
        """Draw anew what was drawn before anything happened."""
        self.connection_id = ids.connection_id(randomness)
        self.declare(tuple(self._declared.values()), randomness, now)

    def known(
        self, call_control_id: str, randomness: Randomness, now: Instant, *, state: CallState = CallState.ANSWERED
    ) -> Call:
        """The call of that id, which springs into being in ``state`` where there is none."""
        call = self._calls.get(call_control_id)
        if call is None:
            call = self._new(call_control_id, randomness, now, state)
            self._put(call)
            self._bound()
        return call

    def for_command(
        self,
        call_control_id: str,
        realism: Realism,
        randomness: Randomness,
        now: Instant,
        *,
        unknown: CallState = CallState.ANSWERED,
        while_ringing: bool = False,
    ) -> Call:
        """The call that a command names.

        Args:
            call_control_id: As in the path.
            realism: STRICT wants a call that exists and was answered; else an unknown one springs into being.
            randomness: For its identifiers.
            now: When it does.
            unknown: As what.
            while_ringing: Whether the command is one for calls that ring, too.

        Raises:
            UnknownCall: STRICT, and there is none (90015).
            CallNotAnswered: STRICT, and it rings (90034).
            CallEnded: It is over (90018).
        """
        strict = realism is Realism.STRICT
        if strict and call_control_id not in self._calls:
            raise UnknownCall
        call = self.known(call_control_id, randomness, now, state=unknown)
        if call.state is CallState.ENDED:
            raise CallEnded
        if strict and call.state is CallState.RINGING and not while_ringing:
            raise CallNotAnswered
        return call

    def _new(
        self, call_control_id: str, randomness: Randomness, now: Instant, state: CallState = CallState.RINGING
    ) -> Call:
        self._numbers += 1
        return Call(
            call_control_id=call_control_id,
            call_leg_id=ids.uuid1(randomness, now),
            call_session_id=ids.uuid1(randomness, now),
            connection_id=self.connection_id,
            number=self._numbers,
            state=state,
            created_at=now,
            answered_at=now if state is CallState.ANSWERED else None,
        )

    # --- calls that were dialled or came in ---

    def check_room(self) -> None:
        """See that one more call may be alive.

        Raises:
            LimitReached: There are as many as may be.
        """
        if self.live >= self._most:
            raise LimitReached("calls that are alive in a namespace", limit=self._most, setting="--max-sessions")

    def announced(self, randomness: Randomness, now: Instant) -> Call:
        """A call that begins to ring; ``add`` keeps it."""
        return self._new(ids.call_control_id(randomness), randomness, now)

    def add(self, call: Call) -> None:
        """Keep a call that was ``announced``."""
        self._put(call)
        self._bound()

    def dialled(self, command_id: str | None, now: Instant) -> Call | None:
        """The call that a dial of that command_id began, while it is remembered."""
        call_control_id, until = self._dials.get(command_id or "", ("", now))
        return self._calls.get(call_control_id) if until > now else None

    def remember_dial(self, command_id: str | None, call: Call, until: Instant) -> None:
        """Remember which call a dial began."""
        if command_id is None:
            return
        self._dials.pop(command_id, None)
        self._dials[command_id] = call.call_control_id, until
        if len(self._dials) > self._most:
            self._dials.popitem(last=False)

    # --- changes ---

    def update(self, call: Call) -> None:
        """Replace a call."""
        self._put(call)

    def remember_client_state(self, call: Call, client_state: str | None) -> Call:
        """A command's client_state goes with every later webhook of the call; a command without one keeps it."""
        if client_state is not None and client_state != call.client_state:
            call = replace(call, client_state=client_state)
            self._calls[call.call_control_id] = call
        return call

    # --- who must stay ---

    def record(self, call_control_id: str) -> None:
        """A recording's timeline begins to run on a call."""
        self.recorded[call_control_id] = self.recorded.get(call_control_id, 0) + 1

    def release(self, call_control_id: str) -> None:
        """One has ended."""
        self.recorded[call_control_id] -= 1
        if not self.recorded[call_control_id]:
            del self.recorded[call_control_id]

    def _put(self, call: Call) -> None:
        before = self._calls.get(call.call_control_id)
        self.live += _lives(call) - (before is not None and _lives(before))
        self._calls[call.call_control_id] = call

    def _bound(self) -> None:
        """Forget the oldest call that may be forgotten, once there are more than are kept."""
        if len(self._calls) <= self._most:
            return
        for _ in range(min(len(self._calls), _EVICTION_LOOKS)):
            oldest, call = self._calls.popitem(last=False)
            if oldest not in self.recorded and not _lives(call):
                return
            self._calls[oldest] = call


def _lives(call: Call) -> bool:
    """Whether a call that was announced has not ended."""
    return call.scenario is not None and call.state is not CallState.ENDED
