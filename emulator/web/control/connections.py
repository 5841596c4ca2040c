"""Connections: where webhooks of their calls go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.calls.connections import connection_view, put_connection
from emulator.core.errors import ControlError
from emulator.web.control.call import answer, nothing

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from aiohttp import web

    from emulator.core.calls.model import Connection
    from emulator.web.control.call import Call, Desk, Routes


class Connections:
    """The routes of connections; each is one namespace's."""

    def __init__(self, desk: Desk) -> None:
        """Serve the desk's engine."""
        self._desk = desk

    @property
    def routes(self) -> Routes:
        """Its routes."""
        return {
            ("connections",): {"GET": self._list},
            ("connections", "{}"): {"GET": self._show, "PUT": self._put, "DELETE": self._delete},
        }

    async def _list(self, call: Call) -> web.Response:
        return answer({"data": [connection_view(one) for one in self._store(call).values()]})

    async def _show(self, call: Call) -> web.Response:
        return answer({"data": connection_view(self._found(call))})

    async def _put(self, call: Call) -> web.Response:
        connection = self._desk.controls.connection(call.args[0], await call.document(self._desk))
        store = self._store(call)
        known = connection.id in store
        put_connection(store, connection)
        return answer({"data": connection_view(connection)}, status=200 if known else 201)

    async def _delete(self, call: Call) -> web.Response:
        del self._store(call)[self._found(call).id]
        return nothing()

    def _store(self, call: Call) -> MutableMapping[str, Connection]:
        name = call.one_namespace()
        return self._desk.engine.namespaces.turn(name, self._desk.driver.now()).namespace.connections

    def _found(self, call: Call) -> Connection:
        found = self._store(call).get(call.args[0])
        if found is None:
            raise ControlError(404, f"There is no connection '{call.args[0]}'.")
        return found
