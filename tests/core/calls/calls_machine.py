"""Any order of what apps, far ends and time do to calls and their recordings.

Owns what may be done, and what must hold of each call and its events. Reads what the engine gave out, and what its
views show; never how it keeps calls.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from emulator.core.calls.model import CallState
from emulator.core.calls.views import call_view
from emulator.core.models import HOUR, MILLISECOND, MINUTE, SECOND, Route, SessionState
from emulator.core.namespace import COMMAND_ID_WINDOW
from emulator.core.policy import Policy, Realism
from emulator.core.scenario.load import load_scenario
from emulator.resources import scenario_files
from tests.core.engines import GRAMMAR, Rig, error_of, scenario

if TYPE_CHECKING:
    from emulator.core.effects import Reply
    from emulator.core.journal import WebhookEntry
    from emulator.core.models import Duration, Instant

BUILT_IN = tuple(
    load_scenario(file.read_text("utf-8"), file=file.name, grammar=GRAMMAR) for file in scenario_files()
)
MADE = (
    scenario(
        "timeline: [{wait_for: {call: answered}, timeout: 1m}, {emit: siprec.started}, "
        "{wait_for: {call: ended}, timeout: 1m, then: [{emit: siprec.stopped, after: 10ms}]}]",
        "follows-its-call",
    ),
    scenario(
        "timeline: [{emit: siprec.started}, {emit: siprec.stopped, after: 1s}, {hangup: call, after: 1s}]", "ends"
    ),
    scenario("timeline: [{hangup: call}]", "hangs-up-at-once"),
    scenario(
        "plays: inbound\ntimeline: [{wait_for: {command: siprec_start}, timeout: 1m}, "
        "{wait_for: {command: siprec_stop}, timeout: 1m, then: [{hangup: call}]}]",
        "hangs-up-with-the-recording",
    ),
    scenario("plays: dial\ntimeline: [{emit: call.answered}, {emit: call.answered, after: 1s}]", "answers-twice"),
    scenario("plays: dial\ntimeline: [{emit: call.answered}, {hangup: call}]", "answers-and-leaves"),
    scenario("plays: dial\nrespond: {session: none}", "dials-nobody"),
)

RECORDINGS = st.sampled_from(
    ("happy-path", "no-answer", "timed-stop", "hangup-while-recording", *(one.name for one in MADE[:3]))
)
INBOUND = st.sampled_from(tuple(one.name for one in (*BUILT_IN, *MADE) if one.plays == "inbound"))
DIALS = st.sampled_from(tuple(one.name for one in (*BUILT_IN, *MADE) if one.plays == "dial"))
SPANS = st.sampled_from((0, 1, 100 * MILLISECOND, 2 * SECOND, 30 * SECOND, 5 * MINUTE, HOUR, 5 * HOUR))
PLACES = st.integers(0, 20)
"""Which of the calls, counted round."""

COMMAND_IDS = st.none() | st.sampled_from(("x", "y"))
STATES = st.none() | st.sampled_from(("YQ==", "Yg=="))
CAUSES = {
    "call_rejected", "normal_clearing", "originator_cancel", "timeout", "time_limit",
    "user_busy", "not_found", "no_answer", "unspecified",
}  # fmt: skip
"""Telnyx's (CallHangup.hangup_cause)."""

OK = b'{"data":{"result":"ok"}}'


@dataclass(slots=True, kw_only=True)
class Life:
    """One call, as its events and its commands' answers tell of it.

    Attributes:
        rings, answered, ended: When it was initiated, answered, hung up; None: it was not, or before all this.
        patience: How long it may ring; None: for ever.
        states: What its client_state has been, the latest last.
        follows: Whether a recording's own timeline may say what comes of the call's end.
        commands: The ids of commands that were accepted, and when.
    """

    announced: bool
    outgoing: bool = False
    rings: Instant | None = None
    answered: Instant | None = None
    ended: Instant | None = None
    talks: bool = False
    follows: bool = False
    patience: Duration | None = None
    limit: Duration = 4 * HOUR
    states: list[str | None] = field(default_factory=lambda: [None])
    commands: dict[str, Instant] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)


