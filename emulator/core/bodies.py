"""The structure of the control API's bodies: a JSON document against one definition of a schema file.

Owns how a definition becomes a schema complete in itself, and the refusal. Must not know what a body means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.errors import ControlError
from emulator.core.scenario.grammar import Grammar
from emulator.core.scenario.plain import PlainDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from emulator.core.errors import Problem
    from emulator.core.models import JsonValue

_SCENARIO_FILE = "scenario.schema.json"
_DEFINITIONS = "#/$defs/"

_OF_SCENARIOS = "scenario."
"""Before the names of the scenario language's definitions: a body may have a name that is one of them."""


class Bodies:
    """The bodies that one schema file defines, each compiled when it is first met."""

    def __init__(self, schemas: Mapping[str, JsonValue], file: str) -> None:
        """Know the file.

        Args:
            schemas: File name to document; definitions may refer to those of the scenario language.
            file: Whose ``$defs`` are the bodies.
        """
        language = schemas[_SCENARIO_FILE]["$defs"]
        self._definitions = {
            **{_OF_SCENARIOS + name: _within_itself(one, _OF_SCENARIOS) for name, one in language.items()},
            **_within_itself(schemas[file]["$defs"]),
        }
        self._grammars: dict[str, Grammar] = {}

    def read(self, name: str, document: JsonValue, root: str = "") -> PlainDocument:
        """Check a body's structure.

        Args:
            name: Of its definition.
            document: The decoded body.
            root: Its pointer, where it is a part of a larger body.

        Raises:
            ControlError: 422, with the pointer of what is wrong.
        """
        grammar = self._grammars.get(name)
        if grammar is None:
            grammar = Grammar({**self._definitions[name], "$defs": self._definitions})
            self._grammars[name] = grammar
        read = PlainDocument(value=document, root=root)
        refuse(grammar.check(read))
        return read


def refuse(problems: Iterable[Problem]) -> None:
    """Refuse a body for the first thing that is wrong with it, if anything is.

    Raises:
        ControlError: 422, with the pointer of what is wrong.
    """
    found = tuple(problems)
    if found:
        raise refusal(found)


def refusal(problems: Sequence[Problem]) -> ControlError:
    """The refusal of a body for the first thing that is wrong with it.

    An unknown key tells more than one that is therefore missing, so what has a place comes first.

    Args:
        problems: At least one; ``file`` is its pointer, empty for the whole body.
    """
    told = min(problems, key=lambda problem: not problem.file)
    return ControlError(422, told.message, pointer=told.file or None)


def _within_itself(schema: JsonValue, own: str = "") -> JsonValue:
    """A copy whose references point into one document that holds the definitions of both files.

    Args:
        schema: A definition, or several.
        own: What stands there before the names of its own file's.
    """
    if isinstance(schema, list):
        return [_within_itself(one, own) for one in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: _within_itself(value, own) for key, value in schema.items()}
    if isinstance(copy.get("$ref"), str):
        file, _, name = copy["$ref"].partition(_DEFINITIONS)
        copy["$ref"] = f"{_DEFINITIONS}{_OF_SCENARIOS if file else own}{name}"
    return copy
