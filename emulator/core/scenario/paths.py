"""Which template paths there are: what ``${...}`` in a scenario may name.

Owns the table and its complaints. Must not look anything up: ``template.py`` does, in a context with these names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.scenario.model import Plays
from emulator.core.scenario.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection

    from emulator.core.template import Lookup

LEAVES: tuple[str, ...] = (
    "call.id",
    "call.control_id",
    "call.leg_id",
    "call.session_id",
    "call.connection_id",
    "call.client_state",
    "call.direction",
    "call.from",
    "call.to",
    "session.id",
    "session.connector_name",
    "session.track",
    "session.scenario",
    "srs.cause",
    "srs.status",
    "srs.reason",
    "event.id",
    "uuid",
    "seq",
    "now",
)
"""Paths to one value each. ``call.id`` and ``call.control_id`` are the same."""

TREES: tuple[str, ...] = ("request.body", "request.headers")
"""Paths below which the request decides what there is; header names are lower case."""

_TREE_DEPTH = 2
_OF_RECORDINGS = {"session.": "a call has no session", "srs.": "a call has no recording server"}
"""Beginnings of paths that calls don't have, and why."""


def complaint(lookup: Lookup, variables: Collection[str], plays: Plays = Plays.RECORDING) -> str | None:
    """Why a path can't exist.

    Args:
        lookup: As parsed.
        variables: The names that the scenario's ``vars`` declares.
        plays: What the scenario is for.

    Returns:
        One sentence with what was probably meant, or None where nothing is wrong.
    """
    path = ".".join(lookup.path)
    if lookup.path[0] == "vars":
        return _variable(path.removeprefix("vars").removeprefix("."), variables)
    if ".".join(lookup.path[:_TREE_DEPTH]) in TREES:
        return _header(path) if lookup.path[1] == "headers" else None
    lacks = next((why for start, why in _OF_RECORDINGS.items() if path.startswith(start)), None)
    if lacks and plays is not Plays.RECORDING:
        return f"'${{{path}}}' is there in recordings alone: {lacks}"
    if path in LEAVES:
        return None
    hint = did_you_mean(path, [*LEAVES, *TREES, *(f"vars.{name}" for name in variables)])
    known = f"; there are {', '.join(LEAVES)}, request.body.x, request.headers.x and vars.x"
    return f"'${{{path}}}' names nothing{hint or known}"


def _variable(name: str, variables: Collection[str]) -> str | None:
    if name in variables:
        return None
    hint = did_you_mean(name, variables)
    declared = f"; declared are: {', '.join(variables)}" if variables else "; this scenario declares none"
    return f"'vars.{name}' is not declared under vars{hint or declared}"


def _header(path: str) -> str | None:
    if path == path.lower():
        return None
    return f"header names are lower case in templates; did you mean '{path.lower()}'?"
