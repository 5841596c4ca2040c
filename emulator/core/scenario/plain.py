"""A document that came as JSON: its places are JSON pointers, since nobody numbers the lines of a request's body.

Owns the complaints' form. Must not check anything: ``grammar.py`` and the loaders do, as for a YAML file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.errors import Problem
from emulator.core.references import pointer_to

if TYPE_CHECKING:
    from emulator.core.models import JsonValue
    from emulator.core.yaml_reader import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainDocument:
    """A decoded JSON document.

    Attributes:
        value: None, bool, int, float, str, list and dict.
        root: The pointer of the document within a larger one.
    """

    value: JsonValue
    root: str = ""

    def at(self, path: Path, message: str) -> Problem:
        """A complaint whose ``file`` is the pointer of the value at ``path`` (RFC 6901)."""
        return Problem(file=self.root + pointer_to(path), line=0, column=0, message=message)

    at_key = at
