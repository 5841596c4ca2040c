"""GET /webhook_deliveries: which deliveries it tells, in Telnyx's shape, and by which filters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from emulator.core.effects import AttemptError, AttemptOutcome, AttemptResult
from emulator.core.models import MILLISECOND, SECOND, Route
from emulator.core.turn import Addresses
from tests.core.engines import FAILOVER, HOOK, T0, Rig, delivered, error_of, failed

if TYPE_CHECKING:
    from emulator.core.effects import Send

LIST, READ = Route.WEBHOOK_DELIVERY_LIST, Route.WEBHOOK_DELIVERY_READ
TWO_URLS = Addresses(webhook_url=HOOK, webhook_failover_url=FAILOVER)


def result(send: Send, status: int, error: AttemptError | None, at: int) -> AttemptResult:
    """What came of an attempt that began ``at`` milliseconds after T0 and took 5 ms."""
    return AttemptResult(
        attempt_id=send.attempt_id,
        outcome=AttemptOutcome.FAILED if error else AttemptOutcome.DELIVERED,
        started_at=T0 + at * MILLISECOND,
        finished_at=T0 + (at + 5) * MILLISECOND,
        request_headers=(("Content-Type", "application/json"),),
        status=status,
        response_headers=(("Server", "nginx"),),
        response_body=b"no\xff",
        error=error,
    )


def failed_over() -> Rig:
    """One start; its webhook met a 404 three times, and the failover took it."""
    rig = Rig(addresses=TWO_URLS)
    rig.start(client_state="c3RhdGU=")
    rig.run(400 * MILLISECOND)
    for at in (400, 1_400, 3_400):
        rig.report(result(rig.sends[-1], 404, AttemptError.STATUS_404, at))
        rig.run(4 * SECOND)
    rig.report(result(rig.sends[-1], 200, None, 3_405))
    return rig


def test_a_delivery_tells_every_attempt_the_latest_first_with_telnyxs_codes() -> None:
    """As the example of Telnyx's document: an error is a number, and stands with failures alone."""
    rig = failed_over()
    [record] = rig.inspect(LIST)["data"]
    assert record["record_type"] == "webhook_delivery"
    assert (record["status"], record["started_at"], record["finished_at"]) == (
        "delivered",
        "2023-11-14T22:13:20.400Z",
        "2023-11-14T22:13:23.410Z",
    )
    assert [one["status"] for one in record["attempts"]] == ["delivered", "failed", "failed", "failed"]
    assert [one["http"]["request"]["url"] for one in record["attempts"]] == [FAILOVER, HOOK, HOOK, HOOK]
    assert "errors" not in record["attempts"][0]
    assert record["attempts"][3] == {
        "errors": [75404],
        "finished_at": "2023-11-14T22:13:20.405Z",
        "http": {
            "request": {"headers": [["Content-Type", "application/json"]], "url": HOOK},
            "response": {"body": "no\N{REPLACEMENT CHARACTER}", "headers": [["Server", "nginx"]], "status": 404},
        },
        "started_at": "2023-11-14T22:13:20.400Z",
        "status": "failed",
    }


def test_the_webhook_is_what_was_to_be_sent() -> None:
    """Its id is the event's; the delivery's is another, and so is the account's."""
    rig = failed_over()
    [record] = rig.inspect(LIST)["data"]
    event = rig.webhooks[0].event
    assert record["webhook"] == {
        "event_type": "siprec.started",
        "id": event.id,
        "occurred_at": "2023-11-14T22:13:20.400000Z",
        "payload": event.payload,
        "record_type": "event",
    }
    assert len({record["id"], record["user_id"], event.id}) == 3
    assert all(str(UUID(one)) == one for one in (record["id"], record["user_id"]))


def test_a_delivery_is_told_once_an_attempt_has_ended_and_fails_as_long_as_all_have() -> None:
    rig = Rig()
    rig.start()
    rig.run(400 * MILLISECOND)
    assert rig.inspect(LIST)["meta"]["total_results"] == 0
    rig.report(failed(rig.sends[-1]))
    assert [one["status"] for one in rig.inspect(LIST)["data"]] == ["failed"]
    rig.run(SECOND)
    rig.report(delivered(rig.sends[-1]))
    assert [one["status"] for one in rig.inspect(LIST)["data"]] == ["delivered"]


def test_an_attempt_that_nobody_answered_has_no_response() -> None:
    rig = Rig()
    rig.start()
    rig.run(400 * MILLISECOND)
    rig.report(replace(failed(rig.sends[-1]), status=None, error=AttemptError.DNS))
    [attempt] = rig.inspect(LIST)["data"][0]["attempts"]
    assert (attempt["http"]["response"], attempt["errors"]) == (None, [75001])


