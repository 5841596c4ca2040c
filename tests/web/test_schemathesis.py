"""Schemathesis against a running server: whatever is sent, the answer is one that the OpenAPI document has.

Cases come from the document itself, valid and broken on purpose, always the same ones. The stream of events is
left out: it does not end.
"""

from __future__ import annotations

import asyncio
import copy
import threading
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.config import SchemathesisConfig

from emulator.config import Settings
from emulator.core.models import MILLISECOND
from emulator.resources import load_schemas
from emulator.web.openapi import describe
from emulator.web.server import running

if TYPE_CHECKING:
    from collections.abc import Iterator

BOUND_SECS = 20

API_KEY = "KEY_of_schemathesis"
KEY = {"Authorization": f"Bearer {API_KEY}"}

CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
    checks.ignored_auth,
    checks.negative_data_rejection,
    checks.positive_data_acceptance,
]

EXCEPTIONS = {
    # the language has rules beyond its schema, and the check of a wrong scenario is a 200 that says so
    "PUT /_emulator/scenarios/{name}": [checks.negative_data_rejection, checks.positive_data_acceptance],
    "POST /_emulator/scenarios/validate": [checks.negative_data_rejection],
    # a name that an earlier case took is refused
    # a call that nobody knows, or that an earlier case ended
    "GET /v2/calls/{call_control_id}": [checks.positive_data_acceptance],
    **{
        f"{method} /v2/calls/{{call_control_id}}/actions/{command}": [checks.positive_data_acceptance]
        for method, command in (
            ("POST", "answer"),
            ("POST", "hangup"),
            ("POST", "reject"),
            ("POST", "siprec_start"),
            ("POST", "siprec_stop"),
            ("PUT", "client_state_update"),
        )
    },
    "POST /v2/siprec_connectors": [checks.positive_data_acceptance],
    "PUT /v2/siprec_connectors/{connector_name}": [checks.positive_data_acceptance],
    # an answer may be that it is not so, in 409 and 408; and that a bound is below another is no matter of schemas
    "POST /_emulator/verify": [checks.positive_data_acceptance],
    "POST /_emulator/wait": [checks.positive_data_acceptance],
    # what a scenario has beyond its schema, that a name is none that is loaded, and the past
    "POST /_emulator/queue": [checks.positive_data_acceptance],
    # that a text is no URL
    "PUT /_emulator/connections/{connection_id}": [checks.positive_data_acceptance],
    # that a scenario is none that is loaded
    "POST /_emulator/calls": [checks.positive_data_acceptance],
    "PUT /_emulator/faults": [checks.positive_data_acceptance],
    "POST /_emulator/faults": [checks.positive_data_acceptance],
    # header names that are one, a duration that is too long, 'over' without a trickle
    "PUT /_emulator/receiver": [checks.positive_data_acceptance],
    "POST /_emulator/receiver": [checks.positive_data_acceptance],
    "PUT /_emulator/clock": [checks.positive_data_acceptance],
    "POST /_emulator/clock/advance": [checks.positive_data_acceptance],
    "POST /_emulator/webhooks/{webhook_id}/replay": [checks.positive_data_acceptance],
    "POST /_emulator/sessions/{session_id}/events": [checks.positive_data_acceptance],
    "PUT /_emulator/namespaces/{namespace_id}": [checks.positive_data_acceptance],
    # what a document must be is no matter of JSON Schema
    "POST /_emulator/calls/{call_id}/texml": [
        checks.negative_data_rejection,
        checks.positive_data_acceptance,
    ],
    # only one of its filters by time may be passed
    "GET /v2/call_events": [checks.positive_data_acceptance],
}
"""What a check can't know of an operation."""

CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 1,
        "generation": {"max-examples": 12, "deterministic": True, "database": "none"},
        # their schema has so many combinations that covering them all takes minutes
        "operations": [{"include-path-regex": "/scenarios/", "phases": {"coverage": {"enabled": False}}}],
    }
)

# Port 9 is discard: nothing listens there, and a webhook that is sent there is refused at once.
schemathesis.openapi.format("telnyx-http-url", st.just("http://127.0.0.1:9/webhooks"))
schemathesis.openapi.format("telnyx-date-time", st.just("2025-01-01T00:00:00Z"))
schemathesis.openapi.format("telnyx-base64", st.binary().map(lambda raw: b64encode(raw).decode()))
schemathesis.openapi.format("telnyx-destination", st.sampled_from(("+18005550100", "sip:a@example.com")))
schemathesis.openapi.format("telnyx-host", st.sampled_from(("srs.example.com", "192.0.2.1", "2001:db8::1")))


def document() -> dict[str, Any]:
    """The description, narrowed to this server.

    No scenario that is chosen here scripts an answer, none but a loaded one can be named, and a call that is being
    recorded does not choose again.
    """
    described: dict[str, Any] = copy.deepcopy(describe(load_schemas(), "1.2.3"))
    for methods in described["paths"].values():
        for operation in methods.values():
            operation["responses"].pop("default", None)
            parameters = operation["parameters"]
            operation["parameters"] = [one for one in parameters if one["name"] != "X-Emulator-Scenario"]
    schemas = described["components"]["schemas"]
    # nobody here has time to wait: 0s is a duration like every other
    schemas["query.wait"]["properties"]["timeout"] = {"const": "0s"}
    schemas["query.verify"]["properties"]["within"] = {"const": "0s"}
    settings = schemas["control.settings"]["properties"]
    settings["default_scenario"] = {"enum": ["happy-path", "no-answer", None]}
    return described


SCHEMA = schemathesis.openapi.from_dict(document(), config=CONFIG).exclude(path="/_emulator/events")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server in a thread of its own, since the cases are sent by a blocking client."""
    settings = Settings(port=0, api_keys=(API_KEY,), webhook_backoff=10 * MILLISECOND, drain=0)
    started: list[str] = []
    ready = threading.Event()
    loop, ended = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with running(settings) as server:
            started.append(server.url)
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(BOUND_SECS)
    yield started[0]
    loop.call_soon_threadsafe(ended.set)
    thread.join(BOUND_SECS)
    loop.close()


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """One connection for all cases."""
    with requests.Session() as opened:
        yield opened


@SCHEMA.parametrize()
def test_every_answer_is_described(case: schemathesis.Case[Any], url: str, session: requests.Session) -> None:
    """No case meets a fault, an undescribed status, media type, header or body."""
    if case.operation.label == "POST /_emulator/wait" and isinstance(case.body, dict):
        case.body.setdefault("timeout", "0s")
    case.call_and_validate(
        base_url=url,
        session=session,
        headers=KEY,
        checks=CHECKS,
        excluded_checks=EXCEPTIONS.get(case.operation.label, []),
    )
