"""The built-in scenarios of trouble, played: what the app sees of each is what its file promises."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emulator.core.delivery import DeliveryState
from emulator.core.effects import SignMode, Simulate, WireFault
from emulator.core.models import HOUR, MILLISECOND, MINUTE, SECOND, SessionState
from emulator.core.policy import Policy
from emulator.core.recording import ALREADY_RUNNING, DUPLICATE_COMMAND
from emulator.core.scenario.grammar import Grammar
from emulator.core.scenario.load import load_scenario
from emulator.core.turn import Addresses
from tests.core.engines import FAILOVER, HOOK, T0, Rig, delivered, error_of, header

if TYPE_CHECKING:
    from emulator.core.effects import Send
    from emulator.core.journal import WebhookEntry
    from emulator.core.models import Duration

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "scenarios").glob("*.yaml"))
GRAMMAR = Grammar(json.loads((ROOT / "schemas" / "scenario.schema.json").read_bytes()))

LASTS = (
    "duplicate-webhooks",
    "lost-acknowledgement",
    "bad-signature",
    "stale-timestamp",
    "flaky-receiver-failover",
    "api-reset-but-started",
    "slow-api",
)
"""A recording of a minute at most, which starts after 400 ms and stops 50 ms after it was asked to."""

ORDINARY = ["siprec.started", "siprec.stopped"]


class Stage(Rig):
    """A rig in which one built-in scenario is the default, and whose receivers take everything at once.

    Attributes:
        arrivals: Each attempt that was really sent, with the milliseconds since ``T0``.
    """

    def __init__(self, name: str, *, failover: bool = False, seed: str | None = None) -> None:
        """Load the scenario of that name; with ``failover`` there is a second URL."""
        file = ROOT / "scenarios" / f"{name}.yaml"
        self.arrivals: list[tuple[int, Send]] = []
        super().__init__(
            load_scenario(file.read_bytes(), file=file.name, grammar=GRAMMAR),
            policy=Policy(default_scenario=name, seed=seed),
            addresses=Addresses(
                webhook_url=HOOK,
                webhook_failover_url=FAILOVER if failover else None,
                receiver_url="http://emulator.test/receiver",
            ),
        )

    def play(self, later: Duration) -> None:
        """Let time pass, every webhook being taken the moment it is sent."""
        end = self.now + later
        self._receive()
        while (deadline := self.engine.next_deadline()) is not None and deadline <= end:
            self.tick(max(0, deadline - self.now))
            self._receive()
        self.tick(end - self.now)

    def _receive(self) -> None:
        while len(self.arrivals) < len(self.sends):
            send = self.sends[len(self.arrivals)]
            self.arrivals.append(((self.now - T0) // 1_000, send))
            self.report(delivered(send))

    @property
    def arrived(self) -> list[tuple[str, int]]:
        """Each webhook that arrived: its event's type, and when in milliseconds."""
        return [(json.loads(send.body)["data"]["event_type"], at) for at, send in self.arrivals]

    @property
    def arrived_ids(self) -> Counter[tuple[str, str]]:
        """How often each event arrived, by type and id."""
        found = [json.loads(send.body)["data"] for _, send in self.arrivals]
        return Counter((one["event_type"], one["id"]) for one in found)


def simulated(entry: WebhookEntry) -> list[Simulate]:
    """What became of each attempt at a webhook."""
    return [attempt.simulate for attempt in entry.attempts]


def happened(stage: Stage) -> list[str]:
    """The types of the events, in the order of occurrence, each once however many copies."""
    originals = [entry for entry in stage.webhooks if entry.repeats is None]
    return [entry.event.type.value for entry in sorted(originals, key=lambda entry: entry.event.occurred_at)]


# --- all of them ---


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_each_ends_by_itself_within_an_hour(file: Path) -> None:
    """An hour and a minute after a start that nobody stops, nothing runs and nothing is under way."""
    stage = Stage(file.stem)
    stage.start()
    stage.play(HOUR + MINUTE)
    assert stage.engine.idle()
    assert all(session.ended_at is not None for session in stage.namespace.sessions.values())


@pytest.mark.parametrize("name", LASTS)
def test_an_ordinary_recording_lies_under_the_trouble(name: str) -> None:
    """It starts after 400 ms, and stops 50 ms after siprec_stop or after a minute."""
    stage = Stage(name)
    stage.start()
    stage.play(MINUTE + 2 * SECOND)
    assert stage.payloads[-1]["hangup_cause"] == "normal_clearing"
    assert happened(stage) == ORDINARY
    occurred = dict(stage.events)
    assert occurred == {"siprec.started": 400, "siprec.stopped": 60_450}
    early = Stage(name)
    early.start()
    early.play(20 * SECOND)
    early.stop()
    early.play(20 * SECOND)
    assert dict(early.events)["siprec.stopped"] == 20_050


