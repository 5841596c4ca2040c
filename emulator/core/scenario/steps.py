"""Loads ``timeline``: steps, conditions and the lists nested in them.

Must not see a document whose structure is wrong: ``grammar.py`` has checked it. Must not run anything:
``timeline.py`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.calls.model import CallState
from emulator.core.effects import SIGNED_WELL, Signing, SignMode, Simulate
from emulator.core.formats import is_http_url
from emulator.core.models import CALL_EVENTS, RECORDING_EVENTS, EventType, Route
from emulator.core.scenario.model import (
    TELL_CANCELLED,
    TELL_FAILED,
    TELL_STARTED,
    USUAL_DELIVERY,
    CallSeen,
    CommandSeen,
    Deliver,
    Dial,
    Emit,
    End,
    Plays,
    ScriptedAttempt,
    SrsDid,
    SrsSeen,
    WaitFor,
    WebhookAcked,
)
from emulator.core.srs import WELL_BEHAVED, Misconduct, OneTrack

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
    if "wait_for" in written:
        return _wait_for(draft, written, path, depth)
    if "hangup" in written:
        return _emit(draft, written, path, EventType.CALL_HANGUP)
    if "dial" in written:
        return _dial(draft, written, path, depth)
    event = EventType(written["emit"])
    _check_event(draft, event, (*path, "emit"))
    return _emit(draft, written, path, event)


def _check_event(draft: Draft, event: EventType, path: Path) -> None:
    """A timeline lets happen what is its own: a recording's siprec.*, a call's call.*."""
    if draft.plays is Plays.RECORDING and event is EventType.CALL_HANGUP:
        draft.complain(path, "a recording ends its call with the step {hangup: call}")
    elif draft.plays is Plays.RECORDING and event in CALL_EVENTS:
        draft.complain(path, f"'{event}' is an event of calls: say 'plays: dial' or 'plays: inbound'")
    elif draft.plays is not Plays.RECORDING and event in RECORDING_EVENTS:
        draft.complain(path, f"'{event}' is an event of recordings, and this plays a call")
    elif event is EventType.CALL_INITIATED and path != ("timeline", 0, "emit"):
        draft.complain(path, "a call is initiated at its beginning: 'call.initiated' can only be the first step")
    elif event is EventType.CALL_ANSWERED and draft.plays is Plays.INBOUND:
        draft.complain(path, "a call that comes in is answered by the app, not by its far end")


def _emit(draft: Draft, written: Mapping[str, JsonValue], path: Path, event: EventType) -> Emit:
    payload = written.get("payload", {})
    draft.check_templates(payload, (*path, "payload"))
    return Emit(
        event=event,
        after=draft.delay(written, "after", path),
        at=draft.delay(written, "at", path) if "at" in written else None,
        payload=payload,
        deliver=load_deliver(draft, written.get("deliver", {}), (*path, "deliver")),
        signing=load_signing(draft, written.get("sign", {}), (*path, "sign")),
    )


def load_deliver(draft: Draft, written: Mapping[str, JsonValue], path: Path) -> Deliver:
    """How one webhook is delivered.

    Args:
        draft: Takes the complaints.
        written: Of the form of ``deliver``; empty: as usual.
        path: Of ``written``.
    """
    if not written:
        return USUAL_DELIVERY
    return Deliver(
        delay=draft.delay(written, "delay", path),
        copies=int(written.get("copies", 1)),
        gap=draft.delay(written, "gap", path),
        same_id=written.get("same_id", True),
        url=_url(draft, written, path),
        attempts=tuple(
            ScriptedAttempt(
                url=_url(draft, attempt, (*path, "attempts", index)),
                simulate=Simulate(attempt.get("simulate", Simulate.NONE)),
            )
            for index, attempt in enumerate(written.get("attempts", []))
        ),
    )


def _url(draft: Draft, written: Mapping[str, JsonValue], path: Path) -> str | None:
    url: str | None = written.get("url")
    if url is None:
        return None
    here = (*path, "url")
    if "${" in url:
        draft.refuse_templates(url, here)
    elif not is_http_url(url):
        draft.complain(here, "a webhook's URL is absolute and begins with http:// or https://")
    return url


def load_signing(draft: Draft, written: Mapping[str, JsonValue], path: Path) -> Signing:
    """How one webhook is signed.

    Args:
        draft: Takes the complaints.
        written: Of the form of ``sign``; empty: well.
        path: Of ``written``.
    """
    if not written:
        return SIGNED_WELL
    skew: str = written.get("timestamp_skew", "0s")
    size = draft.duration({"timestamp_skew": skew.removeprefix("-")}, "timestamp_skew", path)
    return Signing(mode=SignMode(written.get("mode", SignMode.GOOD)), skew=-size if skew.startswith("-") else size)


def _wait_for(draft: Draft, written: Mapping[str, JsonValue], path: Path, depth: int) -> WaitFor:
    return WaitFor(
        conditions=tuple(_conditions(draft, written["wait_for"], (*path, "wait_for"))),
        timeout=draft.delay(written, "timeout", path) if "timeout" in written else None,
        then=_steps(draft, written.get("then", []), (*path, "then"), depth + 1),
        on_timeout=_steps(draft, written.get("on_timeout", []), (*path, "on_timeout"), depth + 1),
    )


def _dial(draft: Draft, written: Mapping[str, JsonValue], path: Path, depth: int) -> Dial:
    if draft.plays is not Plays.RECORDING:
        draft.complain((*path, "dial"), "a recording dials its recording server, and this plays a call")

    def branch(key: str, default: tuple[Step, ...]) -> tuple[Step, ...]:
        return _steps(draft, written[key], (*path, key), depth + 1) if key in written else default

    return Dial(
        after=draft.delay(written, "after", path),
        at=draft.delay(written, "at", path) if "at" in written else None,
        secure=written.get("secure"),
        timeout=draft.delay(written, "timeout", path) if "timeout" in written else None,
        answered=branch("answered", TELL_STARTED),
        failed=branch("failed", TELL_FAILED),
        cancelled=branch("cancelled", TELL_CANCELLED),
        misconduct=_misconduct(draft, written.get("wire", {}), (*path, "wire")),
    )


def _misconduct(draft: Draft, written: Mapping[str, JsonValue], path: Path) -> Misconduct:
    if not written:
        return WELL_BEHAVED
    only = written.get("only_track")
    return Misconduct(
        late_cancel=written.get("late_cancel", False),
        no_refresh=written.get("no_refresh", False),
        missing_label=written.get("missing_label", False),
        wrong_boundary=written.get("wrong_boundary", False),
        invalid_metadata=written.get("invalid_metadata", False),
        only_track=OneTrack(only) if only else None,
        loss=float(written.get("loss", 0)),
        reordering=float(written.get("reordering", 0)),
        jitter=draft.duration(written, "jitter", path),
        codec_change=draft.duration(written, "codec_change", path) if "codec_change" in written else None,
        silence=draft.duration(written, "silence", path) if "silence" in written else None,
    )


def _conditions(draft: Draft, written: Mapping[str, JsonValue], path: Path) -> Iterator[Condition]:
    if "any" in written:
        for index, condition in enumerate(written["any"]):
            yield from _conditions(draft, condition, (*path, "any", index))
    elif "command" in written:
        command = Route(written["command"])
        if draft.plays is Plays.RECORDING and command is not Route.SIPREC_STOP:
            draft.complain((*path, "command"), "a recording begins with siprec_start; it can wait for siprec_stop")
        yield CommandSeen(command=command)
    elif "call" in written:
        state = CallState(written["call"])
        if draft.plays is not Plays.RECORDING and state is CallState.ENDED:
            draft.complain(
                (*path, "call"), "a call's timeline ends with the call; a recording's can wait for that"
            )
        yield CallSeen(state=state)
    elif "webhook_acked" in written:
        event = EventType(written["webhook_acked"])
        if (event in CALL_EVENTS) is (draft.plays is Plays.RECORDING):
            draft.complain((*path, "webhook_acked"), f"'{event}' is no event of what this plays")
        yield WebhookAcked(event=event)
    else:
        if draft.plays is not Plays.RECORDING:
            draft.complain((*path, "srs"), "a recording dials its recording server, and this plays a call")
        yield SrsSeen(did=SrsDid(written["srs"]))
