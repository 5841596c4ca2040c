"""Loads ``match``: when a scenario offers itself.

Must not compare anything: ``emulator/core/matching.py`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.matching import read_matcher
from emulator.core.scenario.model import Match

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.models import JsonValue
    from emulator.core.scenario.draft import Draft
    from emulator.core.scenario.model import Matcher


def load_match(draft: Draft) -> Match | None:
    """The matchers under ``match``; None where there are none."""
    value: Mapping[str, JsonValue] | None = draft.document.value.get("match")
    if value is None:
        return None
    draft.refuse_templates(value, ("match",))
    call = value.get("call_control_id")
    return Match(
        call_control_id=None if call is None else read_matcher(call),
        headers=_headers(draft, value.get("headers", {})),
        body={field: read_matcher(written) for field, written in value.get("body", {}).items()},
    )


def _headers(draft: Draft, written: Mapping[str, JsonValue]) -> Mapping[str, Matcher]:
    headers: dict[str, Matcher] = {}
    for name, matcher in written.items():
        if name.lower() in headers:
            path = ("match", "headers", name)
            draft.problems.append(
                draft.document.at_key(path, f"the header '{name}' stands here twice: case is one")
            )
        headers[name.lower()] = read_matcher(matcher)
    return headers
