"""What is set for a namespace: its settings, its faults and its clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.errors import ControlError
from emulator.core.faults import NO_FAULTS
from emulator.core.matching import cut
from emulator.core.setting_views import clock_view, faults_view, namespace_view
from emulator.core.times import iso_micros
from emulator.web import records
from emulator.web.control.call import answer, nothing
from emulator.web.protocol import attended
from emulator.web.settings_patch import read_settings

if TYPE_CHECKING:
    from aiohttp import web

    from emulator.core.controls import ClockChange
    from emulator.core.models import JsonValue
    from emulator.web.control.call import Call, Desk, Routes
    from emulator.web.steering import Account


class NamespaceSettings:
    """The routes that set and reset."""

    def __init__(self, desk: Desk) -> None:
        """Serve the desk's engine."""
        self._desk = desk

    @property
    def routes(self) -> Routes:
        """Its routes."""
        return {
            ("reset",): {"POST": self._reset},
            ("namespaces",): {"GET": self._list},
            ("namespaces", "{}"): {"GET": self._show, "PUT": self._put, "DELETE": self._delete},
            ("faults",): {
                "GET": self._faults,
                "PUT": self._put_faults,
                "POST": self._add_faults,
                "DELETE": self._clear_faults,
            },
            ("clock",): {"GET": self._clock, "PUT": self._put_clock},
            ("clock", "advance"): {"POST": self._advance},
        }

    async def _reset(self, call: Call) -> web.Response:
        self._desk.driver.reset(call.namespace)
        return answer({"reset": call.namespace or "all"})

    # --- namespaces ---

    async def _list(self, call: Call) -> web.Response:
        chosen = records.chosen(self._desk.engine, call.namespace)
        return answer({"data": [namespace_view(one, self._desk.driver.now()) for one in chosen]})

    def _named(self, call: Call) -> str:
        if call.args[0] != "self":
            return call.args[0]
        if call.namespace is None:
            raise ControlError(422, "'self' is the namespace of the Authorization header, which is missing.")
        return call.namespace

    async def _show(self, call: Call) -> web.Response:
        found = self._desk.engine.namespaces.get(self._named(call))
        if found is None:
            raise ControlError(404, "That namespace has not been used yet.")
        return answer({"data": namespace_view(found, self._desk.driver.now())})

    async def _put(self, call: Call) -> web.Response:
        desk, name = self._desk, self._named(call)
        document = await call.document(desk)
        clock = document.pop("clock", None)
        change = None if clock is None else self._clock_change(name, clock, "/clock")
        overrides, calls = read_settings(document, desk.engine.policy)
        known = desk.engine.namespaces.visible_scenarios(name)
        if overrides.policy is not None and overrides.policy.default_scenario not in known:
            detail = f"No scenario named '{cut(overrides.policy.default_scenario)}' is loaded."
            raise ControlError(422, detail, pointer="/default_scenario")
        if change is not None:
            # before the calls, whose identifiers tell the time
            desk.driver.set_clock(name, change)
        namespace = desk.engine.configure(name, overrides, calls, desk.driver.now())
        return answer({"data": namespace_view(namespace, desk.driver.now())})

    async def _delete(self, call: Call) -> web.Response:
        self._desk.driver.reset(self._named(call))
        return nothing()

    # --- faults ---

    async def _faults(self, call: Call) -> web.Response:
        found = self._desk.engine.namespaces.get(call.one_namespace())
        return answer({"data": faults_view(found.faults) if found else {"requests": [], "webhooks": []}})

    async def _put_faults(self, call: Call) -> web.Response:
        desk, name = self._desk, call.one_namespace()
        rules = desk.controls.faults(await call.document(desk))
        faults = desk.engine.namespaces.turn(name, desk.driver.now()).namespace.faults
        faults.set(rules)
        return answer({"data": faults_view(faults)})

    async def _add_faults(self, call: Call) -> web.Response:
        desk, name = self._desk, call.one_namespace()
        rules = desk.controls.faults(await call.document(desk))
        faults = desk.engine.namespaces.turn(name, desk.driver.now()).namespace.faults
        faults.add(rules)
        return answer({"data": faults_view(faults)}, status=201)

    async def _clear_faults(self, call: Call) -> web.Response:
        found = self._desk.engine.namespaces.get(call.one_namespace())
        if found is not None:
            found.faults.set(NO_FAULTS)
        return nothing()

    # --- the clock ---

    async def _clock(self, call: Call) -> web.Response:
        desk = self._desk
        turn = desk.engine.namespaces.turn(call.one_namespace(), desk.driver.now())
        return answer({"data": clock_view(turn.namespace, turn.wall)})

    async def _put_clock(self, call: Call) -> web.Response:
        desk, name = self._desk, call.one_namespace()
        change = self._clock_change(name, await call.document(desk))
        desk.driver.set_clock(name, change)
        turn = desk.engine.namespaces.turn(name, desk.driver.now())
        return answer({"data": clock_view(turn.namespace, turn.wall)})

    def _clock_change(self, name: str, document: JsonValue, root: str = "") -> ClockChange:
        """Read how a clock is to go; once something has happened, it goes no way but forward."""
        desk = self._desk
        change = desk.controls.clock(document, root)
        found = desk.engine.namespaces.get(name)
        if change.time is None or found is None or found.unused:
            return change
        shown = found.clock.read(desk.driver.now())
        if change.time < shown:
            raise ControlError(
                422, f"The clock shows {iso_micros(shown)}: it only goes forward.", pointer=f"{root}/time"
            )
        return change

    async def _advance(self, call: Call) -> web.Response:
        desk, name = self._desk, call.one_namespace()
        advance = desk.controls.advance(await call.document(desk))
        account = await attended(call.http, desk.steering.advance(name, advance))
        return answer({"data": _told(account), "meta": {"untold": account.untold}})


def _told(account: Account) -> dict[str, object]:
    return {
        "namespace": account.namespace,
        "from": iso_micros(account.began_at),
        "to": iso_micros(account.ended_at),
        "fired": account.fired,
    }
