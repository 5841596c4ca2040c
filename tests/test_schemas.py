"""The JSON Schemas themselves: well-formed, read alike by both validators, and true to Telnyx's examples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest
import yaml
from jsonschema import Draft202012Validator

from emulator.core.formats import FORMATS
from emulator.core.references import followed
from emulator.core.validation import SUFFIX, Schemas
from emulator.core.violations import CODE_KEYWORD, TEXTS
from emulator.resources import load_schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = "https://siprec-emulator.dev/schemas/"
OPENAPI = Path(__file__).resolve().parents[2] / "shared" / "spec" / "telnyx-openapi-siprec.yml"
ANNOTATIONS = {"title", "description", "default", "examples"}
KINDS = ("request.", "response.", "webhook.", "callback.", "error.", "common.")

DOCUMENTS = {name: document for name, document in load_schemas().items() if name.startswith(KINDS)}
LIBRARY = {document["$id"]: document for document in DOCUMENTS.values()}

UUID = "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0"
DATE = "Fri, 11 Aug 2023 19:12:11 +0000"
META = {"attempt": 1, "delivered_to": "https://app.example.com/hook"}


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas(load_schemas())


def subschemas(schema: Any) -> Iterator[dict[str, Any]]:
    """Every object inside a schema that is itself a schema."""
    if not isinstance(schema, dict):
        return
    yield schema
    for keyword in ("properties", "$defs"):
        for inner in schema.get(keyword, {}).values():
            yield from subschemas(inner)
    for keyword in ("items", "not", "if", "then", "else"):
        yield from subschemas(schema.get(keyword))
    for keyword in ("allOf", "anyOf", "oneOf"):
        for inner in schema.get(keyword, []):
            yield from subschemas(inner)


ALL = [(name, schema) for name, document in DOCUMENTS.items() for schema in subschemas(document)]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_schema_is_valid_2020_12_and_says_what_it_is(name: str) -> None:
    document = DOCUMENTS[name]
    Draft202012Validator.check_schema(document)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["$id"] == BASE + name
    assert document["title"]
    assert document["description"]


def test_every_reference_leads_somewhere_and_only_annotations_stand_beside_it() -> None:
    """A reference beside which another constraint stood would mean both; here one replaces the other."""
    for name, schema in ALL:
        if "$ref" in schema:
            assert set(schema) - {"$ref"} <= ANNOTATIONS, name
            followed(schema, LIBRARY, urljoin(BASE, name))


def test_every_property_is_described() -> None:
    for name, schema in ALL:
        for key, inner in schema.get("properties", {}).items():
            known = followed(inner, LIBRARY, urljoin(BASE, name))
            assert "description" in known or known.keys() & {"properties", "items", "const", "allOf"}, (name, key)


def test_formats_are_our_own_so_that_both_validators_ask_the_same_function() -> None:
    assert {schema["format"] for _, schema in ALL if "format" in schema} == set(FORMATS)


def test_no_pattern_has_what_engines_read_differently() -> None:
    """``$`` before a final newline, and what counts as a digit, a word or a blank."""
    patterns = [schema["pattern"] for _, schema in ALL if "pattern" in schema]
    assert patterns
    for pattern in patterns:
        assert not any(part in pattern for part in ("$", "\\s", "\\S", "\\d", "\\w", "\\b", "\\A", "\\z", "\\Z"))


def test_every_named_code_has_its_words() -> None:
    named = {schema[CODE_KEYWORD] for _, schema in ALL if CODE_KEYWORD in schema}
    assert named <= set(TEXTS)
    assert "90017" in named


def test_every_range_of_a_request_has_both_ends() -> None:
    for name, schema in ALL:
        if name.startswith("request."):
            assert ("minimum" in schema) == ("maximum" in schema), name


def test_defaults_and_examples_are_valid() -> None:
    compiled = Schemas(load_schemas())
    for name, document in DOCUMENTS.items():
        for example in document.get("examples", []):
            assert compiled.check(name.removesuffix(SUFFIX), example) == (), name
        defaults = {
            key: known["default"]
            for key, inner in document.get("properties", {}).items()
            if "default" in (known := followed(inner, LIBRARY, document["$id"]))
        }
        if defaults:
            # what is required has no default
            whole = {**document.get("examples", [{}])[0], **defaults}
            assert compiled.check(name.removesuffix(SUFFIX), whole) == (), name


def test_unknown_keys_are_let_through_everywhere() -> None:
    assert not [name for name, schema in ALL if schema.get("additionalProperties", True) is False]


# --- what the emulator sends: shapes as documented or observed are accepted, broken ones are not ---

PAYLOAD = {
    "call_control_id": "v3:31f19208-5db0-11ec-9ea7-02420a0d3a69",
    "call_leg_id": "31f19208-5db0-11ec-9ea7-02420a0d3a69",
    "call_session_id": "31f19208-5db0-11ec-9ea7-02420a0d3a69",
    "connection_id": "1293384261075731461",
}
DOCUMENTED = {**PAYLOAD, "client_state": "aGF2ZSBhIG5pY2UgZGF5ID1d"}
OBSERVED = {**PAYLOAD, "client_state": None, "calling_party_type": "pstn"}


def webhook(kind: str, payload: dict[str, Any], **changed: Any) -> dict[str, Any]:
    data = {
        "event_type": f"siprec.{kind}",
        "id": UUID,
        "occurred_at": "2021-12-15T14:11:24.613295Z",
        "payload": payload,
        "record_type": "event",
    }
    return {"data": {**data, **changed}, "meta": META}


CAUSES: dict[str, dict[str, str]] = {
    "started": {},
    "stopped": {"hangup_cause": "normal_clearing"},
    "failed": {"failure_cause": "no_answer"},
}


@pytest.mark.parametrize("kind", CAUSES)
@pytest.mark.parametrize("payload", [DOCUMENTED, OBSERVED], ids=["documented", "observed"])
def test_a_webhook_is_valid_in_the_documented_and_in_the_observed_form(
    schemas: Schemas, kind: str, payload: dict[str, Any]
) -> None:
    assert schemas.check(f"webhook.siprec_{kind}", webhook(kind, {**payload, **CAUSES[kind]})) == ()


@pytest.mark.parametrize("kind", CAUSES)
@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"event_type": "call.siprec.started"}, "/data/event_type"),
        ({"id": UUID.upper()}, "/data/id"),
        ({"id": UUID + "\n"}, "/data/id"),
        ({"occurred_at": "2021-12-15T14:11:24Z"}, "/data/occurred_at"),
        ({"occurred_at": "2021-12-15T14:11:24.613295Z\n"}, "/data/occurred_at"),
        ({"record_type": "call"}, "/data/record_type"),
    ],
)
def test_a_webhook_with_a_broken_envelope_is_refused(
    schemas: Schemas, kind: str, changed: dict[str, str], pointer: str
) -> None:
    body = webhook(kind, {**OBSERVED, **CAUSES[kind]}, **changed)
    assert [found.pointer for found in schemas.check(f"webhook.siprec_{kind}", body)] == [pointer]


@pytest.mark.parametrize("kind", CAUSES)
def test_a_webhook_without_identifiers_cause_or_meta_is_refused(schemas: Schemas, kind: str) -> None:
    body = webhook(kind, {"client_state": "?", "calling_party_type": "fax"})
    body["meta"] = {"attempt": 0}
    assert [found.pointer for found in schemas.check(f"webhook.siprec_{kind}", body)] == sorted(
        [
            *(f"/data/payload/{key}" for key in (*PAYLOAD, "calling_party_type", "client_state", *CAUSES[kind])),
            "/meta/attempt",
            "/meta/delivered_to",
        ]
    )


CONNECTOR = {
    "record_type": "siprec_connector",
    "name": "siprec-connector",
    "host": "siprec.telnyx.com",
    "port": 5060,
    "app_subdomain": "my-app-domain",
    "created_at": "2024-01-23T18:10:02.574Z",
    "updated_at": "2024-01-23T18:10:02.574Z",
}
TEXML = {
    "account_sid": UUID,
    "call_sid": "v3:9X2vxPDFY2RHSJ1EdMS0RHRksMTg7ldNxdjWbVr9zBjbGjGsSe-aiQ",
    "sid": UUID,
    "date_created": DATE,
    "date_updated": DATE,
    "start_time": DATE,
    "status": "in-progress",
    "track": "both_tracks",
    "uri": "https://api.telnyx.com/v2/texml/Accounts/a/Calls/v3:b/Siprec/" + UUID,
    "error_code": None,
}
CALLBACK = {
    "AccountSid": UUID,
    "CallSid": "v3:one",
    "SiprecEvent": "siprec-failed",
    "SiprecSid": UUID,
    "Timestamp": "2023-08-11T19:12:11.123456Z",
    "SiprecError": "SIPREC connection failed",
}
KEY = {"public": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "record_type": "public_key"}
ERROR = {
    "code": "90018",
    "title": "Call has already ended",
    "source": {"pointer": "/x"},
    "meta": {"url": "https://a.de"},
}


@pytest.mark.parametrize(
    ("name", "value", "broken", "pointer"),
    [
        ("response.command_result", {"data": {"result": "ok"}}, {"data": {}}, "/data/result"),
        (
            "response.siprec_connector",
            {"data": CONNECTOR},
            {"data": {**CONNECTOR, "created_at": "2024-01-23T18:10:02Z"}},
            "/data/created_at",
        ),
        ("response.texml_siprec_start", TEXML, {**TEXML, "start_time": DATE + " "}, "/start_time"),
        ("response.texml_siprec_update", TEXML, {**TEXML, "status": "running"}, "/status"),
        ("response.public_key", {"data": KEY}, {"data": {**KEY, "public": "AAAA"}}, "/data/public"),
        ("callback.texml_siprec", CALLBACK, {**CALLBACK, "SiprecEvent": "siprec-started"}, "/SiprecEvent"),
        ("error.call_control", {"errors": [ERROR]}, {"errors": [{**ERROR, "code": 90018}]}, "/errors/0/code"),
        ("error.call_control", {"errors": [ERROR]}, {"errors": [{**ERROR, "code": "422"}]}, "/errors/0/code"),
        ("error.call_control", {"errors": [ERROR]}, {"errors": []}, "/errors"),
        (
            "error.siprec_connector",
            {"errors": [{"code": 404, "title": "Not Found"}]},
            {"errors": [{"code": "404", "title": "Not Found"}]},
            "/errors/0/code",
        ),
        ("error.texml_not_found", {"errors": [{"detail": "x"}]}, {"errors": [{}]}, "/errors/0/detail"),
    ],
)
def test_an_answer_in_its_documented_form_is_valid_and_a_broken_one_is_not(
    schemas: Schemas, name: str, value: Any, broken: Any, pointer: str
) -> None:
    assert schemas.check(name, value) == ()
    assert [found.pointer for found in schemas.check(name, broken)] == [pointer]


# --- Telnyx's own examples ---

needs_openapi = pytest.mark.skipif(not OPENAPI.exists(), reason=f"Telnyx's OpenAPI document is not at {OPENAPI}")


def telnyx_components() -> Any:
    with OPENAPI.open("rb") as file:
        return yaml.load(file, Loader=yaml.CSafeLoader)["components"]


def assembled(schema: dict[str, Any], components: dict[str, Any]) -> Any:
    """The example that a schema's properties make together, where they have one each."""
    if "$ref" in schema:
        return assembled(components["schemas"][schema["$ref"].rsplit("/", 1)[1]], components)
    if "example" in schema:
        return schema["example"]
    if "properties" in schema:
        made = {key: assembled(inner, components) for key, inner in schema["properties"].items()}
        return {key: value for key, value in made.items() if value is not None}
    return None


