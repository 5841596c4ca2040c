"""A JSON body against one definition of a schema file, and the refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.core.bodies import Bodies, refuse
from emulator.core.errors import ControlError, Problem
from emulator.resources import load_schemas

if TYPE_CHECKING:
    from emulator.core.models import JsonValue

FILE = "made-up.schema.json"
LANGUAGE: dict[str, Any] = {
    "scenario.schema.json": {
        "$defs": {
            "event": {"enum": ["siprec.started"]},
            "events": {"type": "array", "items": {"$ref": "#/$defs/event"}},
        }
    },
    FILE: {
        "$defs": {
            "event": {
                "type": "object",
                "additionalProperties": False,
                "minProperties": 1,
                "properties": {
                    "type": {"$ref": "scenario.schema.json#/$defs/event"},
                    "all": {"$ref": "scenario.schema.json#/$defs/events"},
                    "inner": {"$ref": "#/$defs/event"},
                    "kinds": {"oneOf": [{"const": 1}, {"const": 2}]},
                },
            }
        }
    },
}
"""Both files define an event: references must not take one for the other."""


def refusal(document: JsonValue, root: str = "") -> str | None:
    """The pointer of what is said to a wrong body."""
    with pytest.raises(ControlError) as caught:
        Bodies(LANGUAGE, FILE).read("event", document, root)
    assert caught.value.status == 422
    [item] = caught.value.items
    assert item.detail
    return item.pointer


@pytest.mark.parametrize(
    "document",
    [
        {"type": "siprec.started"},
        {"all": ["siprec.started"]},
        {"inner": {"inner": {"type": "siprec.started"}}},
        {"kinds": 2},
    ],
)
def test_a_right_body_is_given_back(document: JsonValue) -> None:
    assert Bodies(LANGUAGE, FILE).read("event", document).value == document


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"type": "siprec.begun"}, "/type"),
        ({"type": {"type": "siprec.started"}}, "/type"),
        ({"all": ["siprec.started", {}]}, "/all/1"),
        ({"inner": {"colour": "red"}}, "/inner/colour"),
        ({"kinds": 3}, "/kinds"),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_wrong_body_is_refused_at_its_place(document: JsonValue, pointer: str | None) -> None:
    """The whole body has no pointer."""
    assert refusal(document) == pointer


def test_the_place_is_one_in_the_larger_body() -> None:
    assert refusal({"colour": "red"}, "/outer") == "/outer/colour"
    assert refusal([], "/outer") == "/outer"


def test_a_definition_is_compiled_once() -> None:
    bodies = Bodies(LANGUAGE, FILE)
    bodies.read("event", {"kinds": 1})
    [compiled] = bodies._grammars.values()  # noqa: SLF001 - that it is kept is what is tested
    bodies.read("event", {"kinds": 2})
    assert list(bodies._grammars.values()) == [compiled]  # noqa: SLF001 - as above


def test_what_has_a_place_is_told_first() -> None:
    """An unknown key tells more than one that is therefore missing."""
    whole = Problem(file="", line=0, column=0, message="'a' is missing")
    placed = Problem(file="/b", line=0, column=0, message="'b' is unknown")
    with pytest.raises(ControlError, match="unknown"):
        refuse([whole, placed])
    refuse([])


@pytest.mark.parametrize("file", ["control.schema.json", "query.schema.json"])
def test_every_definition_of_the_control_api_compiles(file: str) -> None:
    """Nothing is a list of everything, whatever the definition."""
    schemas = load_schemas()
    bodies = Bodies(schemas, file)
    for name in schemas[file]["$defs"]:
        with pytest.raises(ControlError):
            bodies.read(name, {"colour": [None]})
