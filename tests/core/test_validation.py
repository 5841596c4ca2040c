"""Bodies against their schemas: what is accepted, and in what words the rest is refused (Telnyx's catalogue)."""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from emulator.core.errors import ErrorItem
from emulator.core.formats import FORMATS
from emulator.core.validation import Schemas, Violation, items
from emulator.resources import load_schemas

if TYPE_CHECKING:
    from emulator.core.models import JsonValue

START = "request.siprec_start"
CONNECTOR = "request.siprec_connector"
TEXML_START = "request.texml_siprec_start"
REQUESTS = (START, "request.siprec_stop", CONNECTOR, TEXML_START, "request.texml_siprec_update")

VALID: dict[str, dict[str, JsonValue]] = {
    START: {
        "client_state": "aGF2ZSBhIG5pY2UgZGF5ID1d",
        "command_id": "891510ac-f3e4-11e8-af5b-de00688a4901",
        "connector_name": "my-srs",
        "include_metadata_custom_headers": True,
        "secure": False,
        "session_timeout_secs": 900,
        "sip_transport": "tcp",
        "siprec_track": "outbound_track",
    },
    "request.siprec_stop": {"client_state": "", "command_id": "one"},
    CONNECTOR: {"name": "my-srs", "host": "srs.example.com", "port": 5060, "app_subdomain": "app"},
    TEXML_START: {
        "ConnectorName": "my-srs",
        "IncludeMetadataCustomHeaders": True,
        "Name": "one",
        "Secure": True,
        "SessionTimeoutSecs": 0,
        "SipTransport": "tls",
        "StatusCallback": "https://app.example.com/siprec",
        "StatusCallbackMethod": "GET",
        "Track": "both_tracks",
    },
    "request.texml_siprec_update": {"Status": "stopped"},
}


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas(load_schemas())


def described(found: tuple[Violation, ...]) -> list[tuple[str, str, str, str]]:
    return [(violation.pointer, violation.code, violation.title, violation.detail) for violation in found]


@pytest.mark.parametrize("name", REQUESTS)
def test_a_body_with_every_documented_field_is_accepted(schemas: Schemas, name: str) -> None:
    assert schemas.check(name, VALID[name]) == ()
    assert schemas.unknown_keys(name, VALID[name]) == ()


@pytest.mark.parametrize("name", [START, "request.siprec_stop", TEXML_START, "request.texml_siprec_update"])
def test_nothing_is_required_of_commands(schemas: Schemas, name: str) -> None:
    assert schemas.check(name, {}) == ()


def test_the_guides_sample_is_accepted_and_its_undocumented_key_is_named(schemas: Schemas) -> None:
    body = {"connector_name": "my-srs", "direction": "both_tracks", "a/b~": 1}
    assert schemas.check(START, body) == ()
    assert schemas.unknown_keys(START, body) == ("/direction", "/a~1b~0")


def test_what_is_no_object_has_no_unknown_keys(schemas: Schemas) -> None:
    assert schemas.unknown_keys(START, ["direction"]) == ()


@pytest.mark.parametrize("seconds", [0, 90, 91, 1800, 14440, 90.0])
def test_session_timeouts_that_telnyx_documents_are_accepted(schemas: Schemas, seconds: float) -> None:
    assert schemas.check(START, {"session_timeout_secs": seconds}) == ()


@pytest.mark.parametrize("seconds", [-1, 1, 89, 14441, 10**30, -(10**30)])
def test_other_session_timeouts_are_out_of_range(schemas: Schemas, seconds: int) -> None:
    assert described(schemas.check(START, {"session_timeout_secs": seconds})) == [
        (
            "/session_timeout_secs",
            "10033",
            "Value outside of range",
            "The value is outside of allowed range 90 to 14440",
        )
    ]


@pytest.mark.parametrize("seconds", ["90", 90.5, True, None, [], math.inf])
def test_a_session_timeout_that_is_no_integer_has_the_wrong_type_and_no_other_fault(
    schemas: Schemas, seconds: JsonValue
) -> None:
    assert described(schemas.check(START, {"session_timeout_secs": seconds})) == [
        (
            "/session_timeout_secs",
            "10026",
            "Invalid parameter type",
            "The 'session_timeout_secs' parameter must be of type 'integer'",
        )
    ]


