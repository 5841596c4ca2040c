"""Whether one answer or webhook is as the schemas say: the project's own, and Telnyx's OpenAPI document.

Owns which schema a document is held against. Must not know where documents come from: ``recorder.py`` does.
Telnyx's document lies beside the checkout or nowhere; without it the project's own schemas are all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, quote
from uuid import UUID

import orjson
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from emulator import resources
from emulator.core.models import EventType, Route
from emulator.core.validation import Schemas
from emulator.schema_diff.report import read_expected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema.exceptions import ValidationError

ROOT = Path(__file__).parent.parent.parent
SPEC = ROOT.parent / "shared" / "spec" / "telnyx-openapi-siprec.yml"

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

_ITEM = re.compile(r"/\d+")
_A_UUID = "6a09cdc3-8948-47f0-aa62-74ac943d6c58"
_CALL_ERROR, _CONNECTOR_ERROR = "error.call_control", "error.siprec_connector"
_CONNECTOR = ("response.siprec_connector", "/siprec_connectors/{connector_name}")
_TEXML = "/texml/Accounts/{account_sid}/Calls/{call_sid}/Siprec"
_ANSWERS = {
    Route.SIPREC_START: ("response.command_result", "/calls/{call_control_id}/actions/siprec_start"),
    Route.SIPREC_STOP: ("response.command_result", "/calls/{call_control_id}/actions/siprec_stop"),
    Route.DIAL: ("response.call", "/calls"),
    Route.CALL_READ: ("response.call", "/calls/{call_control_id}"),
    Route.ANSWER: ("response.command_result", "/calls/{call_control_id}/actions/answer"),
    Route.HANGUP: ("response.command_result", "/calls/{call_control_id}/actions/hangup"),
    # Telnyx's document at hand is a part that lacks these two
    Route.REJECT: ("response.command_result", ""),
    Route.CLIENT_STATE_UPDATE: ("response.command_result", ""),
    Route.ACTIVE_CALLS: ("response.active_calls", "/connections/{connection_id}/active_calls"),
    Route.CONNECTOR_CREATE: ("response.siprec_connector", "/siprec_connectors"),
    Route.CONNECTOR_READ: _CONNECTOR,
    Route.CONNECTOR_UPDATE: _CONNECTOR,
    Route.CONNECTOR_DELETE: _CONNECTOR,
    Route.TEXML_SIPREC_START: ("response.texml_siprec_start", f"{_TEXML}.json"),
    Route.TEXML_SIPREC_UPDATE: ("response.texml_siprec_update", f"{_TEXML}/{{siprec_sid}}.json"),
    Route.PUBLIC_KEY: ("response.public_key", ""),
    Route.WEBHOOK_DELIVERY_LIST: ("response.webhook_delivery_list", "/webhook_deliveries"),
    Route.WEBHOOK_DELIVERY_READ: ("response.webhook_delivery", "/webhook_deliveries/{id}"),
    Route.CALL_EVENT_LIST: ("response.call_event_list", "/call_events"),
}
"""Route to the schema of its success and its path in the OpenAPI document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered to a request of Telnyx's API.

    Attributes:
        route: None where the request's path is none of Telnyx's that are covered.
        params: The path's, decoded.
        content: The body.
        scripted: A scenario, an injected fault or lenient validation made it what it is.
        seen_in: The test that had it first.
    """

    method: str
    target: str
    route: Route | None
    params: tuple[str, ...] = ()
    status: int
    media_type: str
    content: bytes = field(repr=False)
    scripted: bool = False
    seen_in: str = ""

    @property
    def name(self) -> str:
        """Method, path and status."""
        return f"{self.method} {self.target} -> {self.status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """What a server sent to an app.

    Attributes:
        content: The body, or of a GET the query.
        event: Of its event.
        laid_over: Fields of the payload that a scenario or somebody by hand set, or left out.
        seen_in: The test that had it first.
    """

    method: str
    url: str
    media_type: str
    content: bytes = field(repr=False)
    event: EventType
    laid_over: frozenset[str] = frozenset()
    seen_in: str = ""

    @property
    def name(self) -> str:
        """Method, path and event."""
        return f"{self.method} {self.url.partition('?')[0]}, a webhook of {self.event}"


Document: TypeAlias = Answer | Webhook


class Deviation(NamedTuple):
    """One thing that is not as a schema says.

    Attributes:
        schema: Whose.
        pointer: Where in the document, a missing field included.
        said: What is wrong.
    """

    schema: str
    pointer: str
    said: str

    def __str__(self) -> str:
        """On one line."""
        return f"{self.schema} {self.pointer or '/'}: {self.said}"


def telnyx_is_here() -> bool:
    """Whether Telnyx's document lies beside the checkout."""
    return SPEC.exists()


