"""What a peer's metadata or description does against the RFCs, as values.

Owns the shape of one finding. Must not find any: ``schema.py`` and ``checking.py`` do.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """How much it matters."""

    MUST = "must"
    """The RFC or its schema forbids it."""

    SHOULD = "should"
    """A server can do with it, and will know less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that is not as it has to be.

    Attributes:
        rfc: The RFC's number.
        section: Within it.
        sentence: What is wrong, in words, with a full stop.
    """

    weight: Weight
    rfc: int
    section: str
    sentence: str

    def __str__(self) -> str:
        """On one line."""
        return f"RFC {self.rfc} section {self.section}: {self.sentence}"