def test_an_unknown_track_is_answered_with_the_sorted_choice(schemas: Schemas) -> None:
    assert described(schemas.check(START, {"siprec_track": "both"})) == [
        (
            "/siprec_track",
            "10032",
            "Invalid enumerated value",
            "The value must be one of: both_tracks, inbound_track, outbound_track.",
        )
    ]


def test_a_wrong_type_is_not_also_a_bad_choice(schemas: Schemas) -> None:
    found = schemas.check(START, {"sip_transport": 5})
    assert [(violation.pointer, violation.code) for violation in found] == [("/sip_transport", "10026")]


@pytest.mark.parametrize("state", ["?", "abc", "YQ", "YQ=", "YQ==\n", "a b=", "====", "YQ--", "ÿÿÿÿ", "a==="])
def test_a_client_state_that_is_not_base64_has_its_own_code(schemas: Schemas, state: str) -> None:
    for name in (START, "request.siprec_stop"):
        assert described(schemas.check(name, {"client_state": state})) == [
            (
                "/client_state",
                "90017",
                "Invalid value for client_state",
                "The 'client_state' parameter must be a valid base64 string.",
            )
        ]


@given(st.binary())
def test_every_base64_text_is_a_client_state(data: bytes) -> None:
    schemas = Schemas(load_schemas())
    assert schemas.check("request.siprec_stop", {"client_state": base64.b64encode(data).decode()}) == ()


def test_a_connector_needs_host_port_and_name(schemas: Schemas) -> None:
    assert described(schemas.check(CONNECTOR, {})) == [
        (
            f"/{field}",
            "10004",
            "Missing required parameter",
            f"The '{field}' parameter is required and cannot be blank.",
        )
        for field in ("host", "name", "port")
    ]


@pytest.mark.parametrize("name", ["", " ", "\t\r\n "])
def test_a_blank_connector_name_counts_as_missing(schemas: Schemas, name: str) -> None:
    found = schemas.check(CONNECTOR, {**VALID[CONNECTOR], "name": name})
    assert [(violation.pointer, violation.code) for violation in found] == [("/name", "10004")]


@pytest.mark.parametrize("port", [0, 65536, -1])
def test_a_port_outside_of_1_to_65535_is_out_of_range(schemas: Schemas, port: int) -> None:
    found = schemas.check(CONNECTOR, {**VALID[CONNECTOR], "port": port})
    assert [(violation.code, violation.detail) for violation in found] == [
        ("10033", "The value is outside of allowed range 1 to 65535")
    ]


HOSTS = ["siprec.telnyx.com", "localhost", "srs_1", "10.0.0.1", "::1", "[2001:db8::1]", "example.com.", "1e.de"]
NO_HOSTS = [
    "",
    " ",
    "a b",
    "-a.de",
    "a-.de",
    "a..de",
    "256.1.1.1",
    "1.2.3",
    ":::",
    "[::1",
    "a" * 64,
    "sip:a@b",
    ".",
]


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_is_a_name_or_an_address(schemas: Schemas, host: str) -> None:
    assert schemas.check(CONNECTOR, {**VALID[CONNECTOR], "host": host}) == ()


@pytest.mark.parametrize("host", [*NO_HOSTS, "a." * 127 + "a", "a.de\n"])
def test_anything_else_is_no_host(schemas: Schemas, host: str) -> None:
    assert described(schemas.check(CONNECTOR, {**VALID[CONNECTOR], "host": host})) == [
        ("/host", "10015", "Bad Request", "The 'host' parameter must be a host name or an IP address.")
    ]


NO_URLS = [
    "",
    "/relative",
    "ftp://a.de",
    "http://",
    "http:a.de",
    "https://a b",
    "http://[x]/",
    "http://a:99999/",
    "a\n",
]


@pytest.mark.parametrize("url", [*NO_URLS, "https://a.de/" + "x" * 2000])
def test_a_status_callback_must_be_an_absolute_web_address(schemas: Schemas, url: str) -> None:
    found = schemas.check(TEXML_START, {"StatusCallback": url})
    assert [(violation.pointer, violation.code, violation.title) for violation in found] == [
        ("/StatusCallback", "10003", "Invalid URL")
    ]


