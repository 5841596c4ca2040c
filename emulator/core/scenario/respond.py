"""Loads ``respond``, ``respond_stop`` and ``delivery``: how a command is answered and how hard webhooks are tried.

Owns what an answer means where little of it is written: its error, its headers, whether the command takes effect.
Must not see a document whose structure is wrong: ``grammar.py`` has checked it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.catalogue import CATALOGUE, item_for_code, item_for_status
from emulator.core.effects import WRITTEN_HEADERS, Backoff, DeliveryPolicy, Order, SuccessRule, WireFault
from emulator.core.errors import ErrorItem
from emulator.core.models import SECOND, Duration, HeaderList
from emulator.core.scenario.model import AfterLast, RespondError, RespondFault, RespondOk, RespondSequence
from emulator.core.scenario.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.draws import Delay
    from emulator.core.models import JsonValue
    from emulator.core.scenario.draft import Draft
    from emulator.core.scenario.model import Answer, Respond
    from emulator.core.yaml_reader import Path

TRICKLE_OVER: Duration = 5 * SECOND
"""How long an answer trickles where nothing is said."""

_UNPROCESSABLE = 422
_TOO_MANY = 429

_RATE_LIMIT: HeaderList = (
    ("x-ratelimit-limit", "200"),
    ("x-ratelimit-remaining", "0"),
    ("x-ratelimit-reset", "1"),
)
"""What goes with 429 (Telnyx: rate limiting); the last is in seconds."""

_OWN_HEADERS = WRITTEN_HEADERS | {"x-should-retry", "x-emulator-scenario", "x-emulator-hint"}


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
    took = "stopped" if key == "respond_stop" else "started"
    if "sequence" not in value:
        return load_answer(draft, value, path, took)
    here = (*path, "sequence")
    return RespondSequence(
        answers=tuple(
            load_answer(draft, one, (*here, index), took) for index, one in enumerate(value["sequence"])
        ),
        after_last=AfterLast(value.get("after_last", AfterLast.REPEAT_LAST)),
    )


def may_take_effect(respond: Respond) -> bool:
    """Whether any of the answers lets the command do something."""
    if not isinstance(respond, RespondSequence):
        return respond.takes_effect
    falls_back = respond.after_last is AfterLast.DEFAULT
    return falls_back or any(answer.takes_effect for answer in respond.answers)


def load_answer(draft: Draft, value: Mapping[str, JsonValue], path: Path, took: str = "") -> Answer:
    """One answer.

    Args:
        draft: Takes the complaints.
        value: As written; its structure was checked.
        path: Of ``value``.
        took: The word that says that the command took effect; empty: any such word.
    """
    delay = draft.delay(value, "delay", path)
    effect = _effect(draft, value, path, took)
    if "fault" in value:
        return _fault(draft, value, path, delay, effect)
    if "status" not in value and "error" not in value:
        return RespondOk(delay=delay, takes_effect=effect is not False)
    items = _items(draft, value, path)
    status = int(value["status"]) if "status" in value else _status(items)
    return RespondError(
        status=status,
        items=items,
        delay=delay,
        sdk_retry=value.get("sdk_retry", False),
        headers=_headers(draft, value.get("headers", {}), status, path),
        takes_effect=effect is True,
    )


def _effect(draft: Draft, value: Mapping[str, JsonValue], path: Path, took: str) -> bool | None:
    """Whether the command takes effect; None where nothing is said."""
    written = value.get("session")
    if written is None:
        return None
    if took and written not in {took, "none"}:
        draft.complain((*path, "session"), f"'{written}' is not what {path[0]} can do: {took}, none")
    return bool(written != "none")


def _fault(
    draft: Draft, value: Mapping[str, JsonValue], path: Path, delay: Delay, effect: bool | None
) -> RespondFault:
    """An answer that trickles is an answer: it took effect unless something else is said."""
    fault = WireFault(value["fault"])
    trickles = fault is WireFault.TRICKLE
    if "over" in value and not trickles:
        draft.complain_of_key((*path, "over"), "'over' goes with 'fault: trickle' alone")
    return RespondFault(
        fault=fault,
        delay=delay,
        over=draft.duration(value, "over", path, TRICKLE_OVER) if trickles else 0,
        takes_effect=trickles if effect is None else effect,
    )


def _headers(draft: Draft, written: Mapping[str, JsonValue], status: int, path: Path) -> HeaderList:
    """As written, after those that Telnyx sends with the status."""
    draft.refuse_templates(dict(written), (*path, "headers"))
    given: set[str] = set()
    for name in written:
        if name.lower() in _OWN_HEADERS:
            draft.complain_of_key((*path, "headers", name), f"the emulator writes '{name}' itself")
        if name.lower() in given:
            message = f"the header '{name}' stands here twice: case is one"
            draft.complain_of_key((*path, "headers", name), message)
        given.add(name.lower())
    usual = _RATE_LIMIT if status == _TOO_MANY else ()
    return (
        *((name, text) for name, text in usual if name not in given),
        *((name, _text(value)) for name, value in written.items()),
    )


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
    code = _text(written)
    if code in CATALOGUE:
        return item_for_code(code)
    hint = did_you_mean(code, CATALOGUE) or "; write it out: {code, title, detail}"
    draft.complain(path, f"'{code[:40]}' is not in the emulator's catalogue{hint}")
    return None


def _written_out(draft: Draft, written: Mapping[str, JsonValue], path: Path) -> ErrorItem | None:
    code = _text(written["code"]) if "code" in written else None
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


def _text(written: str | float) -> str:
    """A whole number as text, as call control writes codes. JSON Schema counts 90018.0 among the whole numbers."""
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
    timeout = draft.duration(value, "timeout", path, base.timeout)
    if timeout == 0:
        draft.complain((*path, "timeout"), "an attempt needs some time: write more than 0s")
    return DeliveryPolicy(
        timeout=timeout,
        attempts_per_url=int(value.get("attempts_per_url", base.attempts_per_url)),
        backoff=_backoff(draft, value.get("backoff", {}), base.backoff),
        failover=value.get("failover", base.failover),
        success=SuccessRule(str(value.get("success", base.success))),
        order=Order(value.get("order", base.order)),
        concurrency=int(value["concurrency"]) if "concurrency" in value else base.concurrency,
    )


def _backoff(draft: Draft, value: Mapping[str, JsonValue], base: Backoff) -> Backoff:
    path = ("delivery", "backoff")
    first = draft.duration(value, "first", path, base.first)
    longest = draft.duration(value, "max", path, max(base.max, first))
    if longest < first:
        draft.complain((*path, "max"), "'max' is shorter than 'first'")
    return Backoff(first=first, factor=float(value.get("factor", base.factor)), max=longest)
