"""An outlook in lines for people: when on the left, what on the right, what depends on the app indented.

Owns the words. Must not work anything out (``outlook_walk.py`` does) and must not colour anything: a line's parts
are kept apart so that a terminal can.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import orjson

from emulator.core.documents import COMMAND_ACCEPTED
from emulator.core.draws import Lognormal
from emulator.core.durations import format_duration
from emulator.core.effects import Order, SignMode, Simulate, WireFault
from emulator.core.models import HOUR, MINUTE, SECOND
from emulator.core.outlook import DialAhead, EventAhead, WaitAhead, span
from emulator.core.scenario.model import (
    ACCEPTED,
    AfterLast,
    Plays,
    RespondError,
    RespondFault,
    RespondSequence,
)
from emulator.core.scenario.wording import in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from emulator.core.draws import Delay
    from emulator.core.effects import DeliveryPolicy, Signing
    from emulator.core.models import Duration, JsonValue
    from emulator.core.outlook import Ahead, Outlook, Span
    from emulator.core.scenario.model import Answer, Deliver, Respond, ScriptedAttempt
    from emulator.core.srs import Misconduct

_COLUMN = 14
"""Characters that the left column takes at least."""

_OR_LATER = "or at once, where that moment has passed"

_SHOWN = 100
"""Characters of a field's value that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line.

    Attributes:
        when: The left column.
        width: Of the left column.
        depth: How many branches it lies within.
        head: What it is about: an event's type, or nothing.
        text: The rest.
    """

    when: str = ""
    width: int = _COLUMN
    depth: int = 0
    head: str = ""
    text: str = ""

    @property
    def left(self) -> str:
        """The left column and the indentation."""
        return f"{self.when:<{self.width}} {'  ' * self.depth}"

    @property
    def plain(self) -> str:
        """The line without colour."""
        return f"{self.left}{self.head}{self.text}".rstrip()


def text_lines(ahead: Outlook) -> tuple[Line, ...]:
    """An outlook's lines, without its title.

    Args:
        ahead: What to tell.

    Returns:
        The answers, the timeline, how webhooks are delivered, and warnings.
    """
    rows = [*_rows(ahead)]
    width = max(_COLUMN, *(len(row.when) + 1 for row in rows))
    return tuple(replace(row, width=width, text=printable(row.text)) for row in rows)


def printable(text: str) -> str:
    """A text on one line that does nothing to a terminal, whoever wrote it."""
    return text if text.isprintable() else orjson.dumps(text).decode()[1:-1]


def _rows(ahead: Outlook) -> Iterator[Line]:
    scenario = ahead.scenario
    if ahead.mismatch is not None:
        yield Line(when="match", text=f"not for this request: {ahead.mismatch}")
    match scenario.plays:
        case Plays.RECORDING:
            yield from _answers("siprec_start", scenario.respond, _START)
        case Plays.DIAL:
            yield from _answers("dial", scenario.respond, _DIAL)
    if ahead.starts and scenario.respond_stop != ACCEPTED:
        yield from _answers("siprec_stop", scenario.respond_stop, _STOP)
    for one in ahead.timeline:
        yield from _told(one, 0)
    if scenario.delivery is not None:
        yield Line(when="webhooks", text=_delivery(scenario.delivery))
    for warning in scenario.warnings:
        yield Line(when="warning", text=str(warning))


# --- answers ---

_FAULTS: Mapping[WireFault, str] = {
    WireFault.RESET: "the connection is reset",
    WireFault.EMPTY: "the connection is closed without a byte",
    WireFault.GARBAGE: "bytes that are no HTTP",
    WireFault.HANG: "no answer, until the client leaves",
}


class _Effects(NamedTuple):
    """What an answer's command comes to, in words: where it counts, and where it doesn't; and the usual answer."""

    took: str
    left: str
    accepted: str = f"200 {COMMAND_ACCEPTED.decode()}"


_START = _Effects("the recording starts", "nothing starts")
_STOP = _Effects("the stop counts", "the stop doesn't count")
_DIAL = _Effects("the call begins", "no call begins", "200 and the call")


def _answers(command: str, respond: Respond, effects: _Effects) -> Iterator[Line]:
    if not isinstance(respond, RespondSequence):
        yield Line(when=command, text=_answer(respond, effects))
        return
    for index, answer in enumerate(respond.answers):
        yield Line(
            when="" if index else command, text=f"{_ordinal(index + 1)} on a call: {_answer(answer, effects)}"
        )
    if respond.after_last is AfterLast.RESTART:
        yield Line(text="after that: from the first again")
    else:
        yield Line(text=f"after that: {_answer(respond.answer(len(respond.answers)), effects)}")


def _ordinal(number: int) -> str:
    teens = range(11, 14)
    ending = "th" if number % 100 in teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _answer(answer: Answer, effects: _Effects) -> str:
    took, left, usual = effects
    delay = f"after {_range(answer.delay)}"
    late = "" if answer.delay == 0 else f", {delay}"
    if isinstance(answer, RespondError):
        retry = ", SDKs are told to retry" if answer.sdk_retry else ""
        effect = f"; {took} all the same" if answer.takes_effect else f"; {left}"
        return f"{_error(answer)}{late}{retry}{effect}"
    if isinstance(answer, RespondFault):
        trickles = answer.fault is WireFault.TRICKLE
        accepted = f"{usual} byte by byte over {spoken(answer.over)}"
        effect = took if answer.takes_effect else left
        return f"{accepted if trickles else _FAULTS[answer.fault]}{late}; {effect}"
    return f"{usual}{late}" if answer.takes_effect else f"{usual}{late}; {left} all the same"


def _error(answer: RespondError) -> str:
    if not answer.items:
        return f"{answer.status} with an empty body"
    items = (" ".join(filter(None, (str(item.code or ""), item.title or item.detail))) for item in answer.items)
    return f"{answer.status} {', '.join(items)}"


# --- the timeline ---


def _told(one: Ahead, depth: int) -> Iterator[Line]:
    match one:
        case EventAhead():
            yield from _event(one, depth)
        case WaitAhead():
            yield from _wait(one, depth)
        case DialAhead():
            yield from _dial(one, depth)
        case _:
            silent = ", without siprec.stopped or siprec.failed" if one.silent else ""
            yield Line(depth=depth, text="the call goes on" if one.goes_on else f"ends{silent}")


def _event(one: EventAhead, depth: int) -> Iterator[Line]:
    fields = "".join(f"  {name}={_value(value)}" for name, value in one.told.items())
    yield Line(when=_when(one), depth=depth, head=one.event, text=fields)
    for note in _notes(one):
        yield Line(depth=depth, text=f"  - {note}")


def _when(one: EventAhead | DialAhead) -> str:
    if one.at is not None:
        return f"+{_stretch(one.at)}"
    after = span(one.after or 0)
    return f"{_stretch(after)} later" if after.latest else "at once"


def _value(value: JsonValue) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _notes(one: EventAhead) -> Iterator[str]:
    if one.or_later:
        yield _OR_LATER
    if isinstance(one.after, Lognormal):
        yield f"half of the times within {spoken(one.after.median)}"
    for path in one.empty:
        yield f"${{{path}}} has no value for this request: null"
    yield from _deliver(one.deliver)
    yield from _signing(one.signing)


def _wait(one: WaitAhead, depth: int) -> Iterator[Line]:
    most = "for ever" if one.timeout is None else f"at most {_range(one.timeout)}"
    if one.gives_up is not None:
        most += f", till +{_stretch(one.gives_up)}"
    yield Line(depth=depth, text=f"waits for {' or '.join(map(in_words, one.conditions))}, {most}")
    yield from _branch("when it comes", one.then, depth)
    yield from _branch("when it doesn't", one.on_timeout, depth)


def _branch(when: str, steps: tuple[Ahead, ...], depth: int) -> Iterator[Line]:
    if steps:
        yield Line(depth=depth, text=f"  {when}:")
    for step in steps:
        yield from _told(step, depth + 2)


def _dial(one: DialAhead, depth: int) -> Iterator[Line]:
    most = "" if one.timeout is None else f", which may take {_range(one.timeout)} to answer"
    secure = {None: "", True: " by TLS and SRTP", False: " without TLS and SRTP"}[one.secure]
    yield Line(when=_when(one), depth=depth, text=f"dials the recording server{secure}{most}")
    if one.or_later:
        yield Line(depth=depth, text=f"  - {_OR_LATER}")
    for wrong in _misconduct(one.misconduct):
        yield Line(depth=depth, text=f"  - {wrong}")
    yield from _branch("when it answers", one.answered, depth)
    yield from _branch("when it doesn't", one.failed, depth)
    yield from _branch("when siprec_stop comes first", one.cancelled, depth)


def _misconduct(wrong: Misconduct) -> Iterator[str]:
    said: tuple[tuple[bool, str], ...] = (
        (wrong.late_cancel, "CANCEL goes only once it has answered"),
        (wrong.no_refresh, "the session is never refreshed"),
        (wrong.missing_label, "streams have no a=label"),
        (wrong.wrong_boundary, "the Content-Type names a wrong boundary"),
        (wrong.invalid_metadata, "the metadata are not valid"),
        (wrong.only_track is not None, f"media on the {wrong.only_track} track alone"),
        (wrong.loss > 0, f"{wrong.loss * 100:g} % of packets are lost"),
        (wrong.reordering > 0, f"{wrong.reordering * 100:g} % of packets are overtaken"),
        (wrong.jitter > 0, f"packets are up to {spoken(wrong.jitter)} late"),
        (wrong.codec_change is not None, f"after {spoken(wrong.codec_change or 0)} the codec changes"),
        (wrong.silence is not None, f"after {spoken(wrong.silence or 0)} no packet comes any more, and no BYE"),
    )
    return (text for holds, text in said if holds)


# --- webhooks ---

_SIMULATED: Mapping[Simulate, str] = {
    Simulate.NONE: "made as usual",
    Simulate.DROP: "lost on the way, and fails with the timeout",
    Simulate.ACK_LOST: "taken, but the answer is lost",
    Simulate.TIMEOUT: "taken, but the answer comes too late",
    Simulate.CONNECT_ERROR: "finds no connection",
}


def _deliver(deliver: Deliver) -> Iterator[str]:
    if deliver.copies == 0:
        yield "its webhook is never sent"
        return
    if deliver.delay != 0:
        yield f"its webhook sets out {_range(deliver.delay)} after it"
    if deliver.copies > 1:
        gap = "at once" if deliver.gap == 0 else f"{_range(deliver.gap)} apart"
        ids = "all with one event id" if deliver.same_id else "each with an event id of its own"
        yield f"sent {deliver.copies} times, {gap}, {ids}"
    if deliver.url is not None:
        yield f"sent to {deliver.url}"
    yield from _attempts(deliver.attempts)


def _attempts(attempts: Iterable[ScriptedAttempt]) -> Iterator[str]:
    """Attempts alike that follow one another make one line."""
    number = 1
    for attempt, alike in groupby(attempts):
        last = number + len(list(alike)) - 1
        where = f", at {attempt.url}" if attempt.url else ""
        which = f"attempt {number}" if number == last else f"each of attempts {number} to {last}"
        yield f"{which}: {_SIMULATED[attempt.simulate]}{where}"
        number = last + 1


def _signing(signing: Signing) -> Iterator[str]:
    if signing.mode is SignMode.WRONG_KEY:
        yield "signed with a wrong key"
    if signing.mode is SignMode.NONE:
        yield "not signed"
    if signing.skew:
        yield f"its stamp is {spoken(abs(signing.skew))} in the {'past' if signing.skew < 0 else 'future'}"


def _delivery(policy: DeliveryPolicy) -> str:
    pause = policy.backoff
    failover = "then the failover URL" if policy.failover else "no failover"
    parts = [
        f"{policy.attempts_per_url} attempts a URL of {spoken(policy.timeout)} each",
        f"pauses from {spoken(pause.first)} to at most {spoken(pause.max)}",
        failover,
        f"{policy.success} counts as taken",
    ]
    if policy.order is Order.PER_SESSION:
        parts.append("a session's one after the other")
    if policy.concurrency is not None:
        parts.append(f"{policy.concurrency} under way at once")
    return ", ".join(parts)


# --- times ---


def spoken(duration: Duration) -> str:
    """A duration in as many units as it takes: ``1h 2m 0.5s``."""
    hours, rest = divmod(duration, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    parts = [f"{number}{unit}" for number, unit in ((hours, "h"), (minutes, "m")) if number]
    if rest >= SECOND:
        parts.append(f"{rest / SECOND:.6f}".rstrip("0").rstrip(".") + "s")
    elif rest or not parts:
        parts.append(format_duration(rest))
    return " ".join(parts)


def _stretch(known: Span) -> str:
    if known.soonest == known.latest:
        return spoken(known.soonest)
    return f"{spoken(known.soonest)} to {spoken(known.latest)}"


def _range(delay: Delay) -> str:
    half = f" (half of the times within {spoken(delay.median)})" if isinstance(delay, Lognormal) else ""
    return f"{_stretch(span(delay))}{half}"