@needs_openapi
@pytest.mark.parametrize(
    ("component", "name"),
    [
        ("StartSiprecRequest", "request.siprec_start"),
        ("StopSiprecRequest", "request.siprec_stop"),
        ("SiprecConnector", "request.siprec_connector"),
        ("TexmlCreateSiprecSessionRequestBody", "request.texml_siprec_start"),
        ("TexmlUpdateSiprecSessionRequestBody", "request.texml_siprec_update"),
        ("call-scripting_ResourceNotFoundError", "error.texml_not_found"),
    ],
)
def test_telnyxs_request_examples_are_accepted(schemas: Schemas, component: str, name: str) -> None:
    """Both the example of the whole and the one that the properties' examples make."""
    components = telnyx_components()
    schema = components["schemas"][component]
    whole = schema.get("example")
    parts = assembled({key: value for key, value in schema.items() if key != "example"}, components)
    tried = [example for example in (whole, parts) if example]
    assert tried
    for example in tried:
        assert schemas.check(name, example) == ()


@needs_openapi
@pytest.mark.parametrize(
    ("component", "name", "left_out"),
    [
        ("SiprecConnectorResponse", "response.siprec_connector", {}),
        ("TexmlCreateSiprecSessionResponseBody", "response.texml_siprec_start", {"error_code": None}),
        ("TexmlUpdateSiprecSessionResponseBody", "response.texml_siprec_update", {"error_code": None}),
    ],
)
def test_telnyxs_answer_examples_are_accepted(
    schemas: Schemas, component: str, name: str, left_out: dict[str, None]
) -> None:
    """``left_out`` is what the document describes and gives no example of."""
    components = telnyx_components()
    example = assembled(components["schemas"][component], components)
    assert schemas.check(name, {**example, **left_out}) == ()


