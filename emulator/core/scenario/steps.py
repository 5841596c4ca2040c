"""Loads ``timeline``: steps, conditions and the lists nested in them.

Must not see a document whose structure is wrong: ``grammar.py`` has checked it. Must not run anything:
``timeline.py`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.models import EventType, Route
from emulator.core.scenario.model import CommandSeen, Emit, End, WaitFor, WebhookAcked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from emulator.core.models import JsonValue
    from emulator.core.scenario.draft import Draft
    from emulator.core.scenario.model import Condition, Step
    from emulator.core.yaml_reader import Path

MAX_NESTING = 8
"""Lists of steps within lists of steps: more can't be read by a person."""


def load_timeline(draft: Draft) -> tuple[Step, ...]:
    """The steps under ``timeline``; those that were complained about are left out."""
    return _steps(draft, draft.document.value.get("timeline", []), ("timeline",), 1)


def _steps(draft: Draft, written: Sequence[JsonValue], path: Path, depth: int) -> tuple[Step, ...]:
    if written and depth > MAX_NESTING:
        draft.complain(path, f"steps are nested deeper than {MAX_NESTING} lists")
        return ()
    if "end" in written[:-1]:
        index = written.index("end")
        draft.complain((*path, index + 1), "this step is never reached: 'end' stands before it")
    return tuple(_step(draft, step, (*path, index), depth) for index, step in enumerate(written))


def _step(draft: Draft, written: JsonValue, path: Path, depth: int) -> Step:
    if written == "end":
        return End()
    draft.refuse_later("step", written, path)
    if "wait_for" in written:
        return _wait_for(draft, written, path, depth)
    if "emit" in written:
        return _emit(draft, written, path)
    # dial and hangup: refused above, and nothing of a scenario with problems is used.
    return End()


def _emit(draft: Draft, written: Mapping[str, JsonValue], path: Path) -> Emit:
    payload = written.get("payload", {})
    draft.check_templates(payload, (*path, "payload"))
    return Emit(
        event=EventType(written["emit"]),
        after=draft.duration(written, "after", path),
        at=draft.duration(written, "at", path) if "at" in written else None,
        payload=payload,
    )


def _wait_for(draft: Draft, written: Mapping[str, JsonValue], path: Path, depth: int) -> WaitFor:
    return WaitFor(
        conditions=tuple(_conditions(draft, written["wait_for"], (*path, "wait_for"))),
        timeout=draft.duration(written, "timeout", path) if "timeout" in written else None,
        then=_steps(draft, written.get("then", []), (*path, "then"), depth + 1),
        on_timeout=_steps(draft, written.get("on_timeout", []), (*path, "on_timeout"), depth + 1),
    )


def _conditions(draft: Draft, written: Mapping[str, JsonValue], path: Path) -> Iterator[Condition]:
    if "any" in written:
        for index, condition in enumerate(written["any"]):
            yield from _conditions(draft, condition, (*path, "any", index))
    elif "command" in written:
        yield CommandSeen(command=Route(written["command"]))
    elif "webhook_acked" in written:
        yield WebhookAcked(event=EventType(written["webhook_acked"]))
    else:
        draft.refuse_later("condition", written, path)
