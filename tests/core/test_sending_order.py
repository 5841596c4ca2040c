"""In which order webhooks are sent: a session's one after the other, and so many attempts at once."""

from __future__ import annotations

import random

import orjson
import pytest

from emulator.core.models import HOUR, SECOND
from emulator.core.turn import Addresses
from tests.core.engines import FAILOVER, HOOK, Rig, delivered, failed, scenario

BOTH = Addresses(webhook_url=HOOK, webhook_failover_url=FAILOVER)

# --- one after the other in a session ---

LINED = "delivery: {order: per_session, timeout: 5s, attempts_per_url: 2, backoff: {first: 3s}}\n"
THREE = "timeline: [{emit: siprec.started}, {emit: siprec.failed}, {emit: siprec.stopped}]"


def kinds(rig: Rig) -> list[str]:
    """The type of each attempt's event."""
    return [orjson.loads(send.body)["data"]["event_type"].removeprefix("siprec.") for send in rig.sends]


def test_webhooks_overtake_each_other_unless_told_not_to() -> None:
    rig = Rig(THREE)
    rig.start()
    assert kinds(rig) == ["started", "failed", "stopped"]


def test_a_webhook_waits_until_the_one_before_it_in_its_session_is_over() -> None:
    rig = Rig(LINED + THREE)
    rig.start()
    assert kinds(rig) == ["started"]
    rig.report(failed(rig.sends[0]))
    rig.run(3 * SECOND - 1)
    assert kinds(rig) == ["started"]
    rig.run(1)
    assert kinds(rig) == ["started", "started"]
    rig.report(failed(rig.sends[1]))
    assert kinds(rig) == ["started", "started", "failed"]
    rig.deliver_all()
    assert kinds(rig) == ["started", "started", "failed", "stopped"]
    rig.deliver_all()
    assert rig.states == ["failed", "delivered", "delivered"]
    assert rig.engine.idle()


def test_other_sessions_do_not_wait() -> None:
    rig = Rig(LINED + THREE)
    rig.start("one")
    rig.start("two")
    assert kinds(rig) == ["started", "started"]
    rig.report(delivered(rig.sends[1]))
    assert kinds(rig) == ["started", "started", "failed"]
    assert rig.webhooks[1].attempts == ()


def test_in_line_a_delayed_webhook_holds_up_those_after_it() -> None:
    rig = Rig(LINED + "timeline: [{emit: siprec.started, deliver: {delay: 10s}}, {emit: siprec.stopped}]")
    rig.start()
    assert kinds(rig) == []
    rig.run(10 * SECOND)
    assert kinds(rig) == ["started"]
    rig.deliver_all()
    assert kinds(rig) == ["started", "stopped"]


def test_in_line_a_webhook_keeps_its_own_delay() -> None:
    """Its turn comes before its time, and it waits for both; or after, and it goes at once."""
    rig = Rig(LINED + "timeline: [{emit: siprec.started}, {emit: siprec.stopped, deliver: {delay: 10s}}]")
    rig.start("early")
    rig.deliver_all()
    rig.run(10 * SECOND - 1)
    assert kinds(rig) == ["started"]
    rig.run(1)
    assert kinds(rig) == ["started", "stopped"]
    rig.start("late")
    rig.run(20 * SECOND)
    assert kinds(rig) == ["started", "stopped", "started"]
    rig.deliver_all()
    assert kinds(rig) == ["started", "stopped", "started", "stopped"]


def test_copies_stand_in_line_too() -> None:
    rig = Rig(LINED + "timeline: [{emit: siprec.started, deliver: {copies: 2}}, {emit: siprec.stopped}]")
    rig.start()
    for expected in (["started"], ["started"] * 2, ["started", "started", "stopped"]):
        assert kinds(rig) == expected
        rig.deliver_all()
    assert rig.engine.idle()


def test_a_webhook_that_is_never_sent_holds_up_nobody() -> None:
    rig = Rig(LINED + "timeline: [{emit: siprec.started, deliver: {copies: 0}}, {emit: siprec.stopped}]")
    rig.start()
    assert kinds(rig) == ["stopped"]


# --- so many at once ---

NARROW = "delivery: {concurrency: 2, timeout: 5s, attempts_per_url: 2, backoff: {first: 3s}}\n"


def under_way(rig: Rig) -> int:
    """Attempts on the wire."""
    return len(rig.namespace.attempts)


