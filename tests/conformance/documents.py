"""Checks everything that a server answered and sent, as its journal has it, against the schemas.

Against the project's own, and where Telnyx's OpenAPI document lies beside the checkout, against that one too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

import orjson
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from emulator import resources
from emulator.core.validation import Schemas
from tests.e2e.harness import ROOT

if TYPE_CHECKING:
    import pytest

    from tests.e2e.harness import Emulator

SPEC = ROOT.parent / "shared" / "spec" / "telnyx-openapi-siprec.yml"

DUMMY_SID = "siprec_sid"
"""What the SDKs' suites call a session: no UUID, but lenient realism echoes it."""

_CALL_ERROR, _CONNECTOR_ERROR = "error.call_control", "error.siprec_connector"
_CONNECTOR = ("response.siprec_connector", "/siprec_connectors/{connector_name}")
_TEXML = "/texml/Accounts/{account_sid}/Calls/{call_sid}/Siprec"
_ANSWERS = {
    "siprec_start": ("response.command_result", "/calls/{call_control_id}/actions/siprec_start"),
    "siprec_stop": ("response.command_result", "/calls/{call_control_id}/actions/siprec_stop"),
    "dial": ("response.call", "/calls"),
    "call_read": ("response.call", "/calls/{call_control_id}"),
    "answer": ("response.command_result", "/calls/{call_control_id}/actions/answer"),
    "hangup": ("response.command_result", "/calls/{call_control_id}/actions/hangup"),
    # Telnyx's document at hand is a part that lacks these two
    "reject": ("response.command_result", ""),
    "client_state_update": ("response.command_result", ""),
    "active_calls": ("response.active_calls", "/connections/{connection_id}/active_calls"),
    "connector_create": ("response.siprec_connector", "/siprec_connectors"),
    "connector_read": _CONNECTOR,
    "connector_update": _CONNECTOR,
    "connector_delete": _CONNECTOR,
    "texml_siprec_start": ("response.texml_siprec_start", f"{_TEXML}.json"),
    "texml_siprec_update": ("response.texml_siprec_update", f"{_TEXML}/{{siprec_sid}}.json"),
    "public_key": ("response.public_key", ""),
    "webhook_delivery_list": ("response.webhook_delivery_list", "/webhook_deliveries"),
    "webhook_delivery_read": ("response.webhook_delivery", "/webhook_deliveries/{id}"),
    "call_event_list": ("response.call_event_list", "/call_events"),
}
"""Route to the schema of its success and its path in the OpenAPI document."""


@dataclass(kw_only=True)
class Tally:
    """What was checked, for the summary."""

    answers: int = 0
    webhooks: int = 0
    telnyx: int = 0


TALLY = Tally()


@cache
def _schemas() -> Schemas:
    return Schemas(resources.load_schemas())


@cache
def _telnyx() -> Any:
    return yaml.load(SPEC.read_bytes(), yaml.CSafeLoader) if SPEC.exists() else None


@cache
def _telnyx_validator(pointer: str) -> Draft202012Validator:
    resource = DRAFT202012.create_resource(_telnyx())
    registry: Registry[Any] = Registry().with_resource("urn:telnyx", resource)
    return Draft202012Validator({"$ref": f"urn:telnyx#{pointer}"}, registry=registry)


def _own(name: str, value: Any) -> None:
    violations = _schemas().check(name, value)
    assert not violations, f"{name}: {violations}"


def _of_telnyx(path: tuple[str, ...], value: Any) -> None:
    """Hold a value against the JSON schema below ``path``, whose references are followed on the way."""
    document = _telnyx()
    if document is None:
        return
    steps: list[str] = []
    node = document
    for step in path:
        node = node[step]
    if "content" not in node and "$ref" not in node:
        # some of its refusals are described in words alone
        return
    node = document
    for step in (*path, "content", "application/json", "schema"):
        node = node[step]
        steps.append(step)
        if "$ref" in node:
            steps = node["$ref"].removeprefix("#/").split("/")
            node = document
            for one in steps:
                node = node[one]
    pointer = "".join(f"/{quote(step.replace('~', '~0').replace('/', '~1'))}" for step in steps)
    errors = [error.message for error in _telnyx_validator(pointer).iter_errors(_without_nulls(value))]
    assert not errors, (path, errors, value)
    TALLY.telnyx += 1


def _without_nulls(value: Any) -> Any:
    """Telnyx's document calls text what its own examples (error_code) and its wire (client_state) have as null."""
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return value


def _error_schema(route: str, status: int) -> str:
    if "connector" in route and status in {404, 422}:
        return _CONNECTOR_ERROR
    return "error.texml_not_found" if "texml" in route and status == 404 else _CALL_ERROR


def check_answer(entry: Any) -> None:
    """One request of the journal, in detail."""
    answer, route = entry["answer"], entry["route"]
    status, text = answer["status"], answer["body"]
    if status == 204 or (not text and status >= 400):
        assert text == ""
        return
    value = orjson.loads(text)
    if value.get("sid") == DUMMY_SID:
        value["sid"] = "6a09cdc3-8948-47f0-aa62-74ac943d6c58"
    success, path = _ANSWERS[route]
    _own(success if status < 400 else _error_schema(route, status), value)
    TALLY.answers += 1
    if path and _telnyx() is not None:
        responses = _telnyx()["paths"][path][entry["method"].lower()]["responses"]
        documented = str(status) if str(status) in responses else "default"
        # gateway errors have text codes everywhere, as seen; the connectors' default response says int
        if documented in responses and not ("connector" in route and documented == "default"):
            _of_telnyx(("paths", path, entry["method"].lower(), "responses", documented), value)


def check_attempt(event_type: str, attempt: Any) -> None:
    """One attempt of the journal, as it was sent."""
    request = attempt["request"]
    headers = {name.lower(): value for name, value in request["headers"]}
    if request["method"] == "GET":
        return _check_callback(attempt["url"].partition("?")[2])
    if headers["content-type"] != "application/json":
        return _check_callback(request["body"])
    value = orjson.loads(request["body"])
    name = event_type.replace(".", "_")
    _own(f"webhook.{name}", value)
    TALLY.webhooks += 1
    title = name.removeprefix("call_").title().replace("_", "")
    _of_telnyx(("webhooks", f"call{title}", "post", "requestBody"), value)
    return None


def _check_callback(text: str) -> None:
    fields = dict(parse_qsl(text, strict_parsing=True))
    _own("callback.texml_siprec", {key: one for key, one in fields.items() if key != "mine"})
    TALLY.webhooks += 1


def check_journal(emulator: Emulator) -> None:
    """Everything that the server answered and sent so far, in every namespace."""
    for line in emulator.control("/requests", limit="1000")["data"]:
        if line["route"] is not None:
            check_answer(emulator.control(f"/requests/{line['id']}", namespace=line["namespace"])["data"])
    for line in emulator.control("/webhooks", limit="1000")["data"]:
        for attempt in emulator.control(f"/webhooks/{line['id']}")["data"]["attempts"]:
            # without headers it never left: its target was refused
            if "request" in attempt and attempt["request"]["headers"]:
                check_attempt(line["event_type"], attempt)


def report(terminal: pytest.TerminalReporter) -> None:
    """Say how much was checked."""
    if not TALLY.answers:
        return
    against = f"{TALLY.telnyx} of these against Telnyx's" if _telnyx() else "Telnyx's document is not there"
    terminal.write_line(
        f"end to end: {TALLY.answers} answers and {TALLY.webhooks} webhooks hold to the schemas, {against}"
    )