class CallsMachine(RuleBasedStateMachine):
    """One namespace, its calls and its recordings."""

    rig: Rig

    def __init__(self) -> None:
        """Wait for ``begin``."""
        super().__init__()
        self.lives: dict[str, Life] = {}
        self.seen = 0

    @initialize(realism=st.sampled_from(Realism))
    def begin(self, realism: Realism) -> None:
        """Make the engine; in strict realism nothing has to be declared but the connection."""
        self.strict = realism is Realism.STRICT
        # a connector and a connection that must exist are no matter here
        self.realism = Realism.STANDARD if self.strict else realism
        self.rig = Rig(*BUILT_IN, *MADE, policy=Policy(realism=self.realism, default_scenario="happy-path"))

    # --- what happens ---

    @rule(name=INBOUND)
    def arrive(self, name: str) -> None:
        """A call comes in."""
        call = self.rig.call_in(scenario=name)
        self.lives[call.call_control_id] = Life(announced=True)
        self.read()

    @rule(name=DIALS, ring=st.sampled_from((5, 30, 600)), limit=st.sampled_from((30, 14_400)), state=STATES)
    def dial(self, name: str, ring: int, limit: int, state: str | None) -> None:
        """The app dials."""
        fields: dict[str, Any] = {"client_state": state} if state else {}
        reply = self.rig.dial(
            headers=(("X-Emulator-Scenario", name),), timeout_secs=ring, time_limit_secs=limit, **fields
        )
        assert reply.status == 200
        data = orjson.loads(reply.body)["data"]
        assert data["is_alive"] is False
        if name != "dials-nobody":
            self.lives[data["call_control_id"]] = Life(
                announced=True,
                outgoing=True,
                patience=ring * SECOND,
                limit=limit * SECOND,
                states=[state],
            )
        self.read()

    @rule(place=PLACES, command_id=COMMAND_IDS, state=STATES)
    def answer(self, place: int, command_id: str | None, state: str | None) -> None:
        """The app answers."""
        call, life = self.some(place, rings=True)
        before, rang = life.kinds[:], not life.talks
        reply = self.command(Route.ANSWER, call, command_id, state)
        if self.taken(call, life, reply, command_id, state, refused="90102" if life.outgoing else None):
            self.read()
            assert (life.kinds[len(before) :][:1] == ["call.answered"]) is rang
        self.read()

    @rule(place=PLACES, command_id=COMMAND_IDS, state=STATES)
    def hang_up(self, place: int, command_id: str | None, state: str | None) -> None:
        """The app hangs up."""
        call, life = self.some(place)
        if self.taken(call, life, self.command(Route.HANGUP, call, command_id, state), command_id, state):
            self.read()
            assert life.kinds[-1] == "call.hangup"
        self.read()

    @rule(place=PLACES, command_id=COMMAND_IDS, state=STATES)
    def reject(self, place: int, command_id: str | None, state: str | None) -> None:
        """The app rejects; what does not ring, or did not come in, it can't."""
        call, life = self.some(place, rings=True)
        rings = life.answered is None and not life.talks and not life.outgoing
        reply = self.command(Route.REJECT, call, command_id, state, cause="USER_BUSY")
        if self.taken(call, life, reply, command_id, state):
            self.read()
            assert (life.ended is not None) is rings
        self.read()

    @rule(place=PLACES, state=st.sampled_from(("YQ==", "Yg==")))
    def update(self, place: int, state: str) -> None:
        """The app changes the client_state."""
        call, life = self.some(place)
        self.taken(call, life, self.command(Route.CLIENT_STATE_UPDATE, call, None, state), None, state)
        self.read()

    @rule(place=PLACES, name=RECORDINGS, state=STATES)
    def start(self, place: int, name: str, state: str | None) -> None:
        """The app starts a recording."""
        call, life = self.some(place)
        fields = {"client_state": state} if state else {}
        life.follows |= name == "follows-its-call"
        reply = self.rig.start(call, headers=(("X-Emulator-Scenario", name),), **fields)
        self.taken(call, life, reply, None, state)
        self.read()

    @rule(place=PLACES)
    def stop(self, place: int) -> None:
        """The app stops it."""
        call, life = self.some(place)
        self.taken(call, life, self.rig.stop(call), None, None)
        self.read()

    @rule(place=PLACES)
    def leave(self, place: int) -> None:
        """The far end hangs up, by hand."""
        alive = [name for name, life in self.lives.items() if life.ended is None]
        if alive:
            call = alive[place % len(alive)]
            self.rig.hang_up(call)
            self.read()
            assert self.lives[call].ended == self.rig.now

    @rule(span=SPANS, late=st.booleans())
    def pass_time(self, span: Duration, late: bool) -> None:
        """Time passes, seen to or not."""
        if late:
            self.rig.tick(span)
        else:
            self.rig.run(span)
        self.read()

    @rule()
    def acknowledge(self) -> None:
        """Every webhook arrives."""
        self.rig.deliver_all()
        self.read()

    # --- commands ---

    def some(self, place: int, *, rings: bool = False) -> tuple[str, Life]:
        """A call that is known, or one that springs into being, as what the command takes it for."""
        names = [*self.lives, "v3:nobody-yet"]
        call = names[place % len(names)]
        if call not in self.lives:
            call = f"v3:nobody-{len(self.lives)}"
            self.lives[call] = Life(announced=False, talks=not rings)
        return call, self.lives[call]

    def command(self, route: Route, call: str, command_id: str | None, state: str | None, **body: str) -> Reply:
        """Send a command with what is given."""
        given = {"command_id": command_id, "client_state": state}
        return self.rig.command(route, call, **{key: text for key, text in given.items() if text}, **body)

    def taken(
        self,
        call: str,
        life: Life,
        reply: Reply,
        command_id: str | None,
        state: str | None,
        *,
        refused: str | None = None,
    ) -> bool:
        """Whether a command was carried out; else it was a repetition, or refused as the facts have it."""
        now = self.rig.now
        if command_id and now - life.commands.get(command_id, -HOUR) < COMMAND_ID_WINDOW:
            assert (reply.status, reply.body) == (200, OK)
            return False
        if life.ended is not None:
            assert (reply.status, error_of(reply)["code"]) == (422, "90018")
            return False
        if refused is not None:
            assert (reply.status, error_of(reply)["code"]) == (422, refused)
            return False
        assert (reply.status, reply.body) == (200, OK), call
        if command_id:
            life.commands[command_id] = now
        if state:
            life.states.append(state)
        return True

    # --- what must hold ---

    def read(self) -> None:
        """Enter the events that are new."""
        webhooks = self.rig.webhooks if self.rig.engine.namespaces.get("ns") else []
        for entry in webhooks[self.seen :]:
            self.occurred(entry)
        self.seen = len(webhooks)

    def occurred(self, entry: WebhookEntry) -> None:
        """An event: in its place among the events of its call, with the right payload."""
        event, life = entry.event, self.lives[entry.event.call_control_id]
        kind, payload = event.type.value, event.payload
        assert payload["client_state"] in life.states
        assert payload["call_control_id"] == event.call_control_id
        if kind.startswith("siprec."):
            assert kind != "siprec.started" or life.ended is None, "a recording started on a call that is over"
            life.kinds.append(kind)
            return
        assert entry.session is None
        match kind:
            case "call.initiated":
                assert life.announced
                assert life.kinds == []
                life.rings = event.occurred_at
            case "call.answered":
                assert life.ended is None
                life.answered = event.occurred_at if life.answered is None else life.answered
                life.talks = True
            case _:
                self.ended(life, payload, event.occurred_at)
        assert payload["from"] == "+18005550101"
        life.kinds.append(kind)

    def ended(self, life: Life, payload: Any, at: Instant) -> None:
        """A call has ended: once, in time, after its recording, and for a reason that Telnyx has."""
        assert "call.hangup" not in life.kinds
        assert payload["hangup_cause"] in CAUSES
        assert payload["hangup_source"] in {"caller", "callee", "unknown"}
        assert ("call_quality_stats" in payload) is life.talks
        assert life.follows or life.kinds.count("siprec.started") <= life.kinds.count("siprec.stopped")
        life.ended = at
        if life.answered is not None and life.announced:
            assert at - life.answered <= life.limit
        elif life.rings is not None and life.patience is not None and not life.talks:
            assert at - life.rings <= life.patience
        assert payload["hangup_cause"] != "time_limit" or life.answered is not None

    @invariant()
    def calls_are_what_their_events_say(self) -> None:
        """State, times and recordings of each call."""
        namespace = self.rig.engine.namespaces.get("ns") if hasattr(self, "rig") else None
        if namespace is None:
            return
        for name, life in self.lives.items():
            call = namespace.calls.get(name)
            if call is None:
                continue
            view = call_view(call, namespace)
            state = CallState.ANSWERED if life.talks else CallState.RINGING
            assert call.state is (CallState.ENDED if life.ended is not None else state), (name, life)
            assert view["client_state"] == life.states[-1]
            if life.ended is not None:
                assert not view["playing"]
                assert call.ended_at == life.ended
                sessions = [one for one in namespace.sessions.values() if one.start.call_control_id == name]
                active = [one for one in sessions if one.state in {SessionState.STARTING, SessionState.STARTED}]
                # only a timeline that waited for just this says itself what comes of it
                assert all(one.scenario == "follows-its-call" for one in active)
            elif life.rings is not None and life.patience is not None and not life.talks:
                assert self.rig.now < life.rings + life.patience
            elif life.answered is not None and life.announced:
                assert self.rig.now < life.answered + life.limit
        alive = sum(life.announced and life.ended is None for life in self.lives.values())
        assert namespace.calls.live == alive

    def teardown(self) -> None:
        """In the end every call is over, and nothing is due any more."""
        if not self.lives or not hasattr(self, "rig"):
            return
        for name, life in self.lives.items():
            if life.ended is None and self.rig.namespace.calls.get(name) is not None:
                self.rig.command(Route.HANGUP, name)
        self.rig.deliver_all()
        self.rig.run(5 * HOUR)
        for _ in range(8):
            self.rig.deliver_all()
        namespace = self.rig.namespace
        assert namespace.calls.live == 0
        assert (namespace.calls.playing, namespace.playing, namespace.calls.recorded) == ({}, {}, {})
        assert self.rig.engine.next_deadline() is None
        assert namespace.idle
