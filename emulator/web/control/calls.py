"""Calls: they come in, are shown, and their far end hangs up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.calls.views import call_detail, call_view
from emulator.core.errors import ControlError
from emulator.web import records
from emulator.web.control.call import answer

if TYPE_CHECKING:
    from aiohttp import web

    from emulator.core.calls.model import Call as PhoneCall
    from emulator.core.namespace import Namespace
    from emulator.web.control.call import Call, Desk, Routes


class Calls:
    """The routes of calls."""

    def __init__(self, desk: Desk) -> None:
        """Serve the desk's engine."""
        self._desk = desk

    @property
    def routes(self) -> Routes:
        """Its routes."""
        return {
            ("calls",): {"GET": self._list, "POST": self._arrive},
            ("calls", "{}"): {"GET": self._show},
            ("calls", "{}", "hangup"): {"POST": self._hang_up},
        }

    async def _list(self, call: Call) -> web.Response:
        return answer(records.calls(self._desk.engine, call.namespace, call.query))

    async def _show(self, call: Call) -> web.Response:
        return answer({"data": call_detail(*self._found(call))})

    async def _arrive(self, call: Call) -> web.Response:
        desk, namespace = self._desk, call.one_namespace()
        arrival = desk.controls.arrival(await call.document(desk))
        arrived, effects = desk.engine.arrive(namespace, arrival, desk.driver.now())
        desk.driver.carry_out(effects)
        return self._told(namespace, arrived, 201)

    async def _hang_up(self, call: Call) -> web.Response:
        desk = self._desk
        document = await call.document(desk)
        found, namespace = self._found(call)
        ends = desk.controls.hangup(document, found)
        ended, effects = desk.engine.hang_up(namespace.id, found, ends, desk.driver.now())
        desk.driver.carry_out(effects)
        return self._told(namespace.id, ended, 202)

    def _found(self, call: Call) -> tuple[PhoneCall, Namespace]:
        return records.found_call(self._desk.engine, call.namespace, call.args[0])

    def _told(self, namespace_id: str, call: PhoneCall, status: int) -> web.Response:
        namespace = self._desk.engine.namespaces.get(namespace_id)
        if namespace is None:
            raise ControlError(404, "The namespace was reset meanwhile.")
        return answer({"data": call_view(call, namespace)}, status=status)
