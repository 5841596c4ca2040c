"""TeXML over raw HTTP: forms in, status callbacks out by POST and GET, signed over the raw form."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from emulator.core.signing import Verdict, verify

if TYPE_CHECKING:
    from tests.e2e.harness import Emulator, Hook, Receiver

AUTH = {"Authorization": "Bearer key"}
CALLS = "/v2/texml/Accounts/AC1/Calls/CA1"


def start(emulator: Emulator, **fields: str) -> Any:
    """A form-encoded start."""
    return emulator.http.post(f"{CALLS}/Siprec.json", data=fields, headers=AUTH)


def genuine(hook: Hook, public_key: str) -> bool:
    """Whether the raw form, or query, is what was signed."""
    return verify(public_key, tuple(hook.headers.items()), hook.signed, int(time.time())) is Verdict.GOOD


def test_a_form_starts_a_session_and_a_form_stops_it(emulator: Emulator) -> None:
    """The resource is flat, its dates are RFC 2822's, its sid a UUID; the update says stopped."""
    made = start(
        emulator, ConnectorName="recorder", Track="outbound_track", SessionTimeoutSecs="90", Secure="true"
    )
    assert made.status_code == 200
    shown = made.json()
    assert list(shown) == [
        "account_sid",
        "call_sid",
        "sid",
        "date_created",
        "date_updated",
        "start_time",
        "status",
        "track",
        "uri",
        "error_code",
    ]
    assert (shown["status"], shown["track"], shown["error_code"]) == ("in-progress", "outbound_track", None)
    assert str(UUID(shown["sid"])) == shown["sid"]
    assert shown["date_created"].endswith(" +0000")
    assert abs((datetime.now(UTC) - parsedate_to_datetime(shown["date_created"])).total_seconds()) < 20
    (session,) = emulator.control("/sessions")["data"]
    assert (session["id"], session["secure"], session["session_timeout_secs"]) == (shown["sid"], True, 90)
    over = emulator.http.post(f"{CALLS}/Siprec/{shown['sid']}.json", data={"Status": "stopped"}, headers=AUTH)
    assert (over.status_code, over.json()["status"]) == (200, "stopped")


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_callbacks_are_forms_that_the_public_key_verifies(
    emulator: Emulator, receiver: Receiver, method: str
) -> None:
    """By POST in the body, by GET in a query that keeps what the URL already had; failed tells why."""
    callback = f"{receiver.url}?mine=1" if method == "GET" else receiver.url
    made = start(
        emulator, ConnectorName="emu:srs-busy", Name="n 1", StatusCallback=callback, StatusCallbackMethod=method
    ).json()
    hook = receiver.next()
    fields = hook.form
    assert hook.method == method
    assert fields.pop("mine", None) == ("1" if method == "GET" else None)
    assert datetime.fromisoformat(fields.pop("Timestamp")).tzinfo is not None
    assert fields == {
        "AccountSid": "AC1",
        "CallSid": "CA1",
        "SiprecEvent": "siprec-failed",
        "SiprecError": "SIPREC connection failed",
        "SiprecName": "n 1",
        "SiprecSid": made["sid"],
    }
    content_type = hook.headers.get("Content-Type")
    assert content_type == ("application/x-www-form-urlencoded" if method == "POST" else None)
    assert genuine(hook, emulator.public_key)


def test_started_and_stopped_carry_no_error(emulator: Emulator, receiver: Receiver) -> None:
    """SiprecError is of failed alone."""
    sid = start(emulator, StatusCallback=receiver.url).json()["sid"]
    first = receiver.next().form
    emulator.http.post(f"{CALLS}/Siprec/{sid}.json", data={"Status": "stopped"}, headers=AUTH)
    second = receiver.next().form
    assert [first["SiprecEvent"], second["SiprecEvent"]] == ["siprec-started", "siprec-stopped"]
    assert "SiprecError" not in {**first, **second}


def test_without_a_status_callback_nobody_is_told(emulator: Emulator, receiver: Receiver) -> None:
    """The event is journaled as unaddressed; the webhook URL of call control is not for TeXML."""
    start(emulator, ConnectorName="emu:srs-busy")
    emulator.start("c2", connector_name="emu:srs-busy")
    assert receiver.next().event["data"]["payload"]["call_control_id"] == "c2"
    states = [(one["call_control_id"], one["state"]) for one in emulator.control("/webhooks")["data"]]
    assert ("CA1", "unaddressed") in states


def test_a_wrong_form_field_is_an_error_at_its_name(emulator: Emulator) -> None:
    """Fields are named as the form spells them."""
    refused = start(emulator, SessionTimeoutSecs="30", Track="both")
    assert refused.status_code == 422
    assert {error["source"]["pointer"] for error in refused.json()["errors"]} == {"/SessionTimeoutSecs", "/Track"}
