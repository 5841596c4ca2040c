"""What each operation answers: status, document and headers."""

from __future__ import annotations

import re

import orjson

from emulator.core.models import MILLISECOND, Route
from emulator.core.policy import Policy, Realism
from emulator.core.scenario.model import RespondError, Scenario
from tests.core.engines import HAPPY, Rig, error_of, header

CONNECTOR = {"name": "c", "host": "srs.test", "port": 5060, "app_subdomain": "sub"}
RFC2822 = "Tue, 14 Nov 2023 22:13:20 +0000"


# --- recordings ---


def test_a_commands_answer_names_its_scenario_and_nothing_else() -> None:
    rig = Rig()
    reply = rig.start()
    assert (reply.status, reply.body) == (200, b'{"data":{"result":"ok"}}')
    assert reply.headers == (("X-Emulator-Scenario", "happy-path"),)
    assert rig.stop().headers == (("X-Emulator-Scenario", "happy-path"),)


def test_a_delay_goes_with_the_reply_and_holds_back_no_event() -> None:
    rig = Rig("respond: {delay: 250ms}\nrespond_stop: {result: ok, delay: 1s}" + HAPPY)
    assert rig.start().delay == 250 * MILLISECOND
    assert rig.stop().delay == 1_000 * MILLISECOND
    rig.run(400 * MILLISECOND)
    assert rig.events == [("siprec.started", 400)]


def test_a_scripted_error_says_whether_an_sdk_should_try_again() -> None:
    error = "error: {code: '10007', title: Service unavailable, detail: later}"
    reply = Rig(f"respond: {{status: 503, {error}, delay: 2s}}").start()
    assert (reply.status, reply.delay) == (503, 2_000 * MILLISECOND)
    assert header(reply, "x-should-retry") == "false"
    shown = {key: text for key, text in error_of(reply).items() if key != "meta"}
    assert shown == {"code": "10007", "title": "Service unavailable", "detail": "later"}
    again = Rig(f"respond: {{status: 503, {error}, sdk_retry: true}}").start()
    assert header(again, "x-should-retry") == "true"


def test_a_scripted_error_without_items_has_an_empty_body() -> None:
    reply = Rig(Scenario(name="happy-path", respond=RespondError(status=502, items=()))).start()
    assert (reply.status, reply.body) == (502, b"")


def test_a_texml_start_answers_with_a_flat_resource() -> None:
    rig = Rig()
    reply = rig.texml_start(b"Track=inbound_track", headers=(("Host", "emulator.test:12111"),))
    document = orjson.loads(reply.body)
    sid = document.pop("sid")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", sid)
    assert document == {
        "account_sid": "AC1",
        "call_sid": "v3:call",
        "date_created": RFC2822,
        "date_updated": RFC2822,
        "start_time": RFC2822,
        "status": "in-progress",
        "track": "inbound_track",
        "uri": f"http://emulator.test:12111/v2/texml/Accounts/AC1/Calls/v3:call/Siprec/{sid}",
        "error_code": None,
    }


def test_a_texml_update_answers_with_the_status_that_was_asked_for() -> None:
    """Without a Host header the resource is on localhost."""
    rig = Rig()
    sid = orjson.loads(rig.texml_start().body)["sid"]
    assert orjson.loads(rig.texml_update(sid).body) == {
        "account_sid": "AC1",
        "call_sid": "v3:call",
        "sid": sid,
        "date_updated": RFC2822,
        "status": "stopped",
        "uri": f"http://localhost/v2/texml/Accounts/AC1/Calls/v3:call/Siprec/{sid}",
        "error_code": None,
    }


def test_a_texml_start_that_the_scenario_refuses_shows_its_error() -> None:
    rig = Rig("respond: {status: 404, error: {detail: Resource not found}}")
    reply = rig.texml_start()
    assert (reply.status, orjson.loads(reply.body)) == (404, {"errors": [{"detail": "Resource not found"}]})


def test_the_public_key_is_shown_in_its_legacy_form() -> None:
    reply = Rig().request(Route.PUBLIC_KEY, method="GET")
    assert orjson.loads(reply.body) == {"data": {"public": "cHVibGlj", "record_type": "public_key"}}


# --- connectors ---


def test_a_connector_lives_from_201_to_204() -> None:
    rig = Rig()
    created = rig.request(Route.CONNECTOR_CREATE, body=CONNECTOR)
    stamp = "2023-11-14T22:13:20.000Z"
    stored = {"record_type": "siprec_connector", **CONNECTOR, "created_at": stamp, "updated_at": stamp}
    assert (created.status, orjson.loads(created.body)) == (201, {"data": stored})
    read = rig.request(Route.CONNECTOR_READ, "c", method="GET")
    assert (read.status, read.body) == (200, created.body)
    rig.tick(MILLISECOND)
    updated = rig.request(Route.CONNECTOR_UPDATE, "c", body={**CONNECTOR, "port": 5061}, method="PUT")
    changed = {**stored, "port": 5061, "updated_at": "2023-11-14T22:13:20.001Z"}
    assert (updated.status, orjson.loads(updated.body)) == (200, {"data": changed})
    deleted = rig.request(Route.CONNECTOR_DELETE, "c", method="DELETE")
    assert (deleted.status, deleted.body) == (204, b"")
    assert rig.request(Route.CONNECTOR_READ, "c", method="GET").status == 404


def test_a_connector_that_does_not_exist_is_404_with_an_int_code() -> None:
    rig = Rig()
    for route, body in (
        (Route.CONNECTOR_READ, None),
        (Route.CONNECTOR_UPDATE, CONNECTOR),
        (Route.CONNECTOR_DELETE, None),
    ):
        reply = rig.request(route, "none", body=body)
        assert (reply.status, error_of(reply)["code"]) == (404, 404)


def test_lenient_realism_makes_connectors_up() -> None:
    rig = Rig(policy=Policy(realism=Realism.LENIENT))
    assert rig.request(Route.CONNECTOR_READ, "connector_name").status == 200
    assert rig.request(Route.CONNECTOR_UPDATE, "other", body=CONNECTOR).status == 200
    assert rig.request(Route.CONNECTOR_DELETE, "third").status == 204
