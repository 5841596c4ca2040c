"""What a recording session sent and received on the wire: its SIP messages and its capture."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from aiohttp import web

from emulator.core.errors import ControlError
from emulator.web import records
from emulator.web.control.call import answer
from emulator.web.replies import SERVER

if TYPE_CHECKING:
    from emulator.web.control.call import Call, Desk, Routes

PCAP = "application/vnd.tcpdump.pcap"
"""IANA's registry of media types."""

T = TypeVar("T")


class Wire:
    """The routes that show what went over the wire."""

    def __init__(self, desk: Desk) -> None:
        """Serve the desk's line."""
        self._desk = desk

    @property
    def routes(self) -> Routes:
        """Its routes."""
        return {
            ("sessions", "{}", "sip"): {"GET": self._messages},
            ("sessions", "{}", "pcap"): {"GET": self._capture},
        }

    async def _messages(self, call: Call) -> web.Response:
        session_id = self._session(call)
        if "text/plain" in call.http.headers.get("Accept", ""):
            drawn = _there(self._desk.live.ladder(session_id), session_id)
            return web.Response(text=drawn, content_type="text/plain", headers={"Server": SERVER})
        return answer({"data": _there(self._desk.live.messages(session_id), session_id)})

    async def _capture(self, call: Call) -> web.Response:
        session_id = self._session(call)
        capture = _there(self._desk.live.pcap(session_id), session_id)
        named = f'attachment; filename="{session_id}.pcap"'
        return web.Response(
            body=capture, content_type=PCAP, headers={"Server": SERVER, "Content-Disposition": named}
        )

    def _session(self, call: Call) -> str:
        """The id of a session that the caller may see.

        Raises:
            ControlError: 404, there is none.
        """
        session, _ = records.found_session(self._desk.engine, call.namespace, call.args[0])
        return session.id


def _there(found: T | None, session_id: str) -> T:
    if found is None:
        detail = f"Session '{session_id}' was not placed on the wire, or what it sent is not kept any more."
        raise ControlError(404, detail)
    return found
