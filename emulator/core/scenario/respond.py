"""Loads ``respond``, ``respond_stop`` and ``delivery``: how a command is answered and how hard webhooks are tried.

Must not see a document whose structure is wrong: ``grammar.py`` has checked it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.catalogue import CATALOGUE, item_for_code, item_for_status
from emulator.core.effects import Backoff, DeliveryPolicy, SuccessRule
from emulator.core.errors import ErrorItem
from emulator.core.scenario.model import Respond, RespondError, RespondOk
from emulator.core.scenario.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.models import JsonValue
    from emulator.core.scenario.draft import Draft
    from emulator.core.yaml_reader import Path

_UNPROCESSABLE = 422


def load_respond(draft: Draft, key: str) -> Respond:
    """The answer under ``key``.

    Args:
        draft: Takes the complaints.
        key: ``respond`` or ``respond_stop``.

    Returns:
        Acceptance at once where nothing is written or it was complained about.
    """
    value: Mapping[str, JsonValue] = draft.document.value.get(key, {})
    path = (key,)
    if draft.refuse_later("respond", value, path):
        return RespondOk()
    delay = draft.duration(value, "delay", path)
    if "status" not in value and "error" not in value:
        return RespondOk(delay=delay)
    items = _items(draft, value, path)
    status = int(value["status"]) if "status" in value else _status(items)
    return RespondError(status=status, items=items, delay=delay, sdk_retry=value.get("sdk_retry", False))


def _status(items: tuple[ErrorItem, ...]) -> int:
    entry = CATALOGUE.get(str(items[0].code)) if items else None
    return entry.status if entry else _UNPROCESSABLE


def _items(draft: Draft, value: Mapping[str, JsonValue], path: Path) -> tuple[ErrorItem, ...]:
    if "error" not in value:
        return (item_for_status(int(value["status"])),)
    error, here = value["error"], (*path, "error")
    draft.refuse_templates(error, here)
    if isinstance(error, list):
        found = [_item(draft, item, (*here, index)) for index, item in enumerate(error)]
    else:
        found = [_item(draft, error, here)]
    return tuple(item for item in found if item)


def _item(draft: Draft, written: JsonValue, path: Path) -> ErrorItem | None:
    if isinstance(written, dict):
        return _written_out(draft, written, path)
    code = _code(written)
    if code in CATALOGUE:
        return item_for_code(code)
    hint = did_you_mean(code, CATALOGUE) or "; write it out: {code, title, detail}"
    draft.complain(path, f"'{code[:40]}' is not in the emulator's catalogue{hint}")
    return None


def _written_out(draft: Draft, written: Mapping[str, JsonValue], path: Path) -> ErrorItem | None:
    code = _code(written["code"]) if "code" in written else None
    known = item_for_code(code) if code and code in CATALOGUE else ErrorItem(code=code, title=None)
    title = written.get("title", known.title)
    if code is not None and title is None:
        draft.complain(path, f"'title' is missing: '{code}' is not in the emulator's catalogue")
        return None
    return ErrorItem(
        code=code,
        title=title,
        detail=written.get("detail", known.detail),
        pointer=written.get("pointer", known.pointer),
        url=written.get("url", known.url),
    )


def _code(written: str | float) -> str:
    """As call control writes it: text. JSON Schema counts 90018.0 among the whole numbers."""
    return written if isinstance(written, str) else str(int(written))


def load_delivery(draft: Draft, base: DeliveryPolicy) -> DeliveryPolicy | None:
    """The policy under ``delivery``.

    Args:
        draft: Takes the complaints.
        base: Where what is left out comes from.

    Returns:
        None where the scenario says nothing of delivery.
    """
    value: Mapping[str, JsonValue] | None = draft.document.value.get("delivery")
    if value is None:
        return None
    path = ("delivery",)
    draft.refuse_later("delivery", value, path)
    timeout = draft.duration(value, "timeout", path, base.timeout)
    if timeout == 0:
        draft.complain((*path, "timeout"), "an attempt needs some time: write more than 0s")
    return DeliveryPolicy(
        timeout=timeout,
        attempts_per_url=int(value.get("attempts_per_url", base.attempts_per_url)),
        backoff=_backoff(draft, value.get("backoff", {}), base.backoff),
        failover=value.get("failover", base.failover),
        success=SuccessRule(str(value.get("success", base.success))),
    )


def _backoff(draft: Draft, value: Mapping[str, JsonValue], base: Backoff) -> Backoff:
    path = ("delivery", "backoff")
    first = draft.duration(value, "first", path, base.first)
    longest = draft.duration(value, "max", path, max(base.max, first))
    if longest < first:
        draft.complain((*path, "max"), "'max' is shorter than 'first'")
    return Backoff(first=first, factor=float(value.get("factor", base.factor)), max=longest)
