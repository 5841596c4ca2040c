"""Requests to commands: content types, violations, unknown keys, defaults."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from emulator.core.commands import FORM, JSON, Parsed, parse
from emulator.core.errors import ApiError, ConnectorInvalid, Invalid, Malformed, UnsupportedMedia
from emulator.core.models import (
    CallbackMethod,
    ConnectorFields,
    CreateConnector,
    DeleteConnector,
    ReadConnector,
    Request,
    Route,
    ShowPublicKey,
    SipTransport,
    StartSiprec,
    StopSiprec,
    TexmlDetails,
    Track,
    UpdateConnector,
)
from emulator.core.policy import Policy, Validation
from emulator.core.validation import Schemas
from emulator.resources import load_schemas

if TYPE_CHECKING:
    from emulator.core.commands import Command

PARAMS = {
    Route.SIPREC_START: ("call",),
    Route.SIPREC_STOP: ("call",),
    Route.CONNECTOR_READ: ("old",),
    Route.CONNECTOR_UPDATE: ("old",),
    Route.CONNECTOR_DELETE: ("old",),
    Route.TEXML_SIPREC_START: ("account", "call"),
    Route.TEXML_SIPREC_UPDATE: ("account", "call", "sid"),
}
CONNECTOR = {"name": "new", "host": "srs.example.com", "port": 5060}


@cache
def schemas() -> Schemas:
    """The project's."""
    return Schemas(load_schemas())


