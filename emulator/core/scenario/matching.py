"""Loads ``match``: when a scenario offers itself.

Must not compare anything: ``selection.py`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.scenario.model import Match, Matcher, MatchKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.models import JsonValue
    from emulator.core.scenario.draft import Draft


def load_match(draft: Draft) -> Match | None:
    """The matchers under ``match``; None where there are none."""
    value: Mapping[str, JsonValue] | None = draft.document.value.get("match")
    if value is None:
        return None
    draft.refuse_templates(value, ("match",))
    call = value.get("call_control_id")
    return Match(
        call_control_id=None if call is None else _matcher(call),
        headers=_headers(draft, value.get("headers", {})),
        body={field: _matcher(written) for field, written in value.get("body", {}).items()},
    )


def _headers(draft: Draft, written: Mapping[str, JsonValue]) -> Mapping[str, Matcher]:
    headers: dict[str, Matcher] = {}
    for name, matcher in written.items():
        if name.lower() in headers:
            path = ("match", "headers", name)
            draft.problems.append(
                draft.document.at_key(path, f"the header '{name}' stands here twice: case is one")
            )
        headers[name.lower()] = _matcher(matcher)
    return headers


def _matcher(written: JsonValue) -> Matcher:
    if not isinstance(written, dict):
        return Matcher(kind=MatchKind.EQUALS, operand=written)
    ((kind, operand),) = written.items()
    return Matcher(kind=MatchKind(kind), operand=tuple(operand) if isinstance(operand, list) else operand)