# --- webhooks ---


def test_duplicate_webhooks_arrive_several_times_with_one_id() -> None:
    """Twice and three times, 200 ms apart."""
    stage = Stage("duplicate-webhooks")
    stage.start()
    stage.play(2 * SECOND)
    stage.stop()
    stage.play(2 * SECOND)
    assert stage.arrived == [
        ("siprec.started", 400),
        ("siprec.started", 600),
        ("siprec.stopped", 2050),
        ("siprec.stopped", 2250),
        ("siprec.stopped", 2450),
    ]
    assert sorted(stage.arrived_ids.values()) == [2, 3]


@pytest.mark.parametrize("patience", [0, 500 * MILLISECOND, 2 * SECOND])
def test_out_of_order_starts_first_and_tells_of_it_last(patience: Duration) -> None:
    """Whenever the app stops: occurred_at is in order, arrival is not."""
    stage = Stage("out-of-order")
    stage.start()
    stage.play(patience)
    stage.stop()
    stage.play(5 * SECOND)
    assert happened(stage) == ORDINARY
    assert [name for name, _ in stage.arrived] == ["siprec.stopped", "siprec.started"]
    assert stage.arrived[1] == ("siprec.started", 3400)


def test_a_flaky_receiver_leaves_started_to_the_failover() -> None:
    """Four attempts at the primary find nobody, the fifth is answered too late; stopped goes there at once."""
    stage = Stage("flaky-receiver-failover", failover=True)
    stage.start()
    stage.play(30 * SECOND)
    stage.stop()
    stage.play(SECOND)
    started, stopped = stage.webhooks
    assert simulated(started) == [*[Simulate.CONNECT_ERROR] * 4, Simulate.TIMEOUT, Simulate.NONE]
    assert [attempt.send.url for attempt in started.attempts] == [*[HOOK] * 5, FAILOVER]
    assert simulated(stopped) == [Simulate.NONE]
    assert [send.url for _, send in stage.arrivals] == [HOOK, FAILOVER, HOOK]
    states = [entry.delivery.state for entry in stage.webhooks if entry.delivery]
    assert states == [DeliveryState.DELIVERED, DeliveryState.DELIVERED]


def test_a_flaky_receiver_without_a_failover_still_gets_every_event() -> None:
    """The attempt that counts as too late has arrived."""
    stage = Stage("flaky-receiver-failover")
    stage.start()
    stage.play(2 * MINUTE)
    assert [name for name, _ in stage.arrived] == ORDINARY


def test_a_lost_acknowledgement_brings_the_webhook_again() -> None:
    """Once more and twice more, by the usual backoff of 1 s and 2 s, with the same id."""
    stage = Stage("lost-acknowledgement")
    stage.start()
    stage.play(5 * SECOND)
    stage.stop()
    stage.play(10 * SECOND)
    assert stage.arrived == [
        ("siprec.started", 400),
        ("siprec.started", 1400),
        ("siprec.stopped", 5050),
        ("siprec.stopped", 6050),
        ("siprec.stopped", 8050),
    ]
    assert sorted(stage.arrived_ids.values()) == [2, 3]


def test_a_bad_signature_is_anothers_key_on_started_alone() -> None:
    """The stop is signed well, so that an app which verifies learns of the end."""
    stage = Stage("bad-signature")
    stage.start()
    stage.play(2 * MINUTE)
    assert [send.signing.mode for _, send in stage.arrivals] == [SignMode.WRONG_KEY, SignMode.GOOD]


def test_a_stale_timestamp_is_beyond_what_sdks_tolerate() -> None:
    """300 s either way is what they accept; the key is right."""
    stage = Stage("stale-timestamp")
    stage.start()
    stage.play(2 * MINUTE)
    started, stopped = (send.signing for _, send in stage.arrivals)
    assert (started.mode, stopped.mode) == (SignMode.GOOD, SignMode.GOOD)
    assert started.skew < -300 * SECOND
    assert stopped.skew == 0


# --- the API ---


def test_a_rate_limit_passes() -> None:
    """429 with 10011, its three headers and leave to retry; then 200 and one recording."""
    stage = Stage("rate-limited")
    refused = stage.start()
    assert (refused.status, error_of(refused)["code"]) == (429, "10011")
    assert header(refused, "x-should-retry") == "true"
    assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} <= {
        name for name, _ in refused.headers
    }
    assert stage.namespace.sessions == {}
    assert stage.start().status == 200
    assert len(stage.namespace.sessions) == 1
    assert stage.start("v3:other").status == 429


