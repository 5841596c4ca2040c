"""Scripted trouble with answers: faults, sequences, whether a command took effect, and answers that are held."""

from __future__ import annotations

import orjson
import pytest

from emulator.core.clock import ClockMode, ClockSetting
from emulator.core.effects import Release, WireFault
from emulator.core.models import HOUR, MILLISECOND, SECOND, Route, SessionState
from emulator.core.policy import Limits, Policy
from emulator.core.turn import NoteKind
from tests.core.engines import CALL, HAPPY, KEY, Rig, header, scenario

SHORT = "timeline: [{emit: siprec.started}]"
RUNS = "timeline: [{emit: siprec.started}, {wait_for: {command: siprec_stop}}, {emit: siprec.stopped}]"
OK = b'{"data":{"result":"ok"}}'
MANUAL = ClockSetting(mode=ClockMode.MANUAL)


def respond(answer: str, timeline: str = RUNS, key: str = "respond") -> Rig:
    """A scenario with that answer to its start, or to its stop."""
    return Rig(f"{key}: {answer}\n{timeline}")


def refuses(answer: str) -> Rig:
    """A scenario whose answer starts nothing, so that it has no timeline."""
    return respond(answer, "")


def statuses(rig: Rig, *calls: str) -> list[int]:
    """The answers to starts on those calls."""
    return [rig.start(call).status for call in calls]


# --- faults ---


@pytest.mark.parametrize("fault", ["reset", "empty", "garbage", "hang"])
def test_a_fault_starts_nothing_unless_the_scenario_says_started(fault: str) -> None:
    rig = refuses(f"{{fault: {fault}}}")
    reply = rig.start(command_id="1")
    assert reply.fault is WireFault(fault)
    assert rig.namespace.sessions == {}
    assert rig.requests[0].session_id is None
    assert rig.start(command_id="1").fault is WireFault(fault)
    rig = respond(f"{{fault: {fault}, session: started}}")
    assert rig.start(command_id="1").fault is WireFault(fault)
    assert rig.events == [("siprec.started", 0)]
    repeated = rig.start(command_id="1")
    assert (repeated.status, repeated.fault, repeated.body) == (200, None, OK)
    assert len(rig.events) == 1


def test_a_trickled_answer_is_the_answer_and_took_effect_unless_the_scenario_says_none() -> None:
    """Five seconds long where nothing is said."""
    reply = respond("{fault: trickle}").start()
    assert (reply.fault, reply.trickle, reply.status, reply.body) == (WireFault.TRICKLE, 5 * SECOND, 200, OK)
    rig = refuses("{fault: trickle, over: 250ms, session: none}")
    reply = rig.start()
    assert (reply.trickle, reply.body) == (250 * MILLISECOND, OK)
    assert rig.namespace.sessions == {}


def test_an_answer_that_says_ok_may_start_nothing() -> None:
    rig = refuses("{result: ok, session: none}")
    reply = rig.start(command_id="1")
    assert (reply.status, reply.body, header(reply, "X-Emulator-Hint")) == (200, OK, None)
    assert rig.namespace.sessions == {}
    assert header(rig.start(command_id="1"), "X-Emulator-Hint") is None


def test_an_error_starts_nothing_unless_the_scenario_says_started() -> None:
    rig = refuses("{status: 503}")
    assert rig.start().status == 503
    assert rig.namespace.sessions == {}
    rig = respond("{status: 503, session: started}")
    reply = rig.start(command_id="1")
    assert (reply.status, header(reply, "x-should-retry")) == (503, "false")
    assert rig.requests[0].session_id in rig.namespace.sessions
    assert rig.start(command_id="1").status == 200
    assert len(rig.events) == 1


def test_a_rate_limit_brings_telnyxs_headers_and_the_scenarios_own() -> None:
    reply = refuses("{status: 429, headers: {x-ratelimit-reset: 7, retry-after: 7}}").start()
    assert (header(reply, "x-ratelimit-limit"), header(reply, "x-ratelimit-remaining")) == ("200", "0")
    assert (header(reply, "x-ratelimit-reset"), header(reply, "retry-after")) == ("7", "7")
    assert header(reply, "X-Emulator-Scenario") == "happy-path"


# --- stops ---


