"""Requests that together ask every operation, with the status that each gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.models import JsonValue


QUICK = b"""
version: 1
name: quick
timeline:
  - emit: siprec.started
  - wait_for: {command: siprec_stop}
    timeout: 1h
  - {emit: siprec.stopped, payload: {hangup_cause: normal_clearing}}
"""

PICKY = b"""
version: 1
name: picky
match: {body: {connector_name: picked}}
"""

DOWN = b"""
version: 1
name: down
respond: {status: 500, error: "10007"}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request of the walk; ``path`` is the described one, ``args`` fill its braces."""

    method: str
    path: str
    status: int
    args: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    json: JsonValue = None
    data: bytes | Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """The path with its parameters."""
        return self.path.format(**self.args)


DIAL = "/v2/calls"
PHONE_CALL = "/v2/calls/{call_control_id}"
ACTIVE_CALLS = "/v2/connections/{connection_id}/active_calls"
PHONE = {"call_control_id": "v3:phone"}
START = "/v2/calls/{call_control_id}/actions/siprec_start"
STOP = "/v2/calls/{call_control_id}/actions/siprec_stop"
CONNECTORS = "/v2/siprec_connectors"
CONNECTOR = "/v2/siprec_connectors/{connector_name}"
TEXML = "/v2/texml/Accounts/{account_sid}/Calls/{call_sid}/Siprec.json"
TEXML_UPDATE = "/v2/texml/Accounts/{account_sid}/Calls/{call_sid}/Siprec/{siprec_sid}.json"
KEY_PATH = "/v2/public_key"
DELIVERIES = "/v2/webhook_deliveries"
DELIVERY = "/v2/webhook_deliveries/{id}"
CALL_EVENTS = "/v2/call_events"
C = "/_emulator"
REPLAY = f"{C}/webhooks/{{webhook_id}}/replay"
TEXML_DOCUMENT = f"{C}/calls/{{call_id}}/texml"
EMIT = f"{C}/sessions/{{session_id}}/events"

CALL = {"call_control_id": "v3:one"}
ONE = {"call_id": "v3:one"}
RECORDING = b"<Response><Start><Siprec/></Start><Stop><Siprec/></Stop><Say/></Response>"
SRS = {"connector_name": "my-srs"}
TEXML_CALL = {"account_sid": "ac", "call_sid": "v3:two"}
WITH_QUICK = {"X-Emulator-Scenario": "quick"}
CONNECTOR_BODY = {"name": "my-srs", "host": "srs.example.com", "port": 5060}
TO_NOBODY = {"call_control_id": "v3:nobody"}
RECEPTION = {"answers": [{"match": {"verdict": "wrong"}, "status": 401}, {"fault": "trickle", "count": 2}]}
FAULTS = {
    "requests": [
        {"answer": {"fault": "trickle", "over": "1s"}, "routes": ["public_key"], "probability": 0.5, "count": 1},
        {"answer": {"status": 503, "delay": {"uniform": {"min": "1s", "max": "2s"}}}, "probability": 0},
        {"answer": {"result": "ok", "delay": {"lognormal": {"median": "1s", "sigma": 1}}}, "probability": 0},
    ],
    "webhooks": [
        {
            "deliver": {"copies": 2, "gap": "1s", "attempts": [{"simulate": "drop", "url": "http://a.test/"}]},
            "sign": {"mode": "wrong_key", "timestamp_skew": "-10m"},
            "events": ["siprec.failed"],
            "probability": 0,
        }
    ],
}
REFUSED = {"session_timeout_secs": 30, "siprec_track": "left", "client_state": "?"}


def explaining(name: str, *, status: int, json: Any = None, data: bytes | None = None) -> Step:
    """Ask what a start would get from a scenario."""
    path = f"{C}/scenarios/{{name}}/explain"
    return Step(method="post", path=path, args={"name": name}, json=json, data=data, status=status)


BEFORE: tuple[Step, ...] = (
    Step(method="get", path=f"{C}/", status=200),
    Step(method="get", path=f"{C}/health", status=200),
    Step(method="head", path=f"{C}/health", status=200),
    Step(method="get", path=f"{C}/ready", status=200),
    Step(method="head", path=f"{C}/ready", status=200),
    Step(method="get", path=f"{C}/info", status=200),
    Step(method="get", path=f"{C}/ca.pem", status=404),
    Step(method="get", path=f"{C}/", status=200, headers={"Accept": "text/html"}),
    Step(method="get", path=f"{C}/page/{{name}}", args={"name": "page.css"}, status=200),
    Step(method="get", path=f"{C}/page/{{name}}", args={"name": "none"}, status=404),
    Step(method="head", path=f"{C}/page/{{name}}", args={"name": "page.css"}, status=200),
    Step(method="get", path=f"{C}/openapi.json", status=200),
    Step(method="get", path=f"{C}/schemas", status=200),
    Step(method="get", path=f"{C}/schemas/{{name}}", args={"name": "request.siprec_start"}, status=200),
    Step(method="get", path=f"{C}/schemas/{{name}}", args={"name": "none"}, status=404),
    Step(method="get", path=f"{C}/public-key", status=200),
    Step(method="get", path=f"{C}/scenarios", status=200),
    Step(method="post", path=f"{C}/scenarios/validate", data=QUICK, status=200),
    Step(method="post", path=f"{C}/scenarios/validate", query={"explain": "true"}, data=QUICK, status=200),
    Step(method="post", path=f"{C}/scenarios/validate", query={"explain": "yes"}, data=QUICK, status=422),
    Step(method="post", path=f"{C}/scenarios/validate", data=b"version: 2", status=200),
    Step(method="put", path=f"{C}/scenarios/{{name}}", args={"name": "quick"}, data=QUICK, status=201),
    Step(method="put", path=f"{C}/scenarios/{{name}}", args={"name": "quick"}, data=QUICK, status=200),
    Step(method="put", path=f"{C}/scenarios/{{name}}", args={"name": "down"}, data=DOWN, status=201),
    Step(method="put", path=f"{C}/scenarios/{{name}}", args={"name": "other"}, data=QUICK, status=422),
    Step(method="put", path=f"{C}/scenarios/{{name}}", args={"name": "quick"}, data=b"version: 2", status=422),
    Step(method="get", path=f"{C}/scenarios/{{name}}", args={"name": "quick"}, status=200),
    Step(
        method="get",
        path=f"{C}/scenarios/{{name}}",
        args={"name": "quick"},
        headers={"Accept": "application/yaml"},
        status=200,
    ),
    Step(method="get", path=f"{C}/scenarios/{{name}}", args={"name": "none"}, status=404),
    Step(
        method="put",
        path=f"{C}/namespaces/{{namespace_id}}",
        args={"namespace_id": "self"},
        json={"realism": "standard", "calls": [{"call_control_id": "v3:one"}]},
        status=200,
    ),
    Step(
        method="put",
        path=f"{C}/namespaces/{{namespace_id}}",
        args={"namespace_id": "self"},
        json={"realism": "loose"},
        status=422,
    ),
    Step(
        method="put",
        path=f"{C}/namespaces/{{namespace_id}}",
        args={"namespace_id": "self"},
        data=b"{",
        status=400,
    ),
    Step(method="get", path=f"{C}/namespaces", status=200),
    Step(method="get", path=f"{C}/namespaces/{{namespace_id}}", args={"namespace_id": "self"}, status=200),
    Step(method="get", path=f"{C}/namespaces/{{namespace_id}}", args={"namespace_id": "none"}, status=404),
    explaining("quick", status=200),
    Step(
        method="post",
        path=f"{C}/scenarios/{{name}}/explain",
        args={"name": "chaos"},
        json={"body": {"connector_name": "a"}},
        status=200,
    ),
    Step(
        method="post",
        path=f"{C}/scenarios/{{name}}/explain",
        args={"name": "rate-limited"},
        json={"headers": {"a": "b"}},
        status=200,
    ),
    Step(
        method="post",
        path=f"{C}/scenarios/{{name}}/explain",
        args={"name": "api-error"},
        json={"call_control_id": "x"},
        status=200,
    ),
    Step(
        method="post", path=f"{C}/scenarios/{{name}}/explain", args={"name": "api-reset-but-started"}, status=200
    ),
    explaining("none", status=404),
    Step(
        method="post",
        path=f"{C}/scenarios/{{name}}/explain",
        args={"name": "quick"},
        json={"boddy": {}},
        status=422,
    ),
    Step(
        method="post",
        path=f"{C}/scenarios/{{name}}/explain",
        args={"name": "quick"},
        json={"body": {"client_state": 5}},
        status=422,
    ),
    explaining("quick", data=b"{", status=400),
    Step(method="get", path=f"{C}/queue", status=200),
    Step(method="post", path=f"{C}/queue", json={"scenario": "quick", "match": TO_NOBODY, "times": 2}, status=201),
    Step(method="post", path=f"{C}/queue", json={"scenario": {"timeline": []}, "match": TO_NOBODY}, status=201),
    Step(method="post", path=f"{C}/queue", json={"scenario": "none"}, status=422),
    Step(method="post", path=f"{C}/queue", data=b"{", status=400),
    Step(method="get", path=f"{C}/queue", status=200),
    Step(method="delete", path=f"{C}/queue", status=204),
    Step(method="put", path=f"{C}/faults", json=FAULTS, status=200),
    Step(method="put", path=f"{C}/faults", json={"requests": [{}]}, status=422),
    Step(method="get", path=f"{C}/faults", status=200),
    Step(method="post", path=f"{C}/faults", json=FAULTS, status=201),
    Step(method="post", path=f"{C}/faults", json={"requests": [{}]}, status=422),
    Step(method="delete", path=f"{C}/faults", status=204),
    Step(method="put", path=f"{C}/receiver", json=RECEPTION, status=200),
    Step(method="put", path=f"{C}/receiver", json={"answers": [{"status": 1}]}, status=422),
    Step(method="post", path=f"{C}/receiver", json=RECEPTION, status=201),
    Step(method="get", path=f"{C}/receiver", status=200),
    Step(method="get", path=f"{C}/problems", status=200),
    Step(method="delete", path=f"{C}/receiver", status=204),
    Step(method="put", path=f"{C}/clock", json={"mode": "running", "speed": 2}, status=200),
    Step(method="put", path=f"{C}/clock", json={}, status=422),
    Step(method="put", path=f"{C}/clock", json={"speed": 1}, status=200),
    Step(method="get", path=f"{C}/clock", status=200),
    Step(method="get", path=f"{C}/clock", headers={"Authorization": ""}, status=422),
    Step(method="get", path=KEY_PATH, status=200),
    Step(method="get", path=KEY_PATH, headers={"Authorization": "Basic x"}, status=401),
    Step(method="post", path=CONNECTORS, json=CONNECTOR_BODY, status=201),
    Step(method="post", path=CONNECTORS, json=CONNECTOR_BODY, status=422),
    Step(method="post", path=CONNECTORS, data=b"[]", headers={"Content-Type": "application/json"}, status=400),
    Step(method="post", path=CONNECTORS, data=b"{}", headers={"Content-Type": "text/plain"}, status=415),
    Step(method="get", path=CONNECTOR, args=SRS, status=200),
    Step(method="put", path=CONNECTOR, args=SRS, json={**CONNECTOR_BODY, "app_subdomain": "sub"}, status=200),
    Step(method="put", path=CONNECTOR, args=SRS, json={"name": ""}, status=422),
    Step(method="delete", path=CONNECTOR, args=SRS, status=204),
    Step(method="get", path=CONNECTOR, args=SRS, status=404),
    Step(method="put", path=CONNECTOR, args=SRS, json=CONNECTOR_BODY, status=404),
    Step(method="delete", path=CONNECTOR, args=SRS, status=404),
    Step(method="post", path=START, args=CALL, json=REFUSED, status=422),
    Step(method="post", path=START, args=CALL, json={}, headers={"X-Emulator-Scenario": "api-error"}, status=422),
    Step(method="post", path=START, args=CALL, json={}, headers={"X-Emulator-Scenario": "down"}, status=500),
    Step(method="post", path=START, args=CALL, json={"connector_name": "my-srs"}, headers=WITH_QUICK, status=200),
    Step(method="post", path=STOP, args=CALL, json={}, status=200),
    Step(method="post", path=TEXML, args=TEXML_CALL, data={"Secure": "maybe"}, status=422),
    Step(method="post", path=TEXML, args=TEXML_CALL, data={"Name": "two"}, headers=WITH_QUICK, status=200),
    Step(
        method="post",
        path=TEXML_UPDATE,
        args={**TEXML_CALL, "siprec_sid": "none"},
        data={"Status": "stopped"},
        status=404,
    ),
)

CONNECTION = f"{C}/connections/{{connection_id}}"
HOOKS = {"webhook_event_url": "http://127.0.0.1:9/app", "webhook_timeout_secs": 5}
CALLING: tuple[Step, ...] = (
    Step(method="get", path=CONNECTION, args={"connection_id": "1"}, status=404),
    Step(method="put", path=CONNECTION, args={"connection_id": "1"}, json=HOOKS, status=201),
    Step(method="put", path=CONNECTION, args={"connection_id": "1"}, json=HOOKS, status=200),
    Step(method="put", path=CONNECTION, args={"connection_id": "1"}, json={"webhook_event_url": "x"}, status=422),
    Step(method="get", path=CONNECTION, args={"connection_id": "1"}, status=200),
    Step(method="get", path=f"{C}/connections", status=200),
    Step(method="delete", path=CONNECTION, args={"connection_id": "1"}, status=204),
    Step(method="delete", path=CONNECTION, args={"connection_id": "1"}, status=404),
    Step(method="post", path=f"{C}/calls", json={"to": "+18005550100"}, status=201),
    Step(method="post", path=f"{C}/calls", json={"to": ""}, status=422),
    Step(method="post", path=f"{C}/calls", headers={"Authorization": ""}, json={}, status=422),
    Step(method="post", path=DIAL, json={"connection_id": "1", "from": "a", "to": "+18005550100"}, status=200),
    Step(method="post", path=DIAL, json={}, status=422),
    Step(method="get", path=ACTIVE_CALLS, args={"connection_id": "1"}, status=200),
    Step(method="get", path=ACTIVE_CALLS, args={"connection_id": "1"}, query={"page[size]": "0"}, status=422),
    Step(method="post", path=f"{PHONE_CALL}/actions/answer", args=PHONE, json={}, status=200),
    Step(method="put", path=f"{PHONE_CALL}/actions/client_state_update", args=PHONE, json={}, status=422),
    Step(
        method="put",
        path=f"{PHONE_CALL}/actions/client_state_update",
        args=PHONE,
        json={"client_state": "bmV3"},
        status=200,
    ),
    Step(method="get", path=PHONE_CALL, args=PHONE, status=200),
    Step(method="get", path=PHONE_CALL, args={"call_control_id": "v3:nobody"}, status=422),
    Step(method="post", path=f"{C}/calls/{{call_id}}/hangup", args={"call_id": "v3:phone"}, status=202),
    Step(method="post", path=f"{C}/calls/{{call_id}}/hangup", args={"call_id": "v3:phone"}, status=422),
    Step(method="post", path=f"{C}/calls/{{call_id}}/hangup", args={"call_id": "v3:nobody"}, status=404),
    Step(method="get", path=f"{C}/calls/{{call_id}}", args={"call_id": "v3:phone"}, status=200),
    Step(method="get", path=f"{C}/calls/{{call_id}}/story", args={"call_id": "v3:phone"}, status=200),
    Step(method="get", path=f"{C}/calls/{{call_id}}/story", args={"call_id": "v3:nobody"}, status=404),
    Step(method="post", path=f"{PHONE_CALL}/actions/hangup", args=PHONE, json={}, status=422),
    Step(
        method="post",
        path=f"{PHONE_CALL}/actions/reject",
        args={"call_control_id": "v3:other-phone"},
        json={"cause": "USER_BUSY"},
        status=200,
    ),
    Step(method="post", path=f"{C}/wait", json={"call": {"hangup_cause": "user_busy"}}, status=200),
)

ASKED: tuple[Step, ...] = (
    Step(method="post", path=f"{C}/verify", json={"requests": {"call_control_id": "v3:one"}}, status=200),
    Step(method="post", path=f"{C}/verify", json={"requests": {"call_control_id": "v3:none"}}, status=409),
    Step(method="post", path=f"{C}/verify", json={}, status=422),
    Step(method="post", path=f"{C}/wait", json={"webhook": {}}, status=200),
    Step(method="post", path=f"{C}/wait", json={"session": {"state": "stopped"}}, status=200),
    Step(method="post", path=f"{C}/wait", json={"session": {"state": "failed"}, "timeout": "1ms"}, status=408),
    Step(method="post", path=f"{C}/wait", json={"count": 2}, status=422),
    Step(method="put", path=f"{C}/scenarios/{{name}}", args={"name": "picky"}, data=PICKY, status=201),
    Step(
        method="post", path=START, args={"call_control_id": "v3:picked"}, json={}, headers=WITH_QUICK, status=200
    ),
    Step(method="post", path=START, args={"call_control_id": "v3:other"}, json={}, status=200),
    Step(method="post", path=f"{C}/wait", json={"idle": True, "timeout": "1ms"}, status=408),
    Step(method="get", path=f"{C}/requests/near-misses", status=200),
    Step(method="put", path=f"{C}/clock", json={"mode": "manual"}, status=200),
    Step(method="post", path=f"{C}/clock/advance", json={"by": "1s"}, status=200),
    Step(method="post", path=START, args={"call_control_id": "v3:slow"}, json={}, headers=WITH_QUICK, status=200),
    Step(method="post", path=STOP, args={"call_control_id": "v3:slow"}, json={}, status=200),
    Step(method="post", path=f"{C}/clock/advance", json={"until": "next"}, status=200),
    Step(method="post", path=f"{C}/clock/advance", json={"until": "idle"}, status=200),
    Step(method="post", path=f"{C}/clock/advance", json={"to": "2020-01-01T00:00:00Z"}, status=422),
)

LISTS = ("sessions", "calls", "requests", "webhooks", "received")
QUERIES: tuple[Step, ...] = (
    *(Step(method="get", path=f"{C}/{one}", status=200) for one in LISTS),
    *(Step(method="get", path=f"{C}/{one}", query={"limit": "1", "after": "1"}, status=200) for one in LISTS),
    *(Step(method="get", path=f"{C}/{one}", query={"limit": "1001"}, status=422) for one in LISTS),
    *(Step(method="get", path=f"{C}/{one}", query={"limit": "0" * 20 + "9999"}, status=422) for one in LISTS),
    *(Step(method="get", path=f"{C}/{one}", query={"colour": "red"}, status=422) for one in LISTS),
    *(
        Step(method="get", path=f"{C}/sessions/{{session_id}}/{one}", args={"session_id": "none"}, status=404)
        for one in ("sip", "pcap")
    ),
    *(
        Step(method="get", path=f"{C}/{one}s/{{{one}_id}}", args={f"{one}_id": "none"}, status=404)
        for one in ("session", "call", "request", "webhook")
    ),
)

RECEIVER = f"{C}/receiver/{{namespace_id}}"
AFTER: tuple[Step, ...] = (
    *(
        Step(method=method, path=RECEIVER, args={"namespace_id": "one"}, status=200)
        for method in ("get", "post", "put", "patch", "delete")
    ),
    Step(method="get", path=f"{C}/received", query={"namespace": "one"}, status=200),
    Step(method="delete", path=f"{C}/requests", status=204),
    Step(method="delete", path=f"{C}/scenarios/{{name}}", args={"name": "quick"}, status=204),
    Step(method="delete", path=f"{C}/scenarios/{{name}}", args={"name": "quick"}, status=404),
    Step(method="delete", path=f"{C}/namespaces/{{namespace_id}}", args={"namespace_id": "self"}, status=204),
    Step(method="post", path=f"{C}/reset", status=200),
)
