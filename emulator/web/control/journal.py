"""What happened: sessions, requests, webhooks, what the built-in receiver got, and what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.web import records
from emulator.web.control.call import answer, nothing

if TYPE_CHECKING:
    from aiohttp import web

    from emulator.web.control.call import Call, Desk, Routes


class Journal:
    """The routes that show the journal."""

    def __init__(self, desk: Desk) -> None:
        """Serve the desk's engine."""
        self._desk = desk

    @property
    def routes(self) -> Routes:
        """Its routes."""
        return {
            ("sessions",): {"GET": self._sessions},
            ("sessions", "{}"): {"GET": self._session},
            ("requests",): {"GET": self._requests, "DELETE": self._forget},
            ("requests", "{}"): {"GET": self._request},
            ("webhooks",): {"GET": self._webhooks},
            ("webhooks", "{}"): {"GET": self._webhook},
            ("received",): {"GET": self._received},
            ("problems",): {"GET": self._problems},
        }

    async def _sessions(self, call: Call) -> web.Response:
        return answer(records.sessions(self._desk.engine, call.namespace, call.query, self._desk.live.view))

    async def _session(self, call: Call) -> web.Response:
        live = self._desk.live.view
        return answer({"data": records.session(self._desk.engine, call.namespace, call.args[0], live)})

    async def _requests(self, call: Call) -> web.Response:
        return answer(records.requests(self._desk.engine, call.namespace, call.query))

    async def _request(self, call: Call) -> web.Response:
        return answer({"data": records.request(self._desk.engine, call.namespace, call.args[0])})

    async def _forget(self, call: Call) -> web.Response:
        for namespace in records.chosen(self._desk.engine, call.namespace):
            namespace.journal.clear()
        return nothing()

    async def _webhooks(self, call: Call) -> web.Response:
        return answer(records.webhooks(self._desk.engine, call.namespace, call.query))

    async def _webhook(self, call: Call) -> web.Response:
        return answer({"data": records.webhook_view(self._desk.engine, call.namespace, call.args[0])})

    async def _problems(self, call: Call) -> web.Response:
        return answer(records.problems(self._desk.engine, call.namespace, call.query))

    async def _received(self, call: Call) -> web.Response:
        return answer(records.received(self._desk.engine, call.namespace, call.query))