def test_several_faults_give_several_violations_by_pointer(schemas: Schemas) -> None:
    body = {"siprec_track": "x", "secure": "yes", "client_state": "?", "session_timeout_secs": 1}
    assert [(violation.pointer, violation.code) for violation in schemas.check(START, body)] == [
        ("/client_state", "90017"),
        ("/secure", "10026"),
        ("/session_timeout_secs", "10033"),
        ("/siprec_track", "10032"),
    ]


@pytest.mark.parametrize("body", [[], "text", None, 1])
def test_a_body_that_is_no_object_is_refused_as_a_whole(schemas: Schemas, body: JsonValue) -> None:
    (found,) = schemas.check(START, body)
    assert (found.pointer, found.keyword, found.code) == ("", "type", "10026")


def test_violations_become_entries_of_an_error_document(schemas: Schemas) -> None:
    found = schemas.check(START, {"siprec_track": "x"})
    assert items(found) == (
        ErrorItem(
            code="10032",
            title="Invalid enumerated value",
            detail="The value must be one of: both_tracks, inbound_track, outbound_track.",
            pointer="/siprec_track",
        ),
    )
    assert items(schemas.check(START, []))[0].pointer is None


@pytest.mark.parametrize("value", ["\ud800", "a\udfff"])
def test_text_that_is_no_unicode_is_refused_also_where_the_explaining_check_finds_nothing(
    schemas: Schemas, value: str
) -> None:
    (found,) = schemas.check(CONNECTOR, {**VALID[CONNECTOR], "name": value})
    assert (found.pointer, found.code, found.detail) == ("", "10015", "The 'body' parameter must be valid.")


def test_an_unknown_schema_is_a_key_error(schemas: Schemas) -> None:
    with pytest.raises(KeyError, match=r"request\.nothing"):
        schemas.check("request.nothing", {})


def test_a_form_is_read_as_the_types_that_its_schema_declares(schemas: Schemas) -> None:
    fields = {
        "Secure": "true",
        "IncludeMetadataCustomHeaders": "false",
        "SessionTimeoutSecs": "90",
        "Name": "true",
    }
    read = schemas.coerce_form(TEXML_START, fields)
    assert read == {
        "Secure": True,
        "IncludeMetadataCustomHeaders": False,
        "SessionTimeoutSecs": 90,
        "Name": "true",
    }
    assert schemas.check(TEXML_START, read) == ()


@pytest.mark.parametrize("text", ["", "9o", "٣", "90 ", "1.5", "9" * 19, "0x5a"])
def test_form_text_that_is_no_integer_shows_as_a_wrong_type(schemas: Schemas, text: str) -> None:
    read = schemas.coerce_form(TEXML_START, {"SessionTimeoutSecs": text, "Secure": "yes", "Extra": "1"})
    assert read == {"SessionTimeoutSecs": text, "Secure": "yes", "Extra": "1"}
    found = schemas.check(TEXML_START, read)
    assert [(violation.pointer, violation.code) for violation in found] == [
        ("/Secure", "10026"),
        ("/SessionTimeoutSecs", "10026"),
    ]


# --- words for keywords that the request schemas do not use, but a schema may ---


@pytest.mark.parametrize(
    ("schema", "value", "code", "detail"),
    [
        ({"minLength": 2, "type": "string"}, "a", "10025", "The 'x' parameter must have 2 to any characters."),
        ({"const": 5}, 6, "10032", "The value must be one of: 5."),
        ({"minimum": 1}, 0, "10033", "The value is outside of allowed range 1 to any"),
        ({"maxItems": 0}, [1], "10015", "The 'x' parameter must be valid."),
        ({"pattern": "^a"}, "b", "10015", "The 'x' parameter must be valid."),
        ({"type": ["string", "null"]}, 1, "10026", "The 'x' parameter must be of type 'string or null'"),
        ({"anyOf": [{"type": "null"}, {"enum": ["a"]}]}, 1, "10032", "The value must be one of: a."),
        ({"anyOf": [{"type": "null"}, {"anyOf": [{"const": 1}, {"maximum": 2}]}]}, 3, "10033", None),
    ],
)
def test_each_keyword_has_its_code(schema: JsonValue, value: JsonValue, code: str, detail: str | None) -> None:
    schemas = Schemas({"one.schema.json": {"type": "object", "properties": {"x": schema}}})
    (found,) = schemas.check("one", {"x": value})
    assert (found.pointer, found.code) == ("/x", code)
    assert detail is None or found.detail == detail


