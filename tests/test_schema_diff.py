"""Our schemas beside an OpenAPI document: every kind of difference is named, in both directions."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from emulator.core.errors import ConfigError
from emulator.resources import expected_differences, load_schemas
from emulator.schema_diff import compare, diff, load_yaml, read_expected
from emulator.schema_diff.coverage import OPERATIONS
from emulator.schema_diff.shape import Field, fields

OPENAPI = Path(__file__).resolve().parents[2] / "shared" / "spec" / "telnyx-openapi-siprec.yml"
STOP_PATH = "/calls/{call_control_id}/actions/siprec_stop"
THERE = "in Telnyx's document"

# A stand-in for Telnyx's document: one operation, word for word what our schemas for it say.
OURS: dict[str, Any] = {
    "request.siprec_stop.schema.json": {
        "$id": "https://x.test/stop.json",
        "type": "object",
        "properties": {
            "client_state": {"$ref": "common.json#/$defs/text"},
            "secure": {"type": "boolean"},
            "mode": {"type": "string", "enum": ["a", "b"], "default": "a"},
            "inner": {"allOf": [{"$ref": "common.json#/$defs/inner"}], "required": ["id"]},
            "list": {"type": "array", "items": {"type": "integer"}},
        },
    },
    "common.schema.json": {
        "$id": "https://x.test/common.json",
        "$defs": {
            "text": {"type": "string"},
            "inner": {"type": "object", "properties": {"id": {"$ref": "#/$defs/text"}}},
        },
    },
    "response.command_result.schema.json": {"$id": "https://x.test/result.json", "type": "object"},
    "error.call_control.schema.json": {"$id": "https://x.test/error.json", "type": "object"},
}


def document() -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": {"type": "object"}}}}
    request = {
        "properties": {
            "client_state": {"$ref": "#/components/schemas/Text"},
            "secure": {"type": "boolean", "enum": [True, False]},
            "mode": {"type": "string", "enum": ["b", "a"], "default": "a"},
            "inner": {
                "allOf": [
                    {"properties": {"id": {"$ref": "#/components/schemas/Text"}}, "required": ["id"]},
                    {"type": "object"},
                ]
            },
            "list": {"items": {"type": "integer"}},
        }
    }
    operation = {
        "operationId": "StopSiprecSession",
        "requestBody": {"$ref": "#/components/requestBodies/Stop"},
        "responses": {"200": body, "422": {"$ref": "#/components/responses/Bad"}, "default": body},
    }
    return {
        "openapi": "3.1.0",
        "paths": {STOP_PATH: {"post": operation}},
        "components": {
            "schemas": {"Text": {"type": "string"}, "Stop": request},
            "requestBodies": {
                "Stop": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Stop"}}}}
            },
            "responses": {"Bad": body},
        },
    }


def stop_lines(openapi: dict[str, Any], ours: dict[str, Any] = OURS) -> list[str]:
    """The differences of the one operation that the documents here have."""
    return [found.line for found in compare(openapi, ours) if ": not in Telnyx's document" not in found.line]


def test_the_same_said_by_reference_allof_and_inference_does_not_differ() -> None:
    assert stop_lines(document()) == []


@pytest.mark.parametrize(
    ("field", "theirs", "lines"),
    [
        ("new", {"type": "object", "properties": {"a": {}}}, [f"/new: field only {THERE}"]),
        ("secure", None, ["/secure: field only here"]),
        ("inner", None, ["/inner: field only here"]),
        ("client_state", {"type": "integer"}, [f"/client_state: type string here, integer {THERE}"]),
        (
            "client_state",
            {"type": ["string", "null"]},
            [f"/client_state: type string here, null or string {THERE}"],
        ),
        ("client_state", {}, [f"/client_state: type string here, any {THERE}"]),
        (
            "client_state",
            {"anyOf": [{"$ref": "#/components/schemas/Text"}, {"type": "null"}]},
            [f"/client_state: type string here, null or string {THERE}"],
        ),
        ("list", {"type": "array", "items": {"type": "number"}}, [f"/list/*: type integer here, number {THERE}"]),
        (
            "mode",
            {"type": "string", "enum": ["b", "c"], "default": "a"},
            ['/mode: enum value "a" only here', f'/mode: enum value "c" only {THERE}'],
        ),
        (
            "mode",
            {"type": "string", "enum": ["a", "b"], "default": "b"},
            [f'/mode: default "a" here, "b" {THERE}'],
        ),
        ("mode", {"type": "string", "enum": ["a", "b"]}, [f'/mode: default "a" here, none {THERE}']),
        ("secure", {"type": "boolean", "default": False}, [f"/secure: default none here, false {THERE}"]),
        ("secure", {"type": "boolean", "const": True}, [f"/secure: enum value true only {THERE}"]),
        (
            "inner",
            {"type": "object", "properties": {"id": {"type": "string"}}},
            ["/inner/id: required only here"],
        ),
    ],
)
def test_each_kind_of_difference_is_named(field: str, theirs: dict[str, Any] | None, lines: list[str]) -> None:
    openapi = document()
    properties = openapi["components"]["schemas"]["Stop"]["properties"]
    properties.pop(field, None)
    if theirs is not None:
        properties[field] = theirs
    assert stop_lines(openapi) == [f"request.siprec_stop {line}" for line in lines]


def test_a_field_that_only_telnyx_requires_is_named() -> None:
    openapi = document()
    openapi["components"]["schemas"]["Stop"]["required"] = ["client_state"]
    assert stop_lines(openapi) == [f"request.siprec_stop /client_state: required only {THERE}"]


def test_a_type_that_differs_for_the_whole_body_is_named() -> None:
    openapi = document()
    openapi["components"]["responses"]["Bad"] = {"content": {"application/json": {"schema": {"type": "array"}}}}
    assert stop_lines(openapi) == [f"error.call_control /: type object here, array {THERE}"]


def test_a_missing_operation_is_a_difference_by_name() -> None:
    lines = [found.line for found in compare({"paths": {}}, load_schemas())]
    assert f"StartSiprecSession: not in Telnyx's document (POST {STOP_PATH[:-4]}start)" in lines
    assert "CallSiprecFailed: not in Telnyx's document (POST callSiprecFailed)" in lines
    assert len(lines) == len(OPERATIONS)


def test_a_document_that_has_nothing_is_compared_all_the_same() -> None:
    assert len(compare({}, load_schemas())) == len(OPERATIONS)
    assert len(compare({"paths": None, "webhooks": []}, load_schemas())) == len(OPERATIONS)


def test_siprec_operations_that_are_not_covered_are_named() -> None:
    openapi = document()
    openapi["paths"]["/siprec_connectors"] = {"get": {}, "parameters": []}
    openapi["paths"]["/conferences"] = {"post": {}}
    openapi["webhooks"] = {"callSiprecPaused": {"post": {}}}
    assert stop_lines(openapi) == [
        f"GET /siprec_connectors: only {THERE}",
        f"POST callSiprecPaused: only {THERE}",
    ]


def test_answers_that_one_side_lacks_are_named() -> None:
    openapi = document()
    responses = openapi["paths"][STOP_PATH]["post"]["responses"]
    responses["429"] = responses.pop("422")
    assert stop_lines(openapi) == [
        "StopSiprecSession response 422: only here",
        f"StopSiprecSession response 429: only {THERE}",
    ]


def test_bodies_that_one_side_lacks_are_named() -> None:
    openapi = document()
    del openapi["components"]["requestBodies"]["Stop"]["content"]
    body: dict[str, Any] = {"content": {"application/json": {"schema": {}}}}
    openapi["webhooks"] = {"callSiprecStarted": {"post": {"requestBody": body, "responses": {"200": body}}}}
    webhook = {"webhook.siprec_started.schema.json": {"$id": "https://x.test/started.json"}}
    assert stop_lines(openapi, {**OURS, **webhook}) == [
        "StopSiprecSession request: a body of application/json only here",
        f"CallSiprecStarted response 200: a body of application/json only {THERE}",
    ]
    del openapi["paths"][STOP_PATH]["post"]["requestBody"]
    assert stop_lines(openapi, {**OURS, **webhook})[0] == (
        "StopSiprecSession request: a body of application/json only here"
    )


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/components/schemas/None"},
        {"$ref": "elsewhere.yml#/a"},
        {"$ref": "#/components/schemas/Stop"},
        {"allOf": [{"$ref": "#/components/schemas/Stop"}]},
        {"properties": {"a": {"$ref": "#/components/schemas/Stop"}}},
    ],
)
def test_a_reference_that_leads_nowhere_or_in_a_circle_is_a_difference_and_no_traceback(
    schema: dict[str, Any],
) -> None:
    openapi = document()
    openapi["components"]["schemas"]["Stop"] = schema
    (line,) = stop_lines(openapi)
    assert line.startswith("StopSiprecSession request: can't be read, ")


def test_a_difference_that_shows_in_several_answers_comes_once_with_its_places() -> None:
    openapi = document()
    body = {"content": {"application/json": {"schema": {"type": "array"}}}}
    openapi["paths"][STOP_PATH]["post"]["responses"] |= {"422": body, "default": body}
    found = [found for found in compare(openapi, OURS) if "error" in found.line]
    assert [difference.places for difference in found] == [
        ("StopSiprecSession response 422", "StopSiprecSession response default")
    ]


def test_every_value_is_allowed_where_a_schema_is_true() -> None:
    assert fields({"properties": {"a": True}, "items": True}, {}, "") == {
        "": Field(types=frozenset({"object"})),
        "/a": Field(),
        "/*": Field(),
    }


# --- the report ---


def test_the_report_tells_what_is_meant_from_what_is_not_and_from_what_is_gone() -> None:
    openapi = document()
    stop = openapi["components"]["schemas"]["Stop"]
    stop["properties"]["new"] = {}
    stop["required"] = ["mode"]
    others = {found.line: "not in this test" for found in compare(document(), OURS)}
    meant = f"request.siprec_stop /new: field only {THERE}"
    report = diff(openapi, OURS, {**others, meant: "because", "gone": "once"})
    assert [found.line for found in report.unexpected] == [f"request.siprec_stop /mode: required only {THERE}"]
    assert report.stale == ("gone",)
    assert (meant, "because") in [(found.line, reason) for found, reason in report.meant]
    assert not report.clean
    assert report.lines() == (
        f"unexpected: request.siprec_stop /mode: required only {THERE}  [StopSiprecSession request]",
        "no longer so: gone",
        f"1 unexpected, 1 no longer so, {len(OPERATIONS)} as listed",
    )


def test_a_report_is_clean_only_when_nothing_is_unexpected_and_nothing_stale() -> None:
    listed = {found.line: "meant" for found in compare(document(), OURS)}
    assert diff(document(), OURS, listed).clean
    assert not diff(document(), OURS, {**listed, "gone": "once"}).clean
    assert not diff(document(), OURS, {}).clean


def test_the_list_of_meant_differences_gives_each_line_its_reason() -> None:
    text = "- reason: >-\n    One\n    reason.\n  differences: ['a: b', c]\n"
    assert read_expected(text) == {"a: b": "One reason.", "c": "One reason."}
    assert read_expected("[]") == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{}", "differences.yaml:1:1: must be a list"),
        ("- a", "entry 1 needs"),
        ("- {reason: x}", "entry 1 needs"),
        ("- {reason: x, differences: a}", "entry 1 needs"),
        ("- {reason: x, differences: [a], more: 1}", "entry 1 needs"),
        ("- {reason: x, differences: [a, a]}", "lists again: a"),
        ("- {reason: [1}", "differences.yaml:1:14: is not YAML"),
    ],
)
def test_a_list_of_another_form_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        read_expected(text)


def test_a_document_is_read_from_yaml_and_from_json(tmp_path: Path) -> None:
    for text in ("openapi: 3.1.0\n", '{"openapi": "3.1.0"}'):
        file = tmp_path / "openapi"
        file.write_text(text, encoding="utf-8")
        assert load_yaml(file) == {"openapi": "3.1.0"}


@pytest.mark.parametrize("content", [b"- a", b"", b"a: [", b"\xff", b"a: \x00"])
def test_what_is_no_openapi_document_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "openapi.yml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"openapi\.yml"):
        load_yaml(file)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yml"):
        load_yaml(tmp_path / "none.yml")


# --- Telnyx's own document ---


@pytest.mark.skipif(not OPENAPI.exists(), reason=f"Telnyx's OpenAPI document is not at {OPENAPI}")
def test_our_schemas_differ_from_telnyxs_document_only_as_listed() -> None:
    report = diff(load_yaml(OPENAPI), load_schemas(), read_expected(expected_differences()))
    assert report.clean, "\n".join(report.lines())


@pytest.mark.skipif(not OPENAPI.exists(), reason=f"Telnyx's OpenAPI document is not at {OPENAPI}")
def test_a_change_of_telnyxs_document_shows() -> None:
    openapi = copy.deepcopy(load_yaml(OPENAPI))
    start = openapi["components"]["schemas"]["StartSiprecRequest"]["properties"]
    start["siprec_track"]["enum"].append("mixed_track")
    start["sip_transport"]["default"] = "tcp"
    del openapi["paths"]["/siprec_connectors/{connector_name}"]["put"]
    report = diff(openapi, load_schemas(), read_expected(expected_differences()))
    assert [found.line for found in report.unexpected] == [
        f'request.siprec_start /sip_transport: default "udp" here, "tcp" {THERE}',
        f'request.siprec_start /siprec_track: enum value "mixed_track" only {THERE}',
        f"updateSiprecConnector: not {THERE} (PUT /siprec_connectors/{{connector_name}})",
    ]
