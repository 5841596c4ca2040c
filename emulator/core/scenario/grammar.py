"""The structure of a language against its JSON Schema: a document in, problems with places out.

Owns the two checkers made of one schema: a compiled one that says yes or no, and, only where it says no, the one
that can say why. Scenarios and the configuration file both use it. Must not know what the keys mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema_rs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.errors import Problem
    from emulator.core.models import JsonValue
    from emulator.core.scenario.draft import Located


class Grammar:
    """One language, compiled once."""

    def __init__(self, schema: Mapping[str, JsonValue]) -> None:
        """Compile the schema.

        Args:
            schema: JSON Schema 2020-12, complete in itself. ``errorMessage`` in it, which editors know too,
                replaces the words for a violation beside it.
        """
        self._schema = schema
        self._compiled = jsonschema_rs.Draft202012Validator(dict(schema))

    def check(self, document: Located) -> tuple[Problem, ...]:
        """What is wrong with the document's structure.

        Args:
            document: As ``read_yaml`` returned it, or a ``PlainDocument``.

        Returns:
            Every violation at its place, in the order of the file; empty when there is none.
        """
        if self._compiled.is_valid(document.value):
            return ()
        # Imported here because explaining costs 50 ms to load, and a server's files are usually right.
        from emulator.core.scenario.explain import explain  # noqa: PLC0415 - see above

        found = explain(self._schema, document)
        if found:
            return found
        # The two differ on a line break at the end of a text, which Python's $ lets through.
        error = next(iter(self._compiled.iter_errors(document.value)))
        return (document.at(tuple(error.instance_path), error.message.replace("\n", "\\n")),)