def test_a_property_name_that_begins_like_another_is_not_mistaken_for_it() -> None:
    schemas = Schemas({"one.schema.json": {"required": ["it's", "it", 'say "it"']}})
    assert [found.pointer for found in schemas.check("one", {})] == ["/it", "/it's", '/say "it"']


def test_a_nested_field_is_pointed_at_where_it_stands() -> None:
    inner = {"properties": {"a/b": {"items": {"type": "integer"}}}}
    schemas = Schemas({"one.schema.json": {"properties": {"x": inner}}})
    found = schemas.check("one", {"x": {"a/b": [1, "2"]}})
    assert [(violation.pointer, violation.code) for violation in found] == [("/x/a~1b/1", "10026")]


def test_what_may_not_be_there_at_all_is_refused_without_a_sharper_code() -> None:
    schemas = Schemas({"one.schema.json": {"properties": {"x": {"properties": {"none": False}}}}})
    assert [found.code for found in schemas.check("one", {"x": {"none": 1}})] == ["10015"]


# --- the two validators never disagree ---

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(10**40), max_value=10**40)
    | st.floats(allow_nan=False)
    | st.sampled_from([0, 0.0, -0.0, 89, 90, 90.0, 14440, 14441, 65535, 1e300])
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(
        ["YQ==", "YQ==\n", "\n", "\u2028", "\ufeff", "\x1c", "stopped\n", "udp", "udp ", "GET", "::1"]
    )
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def reference_validator(name: str) -> Any:
    """``jsonschema`` on the file as it stands, references and all: not the flattened form that explains."""
    documents = load_schemas()
    checker = FormatChecker(formats=())
    checker.checkers = {key: (known.holds, ()) for key, known in FORMATS.items()}
    registry: Registry[Any] = Registry().with_resources(
        (document["$id"], DRAFT202012.create_resource(document)) for document in documents.values()
    )
    return Draft202012Validator(documents[f"{name}.schema.json"], registry=registry, format_checker=checker)


REFERENCE = {name: reference_validator(name) for name in REQUESTS}
COMPILED = Schemas(load_schemas())


def nested(depth: int) -> JsonValue:
    value: JsonValue = 1
    for _ in range(depth):
        value = [value]
    return value


@st.composite
def mutated_bodies(draw: st.DrawFn) -> tuple[str, JsonValue]:
    """A valid body with some fields replaced, dropped or added."""
    name = draw(st.sampled_from(REQUESTS))
    body = dict(VALID[name])
    for field in draw(st.lists(st.sampled_from(sorted(body)), unique=True)):
        if draw(st.booleans()):
            del body[field]
        else:
            body[field] = draw(JSON | st.just(nested(300)))
    return name, {**body, **draw(st.dictionaries(st.text(max_size=5), JSON, max_size=2))}


def agree(name: str, value: JsonValue) -> None:
    accepted = REFERENCE[name].is_valid(value)
    found = COMPILED.check(name, value)
    assert (found == ()) == accepted
    assert all(violation.keyword for violation in found), "the explaining check found nothing to explain"


@settings(max_examples=300, deadline=None)
@given(mutated_bodies())
def test_the_two_validators_agree_on_altered_bodies(case: tuple[str, JsonValue]) -> None:
    agree(*case)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(REQUESTS), JSON)
def test_the_two_validators_agree_on_any_json_document(name: str, value: JsonValue) -> None:
    agree(name, value)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_the_two_validators_agree_on_any_value_of_any_field(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(REQUESTS))
    field = data.draw(st.sampled_from(sorted(VALID[name])))
    agree(name, {**VALID[name], field: data.draw(SCALARS)})


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("=+/A:.[]@%\n")))
def test_no_text_makes_a_format_raise(text: str) -> None:
    assert all(known.holds(text) in {True, False} for known in FORMATS.values())


def test_the_two_validators_agree_on_deep_nesting() -> None:
    agree(START, {"unknown": nested(900)})
    agree(START, {"siprec_track": nested(900)})