@pytest.mark.parametrize("answer", ["{fault: reset}", "{status: 500}", "{result: ok, session: none}"])
def test_a_stop_without_effect_stops_nothing_and_may_be_sent_again(answer: str) -> None:
    rig = respond(f"{{sequence: [{answer}], after_last: default}}", key="respond_stop")
    rig.start()
    rig.stop(command_id="1")
    assert len(rig.events) == 1
    assert rig.requests[-1].session_id in rig.namespace.sessions
    assert rig.stop(command_id="1").status == 200
    assert [kind for kind, _ in rig.events] == ["siprec.started", "siprec.stopped"]


@pytest.mark.parametrize("answer", ["{fault: reset, session: stopped}", "{status: 500, session: stopped}"])
def test_a_stop_may_take_effect_although_the_client_saw_a_failure(answer: str) -> None:
    rig = respond(answer, key="respond_stop")
    rig.start()
    rig.stop(command_id="1", client_state="bmV3")
    assert [kind for kind, _ in rig.events] == ["siprec.started", "siprec.stopped"]
    assert rig.payloads[1]["client_state"] == "bmV3"
    repeated = rig.stop(command_id="1")
    assert (repeated.status, repeated.fault) == (200, None)
    assert len(rig.events) == 2


def test_a_stop_with_no_session_is_answered_by_no_scenario() -> None:
    rig = respond("{fault: reset}", key="respond_stop")
    assert rig.stop().fault is None


# --- TeXML ---


def test_a_texml_start_without_effect_shows_a_session_that_there_is_not() -> None:
    """A program that follows its sid finds nothing, as after a start that was lost."""
    for answer in ("{result: ok, session: none}", "{fault: trickle, session: none}"):
        rig = refuses(answer)
        reply = rig.texml_start()
        document = orjson.loads(reply.body)
        assert document["status"] == "in-progress"
        assert rig.namespace.sessions == {}
        assert rig.requests[0].session_id is None
        assert rig.texml_update(document["sid"]).status == 404


def test_a_texml_start_takes_effect_although_the_client_saw_a_reset() -> None:
    rig = respond("{fault: reset, session: started}")
    assert rig.texml_start().fault is WireFault.RESET
    assert rig.events == [("siprec.started", 0)]
    second = rig.texml_start()
    assert orjson.loads(second.body)["sid"] == rig.requests[0].session_id


@pytest.mark.parametrize(("session", "events"), [("none", 1), ("stopped", 2)])
def test_a_texml_stop_takes_effect_as_scripted(session: str, events: int) -> None:
    rig = respond(f"{{fault: trickle, session: {session}}}", key="respond_stop")
    sid = orjson.loads(rig.texml_start().body)["sid"]
    reply = rig.texml_update(sid)
    assert reply.fault is WireFault.TRICKLE
    assert orjson.loads(reply.body)["status"] == "stopped"
    assert len(rig.events) == events


def test_a_texml_error_is_scripted_as_any() -> None:
    rig = respond("{status: 503, session: stopped}", key="respond_stop")
    sid = orjson.loads(rig.texml_start().body)["sid"]
    assert rig.texml_update(sid).status == 503
    assert len(rig.events) == 2


# --- sequences ---


@pytest.mark.parametrize(
    ("after_last", "expected"),
    [
        ("", [500, 503, 503, 503, 503]),
        (", after_last: repeat_last", [500, 503, 503, 503, 503]),
        (", after_last: restart", [500, 503, 500, 503, 500]),
        (", after_last: default", [500, 503, 200, 200, 200]),
    ],
)
def test_a_sequence_gives_one_answer_after_another(after_last: str, expected: list[int]) -> None:
    rig = respond(f"{{sequence: [{{status: 500}}, {{status: 503}}]{after_last}}}", "")
    assert statuses(rig, *[CALL] * 5) == expected


def test_a_sequence_is_counted_per_call() -> None:
    rig = respond("{sequence: [{status: 500}, {status: 503}, {result: ok}]}")
    assert statuses(rig, "one", "two", "one", "one", "two") == [500, 500, 503, 200, 503]


def test_a_sequence_is_counted_per_scenario() -> None:
    body = "respond: {sequence: [{status: 500}, {status: 503}]}"
    rig = Rig(scenario(body), scenario(body, "other"))
    replies = [rig.start(connector_name=f"emu:{name}").status for name in ("happy-path", "other", "other")]
    assert replies == [500, 500, 503]
    assert rig.start().status == 503


