"""Calls in Telnyx's shapes: the answers to a dial, to reading a call and to listing a connection's.

Owns which fields these answers have, and what part of a list a page is. Must not decide which answer is due.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from emulator.core.calls.model import CallState
from emulator.core.documents import compact
from emulator.core.models import SECOND
from emulator.core.times import iso_millis

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from emulator.core.calls.model import Call, ListActiveCalls, Page
    from emulator.core.models import Instant, JsonValue

_CURSOR = "v1:"
_CURSOR_DIGITS = 18


def duration(call: Call, now: Instant) -> int:
    """Whole seconds that a call has been, or was, answered.

    Telnyx's example has a duration shorter than the time from start to end: it does not count the ringing.
    """
    if call.answered_at is None:
        return 0
    return max(0, (now if call.ended_at is None else call.ended_at) - call.answered_at) // SECOND


def _ids(call: Call) -> dict[str, JsonValue]:
    return {
        "record_type": "call",
        "call_control_id": call.call_control_id,
        "call_leg_id": call.call_leg_id,
        "call_session_id": call.call_session_id,
    }


def dialled_document(call: Call) -> bytes:
    """CallWithRecordingId: ``is_alive`` is false, since the call has only begun."""
    data: dict[str, JsonValue] = {**_ids(call), "is_alive": False}
    if call.client_state is not None:
        data["client_state"] = call.client_state
    return compact({"data": data})


def call_document(call: Call, now: Instant) -> bytes:
    """Call, as RetrieveCallStatus answers."""
    data: dict[str, JsonValue] = {**_ids(call), "is_alive": call.state is not CallState.ENDED}
    if call.client_state is not None:
        data["client_state"] = call.client_state
    data["call_duration"] = duration(call, now)
    if call.created_at is not None:
        data["start_time"] = iso_millis(call.created_at)
    if call.ended_at is not None:
        data["end_time"] = iso_millis(call.ended_at)
    return compact({"data": data})


# --- lists ---


def active_calls_document(calls: Iterable[Call], command: ListActiveCalls, now: Instant) -> bytes:
    """ActiveCallsResponse, with the numbers of pages that the SDKs go by: without them they ask without end.

    Args:
        calls: Those of the connection that have not ended, oldest first.
        command: What was asked for.
        now: Counts the durations.
    """
    listed = list(calls)
    begin, end = _part(listed, command.page)
    shown = listed[begin:end]
    cursors: dict[str, JsonValue] = {}
    size = command.page.size
    meta: dict[str, JsonValue] = {
        "total_items": len(listed),
        "cursors": cursors,
        "page_number": begin // size + 1,
        "page_size": size,
        "total_pages": -(-len(listed) // size),
        "total_results": len(listed),
    }
    if shown and end < len(listed):
        cursors["after"] = _cursor(shown[-1])
        meta["next"] = _link(command, "after", cursors["after"])
    if shown and begin:
        cursors["before"] = _cursor(shown[0])
        meta["previous"] = _link(command, "before", cursors["before"])
    data = [
        {**_ids(call), "client_state": call.client_state or "", "call_duration": duration(call, now)}
        for call in shown
    ]
    return compact({"data": data, "meta": meta})


def _part(calls: Sequence[Call], page: Page) -> tuple[int, int]:
    """From which to which of them a page goes; a cursor stays true when calls end meanwhile."""
    if page.after is not None:
        number = _number(page.after)
        begin = next((index for index, call in enumerate(calls) if call.number > number), len(calls))
    elif page.before is not None:
        number = _number(page.before)
        end = sum(call.number < number for call in calls)
        return max(0, end - page.size), end
    else:
        begin = min(len(calls), (page.number - 1) * page.size)
    return begin, min(len(calls), begin + page.size)


def _cursor(call: Call) -> str:
    return _CURSOR + base64.urlsafe_b64encode(str(call.number).encode()).decode()


def _number(cursor: str) -> int:
    """The number of the call that a cursor stands behind; 0, before all, for what is none of ours."""
    try:
        digits = base64.urlsafe_b64decode(cursor.removeprefix(_CURSOR)).decode()
    except (binascii.Error, ValueError):
        return 0
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _CURSOR_DIGITS else 0


def _link(command: ListActiveCalls, which: str, cursor: JsonValue) -> str:
    path = f"/v2/connections/{quote(command.connection_id, safe='')}/active_calls"
    query = urlencode({f"page[{which}]": cursor, "page[size]": command.page.size}, safe="[]:")
    return f"{path}?{query}"
