"""Answers and webhooks in Telnyx's shapes, held against Telnyx's examples."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from emulator.core import documents, events
from emulator.core.calls.model import Call
from emulator.core.errors import ErrorItem, Malformed, TexmlNotFound
from emulator.core.models import (
    CallbackMethod,
    Connector,
    ConnectorFields,
    Event,
    EventType,
    SessionState,
    TexmlDetails,
    Track,
)
from emulator.core.policy import BodyStyle, PayloadFields

CALL = Call(call_control_id="v3:a", call_leg_id="l", call_session_id="s", connection_id="7")
NOW = 1_639_577_484_613_295


def test_an_error_has_its_keys_in_telnyxs_order_indented_by_two() -> None:
    item = ErrorItem(code="1", title="t", detail="d", pointer="/p", url="u", note="n")
    text = documents.error_document([item]).decode()
    document = json.loads(text)
    assert text == json.dumps(document, indent=2)
    assert list(document["errors"][0]) == ["code", "title", "source", "detail", "meta"]
    assert document["errors"][0]["source"] == {"pointer": "/p"}
    assert document["errors"][0]["meta"] == {"url": "u", "emulator": "n"}


def test_what_an_error_does_not_have_is_left_out() -> None:
    assert json.loads(documents.error_reply(TexmlNotFound()).body) == {
        "errors": [{"detail": "Resource not found"}]
    }
    assert json.loads(documents.error_document([ErrorItem(code=1, title="t")])) == {
        "errors": [{"code": 1, "title": "t"}]
    }


def test_a_hint_is_a_header_of_the_answer() -> None:
    assert documents.error_reply(Malformed(hint="why")).headers == (("X-Emulator-Hint", "why"),)
    assert documents.error_reply(Malformed()).headers == ()


@pytest.mark.parametrize("subdomain", [None, "sub"])
def test_a_connector_document_has_the_documented_fields(subdomain: str | None) -> None:
    """SiprecConnectorResponse; times in milliseconds."""
    fields = ConnectorFields(name="n", host="h", port=5060, app_subdomain=subdomain)
    data = json.loads(documents.connector_document(Connector(fields=fields, created_at=NOW, updated_at=NOW)))[
        "data"
    ]
    assert data.pop("app_subdomain", None) == subdomain
    assert data == {
        "record_type": "siprec_connector",
        "name": "n",
        "host": "h",
        "port": 5060,
        "created_at": "2021-12-15T14:11:24.613Z",
        "updated_at": "2021-12-15T14:11:24.613Z",
    }


def test_the_public_key_document_is_the_legacy_one() -> None:
    assert json.loads(documents.public_key_document("k")) == {"data": {"public": "k", "record_type": "public_key"}}


@pytest.mark.parametrize("state", SessionState)
def test_texml_knows_two_states(state: SessionState) -> None:
    live = state in {SessionState.STARTING, SessionState.STARTED}
    assert documents.texml_status(state) == ("in-progress" if live else "stopped")


def test_texml_resources_are_flat_and_have_rfc_2822_dates() -> None:
    started = json.loads(
        documents.texml_start_document(
            account_sid="a",
            call_sid="c",
            sid="s",
            state=SessionState.STARTING,
            track=Track.BOTH,
            created_at=1_691_781_131_000_000,
            updated_at=1_691_781_132_000_000,
            uri="u",
        )
    )
    assert started == {
        "account_sid": "a",
        "call_sid": "c",
        "sid": "s",
        "date_created": "Fri, 11 Aug 2023 19:12:11 +0000",
        "date_updated": "Fri, 11 Aug 2023 19:12:12 +0000",
        "start_time": "Fri, 11 Aug 2023 19:12:11 +0000",
        "status": "in-progress",
        "track": "both_tracks",
        "uri": "u",
        "error_code": None,
    }
    updated = json.loads(
        documents.texml_update_document(
            account_sid="a", call_sid="c", sid="s", status="stopped", updated_at=1_691_781_131_000_000, uri="u"
        )
    )
    assert set(updated) == {"account_sid", "call_sid", "sid", "date_updated", "status", "uri", "error_code"}


# --- events ---


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        (EventType.STARTED, {}),
        (EventType.STOPPED, {"hangup_cause": "normal_clearing"}),
        (EventType.FAILED, {"failure_cause": "normal_temporary_failure"}),
    ],
)
def test_a_payload_has_the_documented_fields_or_those_that_were_seen(
    event: EventType, cause: dict[str, str]
) -> None:
    documented = {
        "call_control_id": "v3:a",
        "call_leg_id": "l",
        "call_session_id": "s",
        "connection_id": "7",
        **cause,
    }
    assert events.standard_payload(event, CALL, PayloadFields.DOCUMENTED) == documented
    seen = {**documented, "client_state": None, "calling_party_type": "pstn"}
    assert events.standard_payload(event, CALL, PayloadFields.OBSERVED) == seen


def test_a_client_state_that_was_given_goes_into_every_payload() -> None:
    call = Call(call_control_id="a", call_leg_id="l", call_session_id="s", connection_id="7", client_state="YQ==")
    for fields in PayloadFields:
        assert events.standard_payload(EventType.STARTED, call, fields)["client_state"] == "YQ=="


def event(kind: EventType, **payload: str) -> Event:
    """An event of session s."""
    return Event(id="e", type=kind, occurred_at=NOW, session_id="s", call_control_id="c", payload=payload)


@pytest.mark.parametrize("style", BodyStyle)
def test_the_envelope_has_sorted_keys_in_either_layout(style: BodyStyle) -> None:
    """Telnyx: webhook fundamentals, API v2."""
    body = events.webhook_body(
        event(EventType.STARTED, z="1", a="2"), attempt=2, delivered_to="http://x/", style=style
    )
    document = json.loads(body)
    assert document == {
        "data": {
            "event_type": "siprec.started",
            "id": "e",
            "occurred_at": "2021-12-15T14:11:24.613295Z",
            "payload": {"a": "2", "z": "1"},
            "record_type": "event",
        },
        "meta": {"attempt": 2, "delivered_to": "http://x/"},
    }
    laid_out = {
        BodyStyle.PRETTY: json.dumps(document, indent=2, sort_keys=True),
        BodyStyle.COMPACT: json.dumps(document, separators=(",", ":"), sort_keys=True),
    }
    assert body.decode() == laid_out[style]


@pytest.mark.parametrize(
    ("found", "name", "fields"),
    [
        (event(EventType.STARTED), None, {"SiprecEvent": "siprec-started"}),
        (event(EventType.STOPPED), "n", {"SiprecEvent": "siprec-stopped", "SiprecName": "n"}),
        (
            event(EventType.FAILED),
            None,
            {"SiprecEvent": "siprec-failed", "SiprecError": "SIPREC connection failed"},
        ),
        (event(EventType.FAILED, SiprecError="x"), None, {"SiprecEvent": "siprec-failed", "SiprecError": "x"}),
    ],
)
def test_a_callback_has_telnyxs_fields(found: Event, name: str | None, fields: dict[str, str]) -> None:
    """Telnyx: TeXML SIPREC callbacks."""
    assert events.callback_fields(found, TexmlDetails(account_sid="a", name=name)) == {
        "AccountSid": "a",
        "CallSid": "c",
        "SiprecSid": "s",
        "Timestamp": "2021-12-15T14:11:24.613295Z",
        **fields,
    }


def test_a_post_callback_carries_a_form_and_signs_it() -> None:
    url, body, signed = events.callback_request("http://x/?k=v", CallbackMethod.POST, {"A": "b c&", "B": "ä"})
    assert url == "http://x/?k=v"
    assert body == signed
    assert parse_qs(body.decode()) == {"A": ["b c&"], "B": ["ä"]}


@pytest.mark.parametrize(("target", "kept"), [("http://x/p?k=v#f", {"k": ["v"]}), ("http://x/p", {})])
def test_a_get_callback_adds_to_the_query_and_signs_the_whole_of_it(
    target: str, kept: dict[str, list[str]]
) -> None:
    url, body, signed = events.callback_request(target, CallbackMethod.GET, {"A": "b c&"})
    assert body == b""
    assert signed.decode() == urlsplit(url).query
    assert parse_qs(urlsplit(url).query) == {**kept, "A": ["b c&"]}
