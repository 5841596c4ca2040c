"""The scenarios: those that are loaded, what each would do, and those that wait in the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from emulator.core.controls import ImaginedStart
from emulator.core.errors import ControlError, ScenarioError
from emulator.core.scenario.load import load_scenario
from emulator.core.selection import Catalog
from emulator.core.setting_views import queued_view, scenario_view
from emulator.web.control.call import answer, nothing, problems
from emulator.web.replies import SERVER
from emulator.web.telnyx_api import read_body

if TYPE_CHECKING:
    from emulator.core.scenario.model import Scenario
    from emulator.core.views import View
    from emulator.web.control.call import Call, Desk, Routes

UPLOADED = "<control API>"
"""What problems call a scenario that came by PUT."""

NOTHING_SAID = ImaginedStart(call_control_id=None, headers=(), body=b"{}")
"""A start of which nothing is known."""


class Scenarios:
    """The routes of scenarios and of the queue."""

    def __init__(self, desk: Desk) -> None:
        """Serve the desk's engine."""
        self._desk = desk

    @property
    def routes(self) -> Routes:
        """Its routes."""
        return {
            ("scenarios",): {"GET": self._list},
            ("scenarios", "validate"): {"POST": self._validate},
            ("scenarios", "{}"): {"GET": self._show, "PUT": self._put, "DELETE": self._delete},
            ("scenarios", "{}", "explain"): {"POST": self._explain},
            ("queue",): {"GET": self._queue, "POST": self._enqueue, "DELETE": self._clear},
        }

    async def _list(self, call: Call) -> web.Response:
        visible = self._desk.engine.namespaces.visible_scenarios(call.namespace)
        return answer({"data": [scenario_view(visible[name]) for name in sorted(visible)]})

    def _named(self, call: Call) -> Scenario:
        found = self._desk.engine.namespaces.visible_scenarios(call.namespace).get(call.args[0])
        if found is None:
            raise ControlError(404, f"No scenario named '{call.args[0]}' is loaded.")
        return found

    async def _show(self, call: Call) -> web.Response:
        found = self._named(call)
        if "yaml" in call.http.headers.get("Accept", ""):
            return web.Response(text=found.text, content_type="application/yaml", headers={"Server": SERVER})
        return answer({"data": {**scenario_view(found), "text": found.text}})

    async def _validate(self, call: Call) -> web.Response:
        body = await read_body(call.http, self._desk.max_body)
        explain = _flag(call, "explain")
        try:
            scenario = load_scenario(
                body,
                file=call.query.get("file", UPLOADED),
                grammar=self._desk.grammar,
                delivery=self._desk.engine.policy.delivery,
            )
        except ScenarioError as error:
            return answer({"valid": False, "problems": problems(error)})
        told = {"valid": True, "problems": [], "scenario": scenario_view(scenario)}
        if explain:
            told["outlook"] = self._outlook(call, scenario, NOTHING_SAID)
        return answer(told)

    async def _put(self, call: Call) -> web.Response:
        desk = self._desk
        body = await read_body(call.http, desk.max_body)
        try:
            scenario = load_scenario(
                body, file=UPLOADED, grammar=desk.grammar, delivery=desk.engine.policy.delivery
            )
        except ScenarioError as error:
            return answer({"valid": False, "problems": problems(error)}, status=422)
        if scenario.name != call.args[0]:
            raise ControlError(422, f"The path says '{call.args[0]}', the scenario '{scenario.name}'.")
        new = desk.engine.namespaces.put_scenario(scenario, call.namespace, desk.driver.now())
        return answer({"data": scenario_view(scenario)}, status=201 if new else 200)

    async def _delete(self, call: Call) -> web.Response:
        if not self._desk.engine.namespaces.remove_scenario(call.args[0], call.namespace):
            raise ControlError(404, f"No scenario named '{call.args[0]}' is loaded there.")
        return nothing()

    async def _explain(self, call: Call) -> web.Response:
        scenario = self._named(call)
        imagined = self._desk.controls.start(await call.document(self._desk))
        return answer({"data": self._outlook(call, scenario, imagined)})

    def _outlook(self, call: Call, scenario: Scenario, imagined: ImaginedStart) -> View:
        """What a start would get from a scenario, which counts as loaded."""
        # a server starts the sooner without, and few are asked
        from emulator.core.outlook_question import ANY_CALL, ask  # noqa: PLC0415 - see above
        from emulator.core.outlook_views import explained  # noqa: PLC0415 - see above

        engine = self._desk.engine
        namespace = engine.namespaces.get(call.namespace or "")
        policy = (namespace.overrides.policy if namespace else None) or engine.policy
        asked = ask(
            engine.schemas,
            policy,
            plays=scenario.plays,
            call_control_id=imagined.call_control_id or ANY_CALL,
            headers=imagined.headers,
            body=imagined.body,
        )
        visible = {**engine.namespaces.visible_scenarios(call.namespace), scenario.name: scenario}
        queue = namespace.queue if namespace else None
        return explained(scenario, asked, Catalog.of(visible.values()), policy, queue)

    # --- the queue ---

    async def _queue(self, call: Call) -> web.Response:
        found = self._desk.engine.namespaces.get(call.one_namespace())
        return answer({"data": [queued_view(one) for one in found.queue] if found else []})

    async def _enqueue(self, call: Call) -> web.Response:
        desk, name = self._desk, call.one_namespace()
        order = desk.controls.order(
            await call.document(desk),
            known=desk.engine.namespaces.visible_scenarios(name),
            grammar=desk.grammar,
            delivery=desk.engine.policy.delivery,
        )
        queue = desk.engine.namespaces.turn(name, desk.driver.now()).namespace.queue
        return answer({"data": queued_view(queue.put(order.scenario, order.match, order.times))}, status=201)

    async def _clear(self, call: Call) -> web.Response:
        found = self._desk.engine.namespaces.get(call.one_namespace())
        if found is not None:
            found.queue.clear()
        return nothing()


def _flag(call: Call, name: str) -> bool:
    """A field of the query that is true or false; false where it is missing."""
    text = call.query.get(name, "false")
    if text not in {"true", "false"}:
        raise ControlError(422, f"The query's field '{name}' is one of true, false.")
    return text == "true"