class Findings(NamedTuple):
    """What came of one document.

    Attributes:
        deviations: Where it is not as a schema says, though nobody scripted that.
        excused: Where it is not, since a scenario, a fault or somebody by hand wanted it so.
        by_telnyx: Whether Telnyx's document describes such a one.
    """

    deviations: tuple[Deviation, ...]
    excused: tuple[Deviation, ...]
    by_telnyx: bool


def check(document: Document) -> Findings:
    """Hold a document against every schema that describes it."""
    if isinstance(document, Answer):
        found, by_telnyx = _answer(document)
        return Findings((), found, by_telnyx) if document.scripted else Findings(found, (), by_telnyx)
    found, by_telnyx = _webhook(document)
    excused = tuple(one for one in found if _is_laid_over(one, document.laid_over))
    return Findings(tuple(one for one in found if one not in excused), excused, by_telnyx)


def _is_laid_over(deviation: Deviation, names: frozenset[str]) -> bool:
    _, data, payload, name, *_ = *deviation.pointer.split("/"), "", "", ""
    return (data, payload) == ("data", "payload") and name in names


# --- answers ---


def _answer(answer: Answer) -> tuple[tuple[Deviation, ...], bool]:
    if answer.method == "HEAD":
        return (), False
    if not answer.content:
        # a scenario may leave out the error document; Telnyx leaves out the body of a deleted connector's alone
        unexpected = answer.status != 204
        return ((Deviation("HTTP", "", "there is no body"),) if unexpected else ()), False
    if answer.media_type != JSON:
        return (Deviation("HTTP", "", f"the media type is {answer.media_type}"),), False
    try:
        value = orjson.loads(answer.content)
    except orjson.JSONDecodeError as error:
        return (Deviation("JSON", "", str(error)),), False
    if isinstance(value, dict) and value.get("sid") in answer.params and not _is_uuid(value["sid"]):
        # lenient realism echoes whatever an SDK's own suite calls a session
        value["sid"] = _A_UUID
    success, path = _ANSWERS[answer.route] if answer.route else (_CALL_ERROR, "")
    schema = success if answer.status < 400 else _error_schema(answer.route, answer.status)
    own = _own(schema, value)
    where = _responses(answer, path)
    return (*own, *(_telnyx(where, value, schema) if where else ())), bool(where)


def _error_schema(route: Route | None, status: int) -> str:
    if route is not None and "connector" in route and status in {404, 422}:
        return _CONNECTOR_ERROR
    return "error.texml_not_found" if route is not None and "texml" in route and status == 404 else _CALL_ERROR


def _responses(answer: Answer, path: str) -> str:
    """The pointer to Telnyx's schema of an answer; empty where its document has none."""
    if not path or not telnyx_is_here():
        return ""
    method = answer.method.lower()
    responses = _spec()["paths"][path][method]["responses"]
    documented = str(answer.status) if str(answer.status) in responses else "default"
    # gateway errors have text codes everywhere, as seen; the connectors' default response says int
    if documented not in responses or ("connector" in (answer.route or "") and documented == "default"):
        return ""
    return _pointer(("paths", path, method, "responses", documented))


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


