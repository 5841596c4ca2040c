"""What an app may tell a call: which command is taken when, and what it answers."""

from __future__ import annotations

import orjson
import pytest

from emulator.core.calls.model import CallState
from emulator.core.models import SECOND, Route
from emulator.core.namespace import COMMAND_ID_WINDOW
from emulator.core.policy import DeclaredCall, Limits, Policy, Realism
from tests.core.engines import CALL, Rig, error_of, header

OK = b'{"data":{"result":"ok"}}'
STRICT = Policy(realism=Realism.STRICT)
COMMANDS: tuple[tuple[Route, dict[str, str]], ...] = (
    (Route.ANSWER, {}),
    (Route.HANGUP, {}),
    (Route.REJECT, {"cause": "USER_BUSY"}),
    (Route.CLIENT_STATE_UPDATE, {"client_state": "YQ=="}),
    (Route.SIPREC_START, {}),
    (Route.SIPREC_STOP, {}),
)


def kinds(rig: Rig) -> list[str]:
    """Each event's type."""
    return [kind for kind, _ in rig.events]


@pytest.mark.parametrize(("route", "body"), COMMANDS)
def test_a_call_that_has_ended_takes_no_command(route: Route, body: dict[str, str]) -> None:
    rig = Rig()
    call = rig.call_in().call_control_id
    rig.hang_up(call)
    reply = rig.command(route, call, **body)
    assert reply.status == 422
    assert error_of(reply) == {
        "code": "90018",
        "title": "Call has already ended",
        "detail": "This call is no longer active and can't receive commands.",
    }
    assert kinds(rig) == ["call.initiated", "call.hangup"]


@pytest.mark.parametrize(("route", "body"), COMMANDS)
def test_strict_realism_knows_no_call_that_never_began(route: Route, body: dict[str, str]) -> None:
    reply = Rig(policy=STRICT).command(route, "v3:nobody", **body)
    assert reply.status == 422
    assert (error_of(reply)["code"], error_of(reply)["source"]) == ("90015", {"pointer": "/call_control_id"})


@pytest.mark.parametrize("route", [Route.SIPREC_START, Route.SIPREC_STOP])
def test_strict_realism_records_no_call_that_rings(route: Route) -> None:
    rig = Rig(policy=STRICT)
    reply = rig.command(route, rig.call_in().call_control_id)
    assert (reply.status, error_of(reply)["code"]) == (422, "90034")


def test_an_unknown_call_that_is_answered_rang_until_now() -> None:
    """An app that was sent a call.initiated by somebody else goes on here."""
    rig = Rig()
    assert rig.command(Route.ANSWER, CALL).body == OK
    assert kinds(rig) == ["call.answered"]
    assert rig.namespace.calls[CALL].state is CallState.ANSWERED


def test_an_unknown_call_that_is_hung_up_was_being_talked_on() -> None:
    rig = Rig()
    assert rig.command(Route.HANGUP, CALL).body == OK
    assert kinds(rig) == ["call.hangup"]
    assert rig.payloads[0]["hangup_cause"] == "normal_clearing"


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        ("CALL_REJECTED", ("call_rejected", "603")),
        ("USER_BUSY", ("user_busy", "486")),
        ("NOT_FOUND", ("not_found", "404")),
        ("TEMPORARILY_UNAVAILABLE", ("no_answer", "480")),
    ],
)
def test_a_rejection_says_why(cause: str, told: tuple[str, str]) -> None:
    rig = Rig()
    assert rig.command(Route.REJECT, rig.call_in().call_control_id, cause=cause).body == OK
    payload = rig.payloads[-1]
    assert (payload["hangup_cause"], payload["sip_hangup_cause"], payload["hangup_source"]) == (*told, "callee")


@pytest.mark.parametrize("body", [{}, {"cause": "BUSY"}])
def test_a_rejection_without_a_known_cause_is_refused(body: dict[str, str]) -> None:
    rig = Rig()
    reply = rig.command(Route.REJECT, rig.call_in().call_control_id, **body)
    item = error_of(reply)
    assert (reply.status, item["source"]) == (422, {"pointer": "/cause"})
    assert item["code"] == ("10032" if body else "10004")


