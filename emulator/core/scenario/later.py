"""What the language has and this version doesn't execute: refused by name, never ignored.

Owns the table. A version that executes a row deletes it here and builds it in ``respond.py`` or ``steps.py``.
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
        value: The one value that asks for it; None: any.
    """

    construct: str
    key: str
    name: str
    value: JsonValue = None


LATER: tuple[Later, ...] = (
    Later("respond", "fault", "respond.fault"),
    Later("respond", "sequence", "respond.sequence"),
    Later("respond", "session", "respond.session"),
    Later("duration", "uniform", "a uniform distribution"),
    Later("duration", "lognormal", "a lognormal distribution"),
    Later("step", "deliver", "deliver"),
    Later("step", "sign", "sign"),
    Later("step", "dial", "dial"),
    Later("step", "hangup", "hangup"),
    Later("condition", "srs", "wait_for.srs"),
    Later("delivery", "order", "delivery.order: per_session", "per_session"),
    Later("delivery", "concurrency", "delivery.concurrency"),
)


def not_yet(construct: str, mapping: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    """What ``mapping`` asks for that this version doesn't execute.

    Args:
        construct: ``respond``, ``duration``, ``step``, ``condition`` or ``delivery``.
        mapping: As written.

    Yields:
        The key that asks, and the sentence that refuses it.
    """
    for row in LATER:
        if row.construct != construct or row.key not in mapping:
            continue
        if row.value is None or mapping[row.key] == row.value:
            yield row.key, f"'{row.name}' is part of the language but not executed by this version"
