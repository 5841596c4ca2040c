"""What the language has and this version doesn't execute: refused by name, never ignored.

Owns the table. A version that executes a row deletes it here and builds it in ``steps.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from emulator.core.models import JsonValue


class Later(NamedTuple):
    """One row.

    Attributes:
        construct: Where in the language: the name by which a loader asks.
        key: The key that asks for it.
        name: What the refusal calls it.
    """

    construct: str
    key: str
    name: str


LATER: tuple[Later, ...] = (
    Later("step", "dial", "dial"),
    Later("condition", "srs", "wait_for.srs"),
)


def not_yet(construct: str, mapping: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    """What ``mapping`` asks for that this version doesn't execute.

    Args:
        construct: ``step`` or ``condition``.
        mapping: As written.

    Yields:
        The key that asks, and the sentence that refuses it.
    """
    for row in LATER:
        if row.construct == construct and row.key in mapping:
            yield row.key, f"'{row.name}' is part of the language but not executed by this version"