def test_no_more_attempts_are_under_way_than_may_over_all_sessions_of_a_scenario() -> None:
    rig = Rig(NARROW + THREE)
    for call in ("one", "two"):
        rig.start(call)
    assert (len(rig.sends), under_way(rig)) == (2, 2)
    for reported in range(6):
        rig.report(delivered(rig.sends[reported]))
        assert under_way(rig) == min(2, 5 - reported)
    assert [entry.seq for entry in rig.webhooks] == [int(send.attempt_id.split("/")[1]) for send in rig.sends]
    assert rig.engine.idle()


def test_other_scenarios_have_attempts_of_their_own() -> None:
    rig = Rig(NARROW + THREE, scenario(NARROW + THREE, "other"), scenario(THREE, "free"))
    rig.start("one")
    assert len(rig.sends) == 2
    rig.start("two", connector_name="emu:other")
    assert len(rig.sends) == 4
    rig.start("three", connector_name="emu:free")
    assert len(rig.sends) == 7


def test_a_retry_waits_for_a_free_place_as_any_attempt() -> None:
    """While it pauses its place is another's; when its time comes it waits for the end of one."""
    rig = Rig(NARROW.replace("2,", "1,", 1) + "timeline: [{emit: siprec.started}, {emit: siprec.stopped}]")
    rig.start()
    rig.report(failed(rig.sends[0]))
    assert kinds(rig) == ["started", "stopped"]
    rig.run(3 * SECOND)
    assert kinds(rig) == ["started", "stopped"]
    rig.report(delivered(rig.sends[1]))
    assert kinds(rig) == ["started", "stopped", "started"]
    rig.deliver_all()
    assert rig.states == ["delivered", "delivered"]


@pytest.mark.parametrize(("kind", "free_after"), [("drop", 5), ("timeout", 5), ("connect_error", 0)])
def test_a_simulated_attempt_takes_a_place_as_long_as_it_lasts(kind: str, free_after: int) -> None:
    rig = Rig(f"""
{NARROW.replace("2,", "1,", 1)}
timeline: [{{emit: siprec.started, deliver: {{attempts: [{{simulate: {kind}}}]}}}}, {{emit: siprec.stopped}}]
""")
    rig.start()
    if kind == "timeout":
        rig.report(delivered(rig.sends[0]))
    if free_after:
        rig.run(free_after * SECOND - 1)
        assert "stopped" not in kinds(rig)
        rig.run(1)
    assert kinds(rig)[-1] == "stopped"


def test_a_webhook_in_line_takes_no_place_of_another_session() -> None:
    rig = Rig(NARROW.replace("{", "{order: per_session, ", 1) + THREE)
    for call in ("one", "two", "three"):
        rig.start(call)
    calls = [orjson.loads(send.body)["data"]["payload"]["call_control_id"] for send in rig.sends]
    assert calls == ["one", "two"]
    rig.report(delivered(rig.sends[0]))
    calls = [orjson.loads(send.body)["data"]["payload"]["call_control_id"] for send in rig.sends]
    assert calls == ["one", "two", "three"]


@pytest.mark.parametrize("order", ["free", "per_session"])
def test_nobody_starves_whatever_comes_of_the_attempts(order: str) -> None:
    """Each webhook is over in the end, and there are never more under way than may."""
    dice = random.Random(order)  # noqa: S311 - a fixed story, no secret
    body = NARROW.replace("{", f"{{order: {order}, ", 1).replace("2,", "3,", 1)
    trouble = "deliver: {copies: 2, attempts: [{simulate: none}, {simulate: ack_lost}, {simulate: drop}]}"
    rig = Rig(f"{body}timeline: [{{emit: siprec.started, {trouble}}}, {{emit: siprec.stopped}}]", addresses=BOTH)
    reported: set[str] = set()
    for number in range(30):
        rig.start(f"call{number}")
    for _ in range(2_000):
        waiting = [send for send in rig.sends if send.attempt_id not in reported]
        assert under_way(rig) == len(waiting) <= 3
        if waiting:
            send = dice.choice(waiting)
            reported.add(send.attempt_id)
            rig.report(delivered(send) if dice.random() < 0.5 else failed(send))
        else:
            rig.run(SECOND)
    assert len(rig.webhooks) == 90
    assert set(rig.states) <= {"delivered", "failed"}
    assert rig.engine.idle()
    assert rig.engine.next_deadline() is None


def test_order_and_concurrency_end_with_the_emulator() -> None:
    """Nobody whose turn would have come is sent any more."""
    rig = Rig(NARROW.replace("{", "{order: per_session, ", 1).replace("2,", "1,", 1) + THREE)
    rig.start("one")
    rig.start("two")
    rig.effects += rig.engine.abandon(rig.now)
    rig.deliver_all()
    rig.run(HOUR)
    assert len(rig.sends) == 1
    assert set(rig.states) == {"abandoned"}