def test_starts_and_stops_are_counted_apart() -> None:
    sequence = "{sequence: [{status: 500}, {result: ok}]}"
    rig = Rig(f"respond: {sequence}\nrespond_stop: {sequence}\n{RUNS}")
    assert statuses(rig, CALL, CALL) == [500, 200]
    assert [rig.stop().status, rig.stop().status] == [500, 200]
    assert [kind for kind, _ in rig.events] == ["siprec.started", "siprec.stopped"]


def test_stops_of_both_kinds_are_counted_together_and_over_sessions() -> None:
    rig = respond("{sequence: [{status: 500}, {status: 503}, {result: ok}]}", key="respond_stop")
    sid = orjson.loads(rig.texml_start().body)["sid"]
    assert [rig.texml_update(sid).status, rig.stop().status, rig.stop().status] == [500, 503, 200]
    rig.start()
    assert rig.stop().status == 200


def test_only_answers_that_were_given_are_counted() -> None:
    """A repeated command, and a start on a recorded call, ask no scenario."""
    rig = respond("{sequence: [{result: ok}, {status: 500}]}")
    assert rig.start(command_id="1").status == 200
    assert [rig.start(command_id="1").status, rig.start().status] == [200, 200]
    rig.stop()
    assert rig.start().status == 500


def test_each_namespace_counts_for_itself_and_a_reset_begins_anew() -> None:
    rig = refuses("{sequence: [{status: 500}, {status: 503}]}")
    assert [rig.start().status, rig.start(key="other").status, rig.start().status] == [500, 500, 503]
    rig.engine.reset(KEY)
    assert rig.start().status == 500


def test_the_calls_that_were_asked_for_longest_ago_are_forgotten() -> None:
    """No more are remembered than sessions may be."""
    body = "respond: {sequence: [{status: 500}, {status: 503}]}"
    rig = Rig(body, policy=Policy(limits=Limits(max_sessions=2)))
    assert statuses(rig, "one", "two", "one", "three", "one", "two") == [500, 500, 503, 500, 503, 500]


@pytest.mark.parametrize("command_id", ["1", None])
def test_an_sdks_retry_meets_a_start_that_was_lost_and_begins_nothing_more(command_id: str | None) -> None:
    """The official flow: reset, but started; with the same command_id and without one."""
    rig = respond("{sequence: [{fault: reset, session: started}], after_last: default}")
    body = {"command_id": command_id} if command_id else {}
    assert rig.request(Route.SIPREC_START, CALL, body=body).fault is WireFault.RESET
    again = rig.request(Route.SIPREC_START, CALL, body=body)
    assert (again.status, again.fault, again.body) == (200, None, OK)
    assert header(again, "X-Emulator-Hint")
    assert len(rig.namespace.sessions) == 1
    assert rig.events == [("siprec.started", 0)]
    assert {entry.session_id for entry in rig.requests} == set(rig.namespace.sessions)


def test_a_sequence_in_which_nothing_starts_leaves_the_command_id_free() -> None:
    rig = respond("{sequence: [{fault: reset}, {status: 503}], after_last: default}")
    replies = [rig.start(command_id="1") for _ in range(4)]
    assert [reply.fault for reply in replies] == [WireFault.RESET, None, None, None]
    assert [reply.status for reply in replies[1:]] == [503, 200, 200]
    assert len(rig.namespace.sessions) == 1


# --- held answers ---

SLOW = f"respond: {{delay: 2s}}\n{HAPPY}"


def test_an_answer_without_a_delay_is_not_held() -> None:
    rig = Rig(SHORT)
    rig.start()
    assert rig.held == [None]
    assert rig.releases == []


def test_a_delayed_answer_is_held_until_its_time_comes_and_its_events_are_not() -> None:
    rig = Rig(SLOW)
    reply = rig.start()
    assert reply.delay == 2 * SECOND
    (held,) = rig.held
    assert held == rig.requests[0].seq
    rig.run(2 * SECOND - 1)
    assert rig.releases == []
    assert rig.events == [("siprec.started", 400)]
    rig.run(1)
    assert rig.releases == [held]
    rig.run(HOUR)
    assert rig.releases == [held]


def test_a_namespace_is_not_idle_while_an_answer_is_held() -> None:
    rig = refuses("{status: 503, delay: 2s}")
    rig.start()
    assert not rig.engine.idle()
    assert not rig.engine.idle(KEY)
    assert rig.engine.idle("other")
    rig.run(2 * SECOND)
    assert rig.engine.idle()