@pytest.mark.parametrize(
    ("command", "hint"),
    [({"command_id": "one"}, DUPLICATE_COMMAND), ({}, ALREADY_RUNNING)],
    ids=["same id", "no id"],
)
def test_a_reset_that_started_is_found_running_by_the_retry(command: dict[str, str], hint: str) -> None:
    """One recording and one siprec.started, whether the retry carries a command_id or not."""
    stage = Stage("api-reset-but-started")
    assert stage.start(headers=(), **command).fault is WireFault.RESET
    retry = stage.start(headers=(), **command)
    assert (retry.status, retry.fault) == (200, None)
    assert header(retry, "X-Emulator-Hint") == hint
    stage.play(SECOND)
    assert stage.arrived == [("siprec.started", 400)]
    assert len(stage.namespace.sessions) == 1


def test_a_slow_api_is_overtaken_by_its_webhook() -> None:
    """The answer is held for 3 s, the recording is not; a command sent again meanwhile starts nothing."""
    stage = Stage("slow-api")
    answer = stage.start()
    assert (answer.status, answer.delay) == (200, 3 * SECOND)
    stage.play(500 * MILLISECOND)
    assert stage.arrived == [("siprec.started", 400)]
    assert header(stage.start(), "X-Emulator-Hint") == ALREADY_RUNNING


# --- stops ---


def test_a_stop_while_it_rings_leaves_no_start() -> None:
    """siprec.stopped with originator_cancel, alone."""
    stage = Stage("stop-while-ringing")
    stage.start()
    stage.play(9 * SECOND)
    stage.stop()
    stage.play(2 * MINUTE)
    assert stage.arrived == [("siprec.stopped", 9000)]
    assert stage.payloads[0]["hangup_cause"] == "originator_cancel"


def test_a_stop_after_the_ringing_is_an_ordinary_one() -> None:
    """The recording server answers after 10 s."""
    stage = Stage("stop-while-ringing")
    stage.start()
    stage.play(11 * SECOND)
    stage.stop()
    stage.play(SECOND)
    assert stage.events == [("siprec.started", 10_000), ("siprec.stopped", 11_050)]
    assert stage.payloads[1]["hangup_cause"] == "normal_clearing"


def test_a_start_while_it_stops_starts_nothing() -> None:
    """It is a 200 with a hint; the one after siprec.stopped begins a second recording."""
    stage = Stage("restart-during-stop")
    stage.start()
    stage.play(SECOND)
    stage.stop()
    stage.play(SECOND)
    early = stage.start()
    assert (early.status, header(early, "X-Emulator-Hint")) == (200, ALREADY_RUNNING)
    stage.play(10 * SECOND)
    assert stage.events == [("siprec.started", 400), ("siprec.stopped", 4000)]
    late = stage.start()
    assert (late.status, header(late, "X-Emulator-Hint")) == (200, None)
    stage.play(SECOND)
    assert [name for name, _ in stage.events] == [*ORDINARY, "siprec.started"]
    assert [one.state for one in stage.namespace.sessions.values()] == [SessionState.STOPPED, SessionState.STARTED]


# --- chaos ---


def chaos(seed: str) -> Stage:
    """One run to its end, in a namespace of its own seed."""
    stage = Stage("chaos", seed=seed)
    stage.start()
    stage.play(5 * MINUTE)
    return stage


@pytest.mark.parametrize("seed", [str(number) for number in range(20)])
def test_chaos_starts_before_it_stops_and_every_event_arrives(seed: str) -> None:
    """Whatever is drawn: in order of occurrence, each event twice, within the tolerance of SDKs' clocks."""
    stage = chaos(seed)
    assert happened(stage) == ORDINARY
    assert {name for name, _ in stage.arrived} == set(ORDINARY)
    assert all(entry.delivery and entry.delivery.state is DeliveryState.DELIVERED for entry in stage.webhooks)
    assert all(abs(send.signing.skew) < 300 * SECOND for _, send in stage.arrivals)
    assert stage.engine.idle()


def test_chaos_repeats_with_its_seed_and_differs_with_another() -> None:
    """Arrivals to the millisecond."""
    assert chaos("a").arrived == chaos("a").arrived
    assert chaos("a").arrived != chaos("b").arrived


def test_chaos_brings_webhooks_out_of_order() -> None:
    """In some run a webhook of siprec.stopped is there before the first of siprec.started."""
    firsts = {chaos(str(number)).arrived[0][0] for number in range(60)}
    assert firsts == set(ORDINARY)