@needs_openapi
def test_telnyxs_command_result_is_accepted(schemas: Schemas) -> None:
    example = telnyx_components()["schemas"]["CallControlCommandResult"]["example"]
    assert schemas.check("response.command_result", {"data": example}) == ()


@needs_openapi
@pytest.mark.parametrize("kind", ["started", "stopped", "failed"])
def test_telnyxs_webhook_examples_are_accepted(schemas: Schemas, kind: str) -> None:
    """The examples are the ``data`` part alone."""
    components = telnyx_components()
    schema = components["schemas"][f"CallSiprec{kind.capitalize()}"]
    parts = assembled({key: value for key, value in schema.items() if key != "example"}, components)
    for example in (schema["example"], parts):
        assert schemas.check(f"webhook.siprec_{kind}", {"data": example, "meta": META}) == ()


@needs_openapi
@pytest.mark.parametrize(
    ("response", "name"),
    [
        ("UnprocessableEntityResponse", "error.call_control"),
        ("BadRequestResponse", "error.call_control"),
        ("InternalServerErrorResponse", "error.call_control"),
        ("ServiceUnavailableResponse", "error.call_control"),
        ("siprec_NotFoundResponse", "error.siprec_connector"),
        ("siprec_UnprocessableEntityResponse", "error.siprec_connector"),
    ],
)
def test_telnyxs_error_examples_are_accepted(schemas: Schemas, response: str, name: str) -> None:
    media = telnyx_components()["responses"][response]["content"]["application/json"]
    examples = [named["value"] for named in media.get("examples", {}).values()]
    examples += [media["example"]] if "example" in media else []
    assert examples
    for example in examples:
        assert schemas.check(name, example) == ()
