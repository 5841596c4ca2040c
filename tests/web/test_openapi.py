"""The document at /_emulator/openapi.json: valid, self-contained and complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31

from emulator.core.models import EventType
from emulator.resources import load_schemas
from emulator.web import routes
from emulator.web.openapi.components import components
from emulator.web.openapi.control import OPERATIONS as CONTROL
from emulator.web.openapi.shapes import SHAPES
from emulator.web.openapi.shapes_of_outlook import SHAPES_OF_OUTLOOK
from emulator.web.openapi.shapes_of_questions import SHAPES_OF_QUESTIONS
from emulator.web.openapi.shapes_of_settings import SHAPES_OF_SETTINGS
from emulator.web.openapi.shapes_of_wire import SHAPES_OF_WIRE
from emulator.web.openapi.telnyx import OPERATIONS as TELNYX
from tests.web.described import DOCUMENT, operations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.core.models import JsonValue
    from emulator.web.server import Server


def references(node: JsonValue) -> Iterator[str]:
    """Every ``$ref`` below a node."""
    if isinstance(node, list):
        for one in node:
            yield from references(one)
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)


def bare(path: str) -> tuple[str, ...]:
    """A path as the routing tables write it: its segments, ``{}`` for a parameter."""
    return tuple("{}" if one.startswith("{") else one for one in path.removeprefix("/").split("/"))


# --- the document ---


def test_it_is_openapi_3_1() -> None:
    """The specification's own schema accepts it."""
    assert DOCUMENT["openapi"].startswith("3.1")
    errors = Draft202012Validator(OPENAPI_31).iter_errors(DOCUMENT)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_each_component_is_a_schema_of_its_own_name(name: str) -> None:
    """Schemas stand by JSON Schema 2020-12, and nothing in them moves the base of references."""
    schema = DOCUMENT["components"]["schemas"][name]
    Draft202012Validator.check_schema(schema)
    assert "$id" not in schema
    assert "$defs" not in schema


def test_it_refers_to_nothing_outside_itself() -> None:
    """Each reference names a component that is there."""
    found = set(references(DOCUMENT))
    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert found
    assert found <= known


def test_no_shape_of_an_answer_hides_a_schema_file() -> None:
    """Both have names that begin with the file's, such as control.clock."""
    parts = (SHAPES, SHAPES_OF_SETTINGS, SHAPES_OF_QUESTIONS, SHAPES_OF_OUTLOOK, SHAPES_OF_WIRE)
    answers = {name: shape for part in parts for name, shape in part.items()}
    assert len(answers) == sum(map(len, parts))
    assert components(load_schemas()).keys() & answers.keys() == set()


def test_operations_have_names_of_their_own() -> None:
    """Generators name functions by operationId."""
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names))


def test_parameters_of_paths_are_those_that_the_path_names() -> None:
    """OpenAPI 3.1.1 section 4.8.12: each template expression has its parameter."""
    for path, _, operation in operations():
        named = [part.partition("}")[0] for part in path.split("{")[1:]]
        assert [one["name"] for one in operation["parameters"] if one["in"] == "path"] == named


def test_telnyx_routes_are_described_and_no_others() -> None:
    """The table stands against the routing, path by path and method by method."""
    described: dict[tuple[str, ...], dict[str, object]] = {}
    for route, operation in TELNYX.items():
        path = bare(operation.path.replace("}.json", "}"))
        described.setdefault(path, {})[operation.method.upper()] = route
    assert described == routes._OPERATIONS  # noqa: SLF001 - the table itself is what the other is held against


def test_control_routes_are_described_and_no_others(server: Server) -> None:
    """The table stands against the routing, path by path and method by method."""
    answered = server._control._routes  # noqa: SLF001 - the table itself is what the other is held against
    described = {bare(path): {method.upper() for method in methods} for path, methods in CONTROL.items()}
    assert described == {path: set(methods) for path, methods in answered.items()}


def test_each_event_is_described_as_a_webhook() -> None:
    """The app's side can be generated too; TeXML's callback comes by both methods."""
    assert set(DOCUMENT["webhooks"]) == {*map(str, EventType), "texml.siprec"}
    assert set(DOCUMENT["webhooks"]["texml.siprec"]) == {"get", "post"}