# --- webhooks ---


def _webhook(webhook: Webhook) -> tuple[tuple[Deviation, ...], bool]:
    if webhook.method == "GET" or webhook.media_type == FORM:
        return tuple(_callback(webhook)), False
    if webhook.media_type != JSON:
        return (Deviation("HTTP", "", f"the media type is {webhook.media_type}"),), False
    try:
        value = orjson.loads(webhook.content)
    except orjson.JSONDecodeError as error:
        return (Deviation("JSON", "", str(error)),), False
    name = webhook.event.replace(".", "_")
    schema = f"webhook.{name}"
    own = _own(schema, value)
    if not telnyx_is_here():
        return own, False
    title = name.removeprefix("call_").title().replace("_", "")
    return (*own, *_telnyx(_pointer(("webhooks", f"call{title}", "post", "requestBody")), value, schema)), True


def _callback(webhook: Webhook) -> Iterator[Deviation]:
    schema = "callback.texml_siprec"
    try:
        fields = dict(parse_qsl(webhook.content.decode(), strict_parsing=True, keep_blank_values=True))
    except ValueError as error:
        yield Deviation("form", "", str(error))
        return
    if webhook.method == "GET":
        # the callback's own query stays before Telnyx's fields
        known = _schemas().keys(schema)
        fields = {name: text for name, text in fields.items() if name in known}
    yield from _own(schema, fields)
    for pointer in _schemas().unknown_keys(schema, fields):
        yield Deviation(f"schemas/{schema}", pointer, "no such field")


# --- the schemas ---


@cache
def _schemas() -> Schemas:
    return Schemas(resources.load_schemas())


def _own(name: str, value: Any) -> tuple[Deviation, ...]:
    return tuple(
        Deviation(f"schemas/{name}", one.pointer, f"{one.keyword}: {one.detail}")
        for one in _schemas().check(name, value)
    )


@cache
def _spec() -> Any:
    return yaml.load(SPEC.read_bytes(), yaml.CSafeLoader)


@cache
def _pointer(path: tuple[str, ...]) -> str:
    """Where the JSON schema below ``path`` stands, references followed; empty where words alone describe it."""
    node = _spec()
    for step in path:
        node = node[step]
    if "content" not in node and "$ref" not in node:
        return ""
    steps: list[str] = []
    node = _spec()
    for step in (*path, "content", JSON, "schema"):
        node = node[step]
        steps.append(step)
        if "$ref" in node:
            steps = node["$ref"].removeprefix("#/").split("/")
            node = _spec()
            for one in steps:
                node = node[one]
    return "".join(f"/{quote(step.replace('~', '~0').replace('/', '~1'))}" for step in steps)


@cache
def _validator(pointer: str) -> Draft202012Validator:
    registry: Registry[Any] = Registry().with_resource("urn:telnyx", DRAFT202012.create_resource(_spec()))
    return Draft202012Validator({"$ref": f"urn:telnyx#{pointer}"}, registry=registry)


def _telnyx(pointer: str, value: Any, own: str) -> tuple[Deviation, ...]:
    return tuple(
        Deviation(f"Telnyx's #{pointer}", found, error.message)
        for error in _validator(pointer).iter_errors(value)
        if not _is_listed_null(own, found := "".join(f"/{step}" for step in error.absolute_path), error)
    )


def _is_listed_null(own: str, pointer: str, error: ValidationError) -> bool:
    """Whether it is a null that the project's list of meant differences gives a reason for."""
    return error.instance is None and f"{own} {_ITEM.sub('/*', pointer)}" in _listed_nulls()


@cache
def _listed_nulls() -> frozenset[str]:
    """Schema and pointer of each."""
    expected = read_expected((ROOT / "schemas" / "differences.yaml").read_text(encoding="utf-8"))
    return frozenset(line.partition(":")[0] for line in expected if ": type null or " in line)