def read(
    route: Route, body: Any = b"", media_type: str = JSON, validation: Validation = Validation.STANDARD
) -> Parsed:
    """Parse one request; a body that is no bytes is sent as JSON."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    request = Request(
        namespace="n",
        route=route,
        method="POST",
        target="/",
        params=PARAMS.get(route, ()),
        media_type=media_type,
        body=raw,
    )
    return parse(request, schemas(), Policy(validation=validation))


def test_a_start_without_fields_has_the_documented_defaults() -> None:
    for media_type in (JSON, "", "application/octet-stream"):
        assert read(Route.SIPREC_START, media_type=media_type).command == StartSiprec(
            call_control_id="call",
            track=Track.BOTH,
            session_timeout_secs=1800,
            sip_transport=SipTransport.UDP,
            secure=False,
        )


def test_a_start_carries_every_field() -> None:
    body = {
        "connector_name": "srs",
        "siprec_track": "inbound_track",
        "client_state": "YQ==",
        "command_id": "id",
        "include_metadata_custom_headers": True,
        "secure": True,
        "session_timeout_secs": 90,
        "sip_transport": "tls",
    }
    parsed = read(Route.SIPREC_START, body)
    assert parsed.command == StartSiprec(
        call_control_id="call",
        connector_name="srs",
        track=Track.INBOUND,
        client_state="YQ==",
        command_id="id",
        include_metadata_custom_headers=True,
        secure=True,
        session_timeout_secs=90,
        sip_transport=SipTransport.TLS,
    )
    assert parsed.document == body


@pytest.mark.parametrize(
    ("route", "body", "command"),
    [
        (
            Route.SIPREC_STOP,
            {"client_state": "YQ==", "command_id": "id"},
            StopSiprec(call_control_id="call", client_state="YQ==", command_id="id"),
        ),
        (
            Route.CONNECTOR_CREATE,
            {**CONNECTOR, "app_subdomain": "sub"},
            CreateConnector(
                fields=ConnectorFields(name="new", host="srs.example.com", port=5060, app_subdomain="sub")
            ),
        ),
        (
            Route.CONNECTOR_UPDATE,
            CONNECTOR,
            UpdateConnector(name="old", fields=ConnectorFields(name="new", host="srs.example.com", port=5060)),
        ),
        (Route.CONNECTOR_READ, b"ignored", ReadConnector(name="old")),
        (Route.CONNECTOR_DELETE, b"", DeleteConnector(name="old")),
        (Route.PUBLIC_KEY, b"", ShowPublicKey()),
    ],
)
def test_each_route_has_its_command(route: Route, body: Any, command: Command) -> None:
    assert read(route, body).command == command


@pytest.mark.parametrize("media_type", [FORM, ""])
def test_texml_is_a_form(media_type: str) -> None:
    body = (
        b"ConnectorName=srs&Name=n&Track=outbound_track&SipTransport=tcp&Secure=true&SessionTimeoutSecs=100"
        b"&IncludeMetadataCustomHeaders=true&StatusCallback=http%3A%2F%2Fx%2F&StatusCallbackMethod=GET"
    )
    assert read(Route.TEXML_SIPREC_START, body, media_type).command == StartSiprec(
        call_control_id="call",
        connector_name="srs",
        track=Track.OUTBOUND,
        include_metadata_custom_headers=True,
        secure=True,
        session_timeout_secs=100,
        sip_transport=SipTransport.TCP,
        texml=TexmlDetails(
            account_sid="account",
            name="n",
            status_callback="http://x/",
            status_callback_method=CallbackMethod.GET,
        ),
    )


@pytest.mark.parametrize(("body", "stops"), [(b"Status=stopped", True), (b"", False)])
def test_a_texml_update_stops_only_when_it_says_so(body: bytes, stops: bool) -> None:
    for form in (body, {"Status": "stopped"}) if stops else (body,):
        media_type = FORM if isinstance(form, bytes) else JSON
        assert read(Route.TEXML_SIPREC_UPDATE, form, media_type).command == StopSiprec(
            call_control_id="call", account_sid="account", siprec_sid="sid", stops=stops
        )


@pytest.mark.parametrize(
    ("route", "media_type", "wanted"),
    [
        (Route.SIPREC_START, FORM, JSON),
        (Route.SIPREC_START, "", JSON),
        (Route.CONNECTOR_CREATE, "text/plain", JSON),
        (Route.TEXML_SIPREC_START, "text/xml", FORM),
    ],
)
def test_a_body_of_another_type_is_refused_with_the_right_one(route: Route, media_type: str, wanted: str) -> None:
    with pytest.raises(UnsupportedMedia, match=wanted):
        read(route, b"x=y", media_type)


def test_violations_are_refused_and_kept_for_the_journal() -> None:
    for route, body, kind in (
        (Route.SIPREC_START, {"secure": 1}, Invalid),
        (Route.CONNECTOR_CREATE, {**CONNECTOR, "port": "x"}, ConnectorInvalid),
    ):
        with pytest.raises(kind) as refused:
            read(route, body)
        assert len(refused.value.items) == len(refused.value.violations) == 1


def test_unknown_keys_warn_or_are_refused_where_validation_is_strict() -> None:
    parsed = read(Route.SIPREC_START, {"direction": "both_tracks"})
    assert parsed.warnings == ("/direction is no parameter of siprec_start; Telnyx ignores it.",)
    for route, body, code in (
        (Route.SIPREC_START, {"direction": 1}, "10027"),
        (Route.CONNECTOR_CREATE, {**CONNECTOR, "direction": 1}, 422),
    ):
        with pytest.raises(ApiError) as refused:
            read(route, body, validation=Validation.STRICT)
        assert [(item.code, item.pointer) for item in refused.value.items] == [(code, "/direction")]


def test_where_validation_only_warns_a_field_that_makes_no_sense_counts_as_not_given() -> None:
    body = {
        "connector_name": 1,
        "siprec_track": "left",
        "sip_transport": ["udp"],
        "secure": "yes",
        "session_timeout_secs": 1e300,
    }
    parsed = read(Route.SIPREC_START, body, validation=Validation.WARN)
    assert parsed.command == StartSiprec(call_control_id="call")
    assert len(parsed.violations) == 5
    for seconds in (True, "90", None):
        warned = read(Route.SIPREC_START, {"session_timeout_secs": seconds}, validation=Validation.WARN)
        assert warned.command == StartSiprec(call_control_id="call")
    callback = read(Route.TEXML_SIPREC_START, b"StatusCallback=x", FORM, Validation.WARN).command
    assert callback == StartSiprec(call_control_id="call", texml=TexmlDetails(account_sid="account"))


def test_where_validation_only_warns_a_body_that_cannot_be_read_counts_as_none() -> None:
    for body in (b"{", b'{"a": "\xff"}'):
        parsed = read(Route.SIPREC_START, body, validation=Validation.WARN)
        assert parsed.command == StartSiprec(call_control_id="call")
        assert len(parsed.warnings) == 1
        with pytest.raises(Malformed):
            read(Route.SIPREC_START, body)