def test_what_nobody_is_told_and_what_was_given_up_untried_is_no_delivery() -> None:
    """A TeXML session without StatusCallback, and an emulator that stops before the answer."""
    rig = Rig()
    rig.texml_start()
    rig.run(400 * MILLISECOND)
    rig.start("v3:other")
    rig.run(400 * MILLISECOND)
    rig.effects += rig.engine.abandon(rig.now)
    assert [entry.event.type for entry in rig.webhooks] == ["siprec.started", "siprec.started"]
    assert rig.inspect(LIST)["data"] == []


def test_copies_of_an_event_are_deliveries_of_their_own() -> None:
    rig = Rig("timeline:\n  - {emit: siprec.failed, deliver: {copies: 3, gap: 1s}}")
    rig.start()
    rig.run(2 * SECOND)
    rig.deliver_all()
    records = rig.inspect(LIST)["data"]
    assert len({one["id"] for one in records}) == 3
    assert len({one["webhook"]["id"] for one in records}) == 1


def test_a_texml_callback_shows_its_forms_fields() -> None:
    rig = Rig()
    rig.texml_start(b"StatusCallback=http://app.test/cb&Name=mine")
    rig.run(400 * MILLISECOND)
    rig.deliver_all()
    [record] = rig.inspect(LIST)["data"]
    payload = record["webhook"]["payload"]
    assert (payload["AccountSid"], payload["SiprecEvent"], payload["SiprecName"]) == (
        "AC1",
        "siprec-started",
        "mine",
    )


def two_calls() -> Rig:
    """A delivered start at 400 ms, and a failed one at 1,400 ms."""
    rig = Rig()
    rig.start("v3:first")
    rig.run(400 * MILLISECOND)
    rig.report(result(rig.sends[0], 200, None, 400))
    rig.run(600 * MILLISECOND)
    rig.start("v3:second")
    rig.run(400 * MILLISECOND)
    rig.report(result(rig.sends[1], 500, AttemptError.STATUS_500, 1_400))
    return rig


@pytest.mark.parametrize(
    ("query", "calls"),
    [
        ("", ["second", "first"]),
        ("filter[status][eq]=failed", ["second"]),
        ("filter[status][eq]=delivered", ["first"]),
        ("filter[event_type]=siprec.started", ["second", "first"]),
        ("filter[event_type]=call.hangup,siprec.started", ["second", "first"]),
        ("filter[event_type]=siprec.stopped", []),
        ("filter[webhook][contains]=v3:first", ["first"]),
        ("filter[webhook][contains]=", ["second", "first"]),
        ("filter[attempts][contains]=75500", ["second"]),
        ("filter[attempts][contains]=nginx", ["second", "first"]),
        ("filter[started_at][gte]=2023-11-14T22:13:21.400Z", ["second"]),
        ("filter[started_at][gte]=2023-11-14T22:13:21.401Z", []),
        ("filter[started_at][lte]=2023-11-14T22:13:20.400Z", ["first"]),
        ("filter[finished_at][gte]=2023-11-14T23:13:21.405%2B01:00", ["second"]),
        ("filter[finished_at][lte]=2023-11-14T22:13:20.405Z", ["first"]),
        ("filter[finished_at][lte]=2023-11-14T22:13:20.404Z", []),
        ("page[size]=1", ["second"]),
        ("page[size]=1&page[number]=2", ["first"]),
        ("page[number]=2", []),
    ],
)
def test_filters_and_pages_select_the_latest_first(query: str, calls: list[str]) -> None:
    listed: Any = two_calls().inspect(LIST, query=query)
    named = [one["webhook"]["payload"]["call_control_id"] for one in listed["data"]]
    assert named == [f"v3:{call}" for call in calls]


def test_a_delivery_is_read_by_its_id_in_either_case() -> None:
    rig = two_calls()
    for record in rig.inspect(LIST)["data"]:
        assert rig.inspect(READ, record["id"])["data"] == record
        assert rig.inspect(READ, record["id"].upper())["data"] == record


def test_what_another_namespace_sent_is_not_there() -> None:
    """Nor is an event's id a delivery's, nor anything else."""
    rig = two_calls()
    [record] = rig.inspect(LIST, query="filter[status][eq]=failed")["data"]
    assert rig.inspect(LIST, key="other")["data"] == []
    for key, wanted in (("other", record["id"]), ("ns", record["webhook"]["id"]), ("ns", "\x00 no id")):
        reply = rig.request(READ, wanted, key=key, method="GET")
        assert (reply.status, error_of(reply)["code"]) == (404, "10005")