@pytest.mark.parametrize(("route", "body"), [COMMANDS[0], COMMANDS[2]])
def test_only_a_call_that_rings_can_be_answered_or_rejected(route: Route, body: dict[str, str]) -> None:
    rig, strict = Rig(), Rig(policy=STRICT)
    for one in (rig, strict):
        call = one.call_in().call_control_id
        one.command(Route.ANSWER, call)
        reply = one.command(route, call, **body)
        assert kinds(one) == ["call.initiated", "call.answered"]
        assert reply.status == (422 if one is strict else 200)
        assert (header(reply, "X-Emulator-Hint") is not None) is (one is rig)


@pytest.mark.parametrize("realism", list(Realism))
def test_a_call_that_was_dialled_can_not_be_answered_from_here(realism: Realism) -> None:
    rig = Rig()
    call = orjson.loads(rig.dial().body)["data"]["call_control_id"]
    rig.engine.policy = Policy(realism=realism)
    reply = rig.command(Route.ANSWER, call)
    assert (reply.status, error_of(reply)["code"]) == (422, "90102")


def test_a_call_that_was_dialled_is_not_rejected() -> None:
    rig = Rig()
    call = orjson.loads(rig.dial().body)["data"]["call_control_id"]
    reply = rig.command(Route.REJECT, call, cause="USER_BUSY")
    assert reply.status == 200
    assert header(reply, "X-Emulator-Hint") == "The call did not come in; nothing was changed."
    assert kinds(rig) == ["call.initiated"]


@pytest.mark.parametrize(("route", "body"), COMMANDS[:3])
def test_a_command_that_comes_again_is_ignored_for_a_minute(route: Route, body: dict[str, str]) -> None:
    """Also when its first coming ended the call: a client that tries again gets the answer that was lost."""
    rig = Rig()
    call = rig.call_in().call_control_id
    rig.command(route, call, command_id="same", **body)
    before = kinds(rig)
    again = rig.command(route, call, command_id="same", **body)
    assert (again.status, again.body) == (200, OK)
    assert kinds(rig) == before
    rig.run(COMMAND_ID_WINDOW)
    later = rig.command(route, call, command_id="same", **body)
    assert later.status == (200 if route is Route.ANSWER else 422)


def test_a_command_id_is_one_calls_own() -> None:
    rig = Rig()
    first, second = (rig.call_in().call_control_id for _ in range(2))
    rig.command(Route.HANGUP, first, command_id="same")
    rig.command(Route.HANGUP, second, command_id="same")
    assert kinds(rig).count("call.hangup") == 2


def test_a_declared_call_that_rings_can_be_answered() -> None:
    calls = (DeclaredCall(call_control_id=CALL, state=CallState.RINGING, client_state="YQ=="),)
    rig = Rig(policy=Policy(realism=Realism.STRICT, calls=calls))
    rig.run(SECOND)
    assert rig.command(Route.ANSWER, CALL).status == 200
    assert rig.payloads[0]["client_state"] == "YQ=="


# --- dials ---


def test_a_dial_that_comes_again_is_answered_with_the_first_ones_call() -> None:
    """For a minute, whatever else it says; as many ids are remembered as calls."""
    rig = Rig(policy=Policy(limits=Limits(max_sessions=2)))
    first = orjson.loads(rig.dial(command_id="same").body)["data"]
    again = rig.dial(command_id="same", to="sip:a@b")
    assert orjson.loads(again.body)["data"] == first
    assert header(again, "X-Emulator-Hint") is not None
    assert kinds(rig) == ["call.initiated"]
    rig.run(COMMAND_ID_WINDOW)
    assert orjson.loads(rig.dial(command_id="same").body)["data"] != first
    # an id of a call is no id of a dial
    rig.command(Route.HANGUP, first["call_control_id"], command_id="other")
    assert orjson.loads(rig.dial(command_id="other").body)["data"]["call_control_id"] != first["call_control_id"]
    rig.command(Route.HANGUP, rig.payloads[-1]["call_control_id"])
    third = orjson.loads(rig.dial(command_id="third").body)["data"]
    rig.command(Route.HANGUP, third["call_control_id"])
    assert orjson.loads(rig.dial(command_id="same").body)["data"]["call_control_id"] not in {
        first["call_control_id"],
        third["call_control_id"],
    }


@pytest.mark.parametrize("realism", list(Realism))
def test_a_call_that_nobody_knows_is_read_in_lenient_realism_alone(realism: Realism) -> None:
    reply = Rig(policy=Policy(realism=realism)).request(Route.CALL_READ, CALL, method="GET")
    assert reply.status == (200 if realism is Realism.LENIENT else 422)