def test_answers_are_let_go_each_in_its_time() -> None:
    rig = Rig(scenario("respond: {delay: 5s}"), scenario("respond: {delay: 1s}", "quick"))
    rig.start("one")
    rig.start("two", connector_name="emu:quick")
    slow, quick = rig.held
    rig.run(SECOND)
    assert rig.releases == [quick]
    rig.run(4 * SECOND)
    assert rig.releases == [quick, slow]


def test_a_delay_is_in_the_namespaces_time() -> None:
    """At a speed of 60 it takes a sixtieth: 33,334 microseconds, rounded up."""
    rig = Rig(SLOW, policy=Policy(clock=ClockSetting(speed=60.0)))
    rig.start()
    rig.run(33_333)
    assert rig.releases == []
    rig.run(1)
    assert rig.releases == [rig.held[0]]


def test_while_the_clock_stands_only_a_move_lets_an_answer_go() -> None:
    rig = Rig(SLOW, policy=Policy(clock=MANUAL))
    rig.start()
    rig.run(HOUR)
    assert rig.releases == []
    rig.advance(2 * SECOND - 1)
    assert rig.releases == []
    rig.advance(1)
    assert rig.releases == [rig.held[0]]


def test_a_step_lets_a_held_answer_go() -> None:
    rig = Rig("respond: {delay: 2s}", policy=Policy(clock=MANUAL))
    rig.start()
    assert rig.step()
    assert rig.releases == [rig.held[0]]
    assert not rig.step()


@pytest.mark.parametrize("namespace", [KEY, None])
def test_a_reset_lets_every_held_answer_go(namespace: str | None) -> None:
    rig = Rig(SLOW)
    for call in ("one", "two"):
        rig.start(call)
    rig.start(key="other")
    rig.effects += rig.engine.reset(namespace)
    assert rig.releases == [held for held in rig.held if held is not None][: 2 if namespace else 3]
    rig.run(HOUR)
    assert sorted(rig.releases) == sorted(held for held in rig.held if held is not None)


def test_the_emulators_stop_lets_every_held_answer_go_once() -> None:
    rig = Rig(SLOW)
    rig.start("one")
    rig.start("two", key="other")
    rig.effects += rig.engine.abandon(rig.now)
    assert rig.releases == rig.held
    rig.run(HOUR)
    assert rig.releases == rig.held


def test_a_fault_may_be_held_too() -> None:
    rig = respond("{fault: reset, delay: 2s, session: started}")
    assert rig.start().fault is WireFault.RESET
    assert rig.events == [("siprec.started", 0)]
    rig.run(2 * SECOND)
    assert rig.releases == rig.held


def test_a_delay_may_be_drawn_each_time() -> None:
    rig = respond("{delay: {uniform: {min: 1s, max: 100s}}}", SHORT)
    delays = {rig.start().delay for _ in range(5)}
    assert len(delays) == 5
    assert all(SECOND <= delay <= 100 * SECOND for delay in delays)


def test_a_held_request_is_journaled_when_it_came() -> None:
    rig = Rig(SLOW)
    rig.start()
    assert rig.count(NoteKind.REQUEST) == 1
    (session,) = rig.namespace.sessions.values()
    assert session.state is SessionState.STARTING


def test_a_held_answer_whose_client_has_left_is_forgotten() -> None:
    """Nothing is released later, and the namespace is idle; another's number is no matter."""
    rig = Rig("respond: {delay: 5s}")
    rig.start()
    (seq,) = rig.namespace.held
    rig.engine.forget_answer(KEY, seq + 1)
    rig.engine.forget_answer("unknown", seq)
    assert rig.namespace.held == {seq}
    rig.engine.forget_answer(KEY, seq)
    assert rig.namespace.idle
    rig.run(10 * SECOND)
    assert not [effect for effect in rig.effects if isinstance(effect, Release)]


def test_a_start_for_which_there_is_no_room_uses_up_no_answer_of_a_sequence() -> None:
    """The retry gets the answer that the refused one would have got."""
    story = "respond: {sequence: [{result: ok}, {status: 500}]}\ntimeline: [{emit: siprec.started, after: 1h}]\n"
    rig = Rig(story, policy=Policy(limits=Limits(max_sessions=1)))
    assert rig.start("busy").status == 200
    assert rig.start("next").status == 503
    rig.run(2 * HOUR)
    assert rig.start("next").status == 200
