"""The control API under ``/_emulator``: what happened, what is loaded, what is set.

Owns the routes and their answers (docs/control-api.md). Must not hold state: the engine's namespaces and journals
do. A namespace is named by ``?namespace=<id>``, by the Authorization header of the API key itself, or by ``self``
in a path; without any, lists show every namespace and changes concern the whole server.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl, unquote

from aiohttp import web

from emulator.core.body import decode_json
from emulator.core.documents import error_document, pretty
from emulator.core.errors import ApiError, ControlError, MethodNotAllowed, ScenarioError
from emulator.core.scenario.load import load_scenario
from emulator.core.views import namespace_view, scenario_view
from emulator.web import records
from emulator.web.credentials import bearer, namespace_of
from emulator.web.receiver import receive
from emulator.web.replies import SERVER
from emulator.web.routes import origin_form
from emulator.web.settings_patch import read_settings
from emulator.web.telnyx_api import read_body

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from emulator.core.models import JsonValue
    from emulator.core.scenario.grammar import Grammar
    from emulator.web.driver import Driver
    from emulator.web.guard import Guard
    from emulator.web.watchers import Watchers

PREFIX = "/_emulator"

UPLOADED = "<control API>"
"""What problems call a scenario that came by PUT."""


class Call:
    """One request to the control API, taken apart.

    Attributes:
        http: As aiohttp gives it.
        args: The path's parameters, decoded.
        query: The query's fields; of one that comes twice the last counts.
        namespace: The id that the request names, None for all.
    """

    def __init__(self, http: web.BaseRequest, guard: Guard) -> None:
        """Take a request apart; its path's parameters are filled in by the routing."""
        self.http = http
        self.args: tuple[str, ...] = ()
        self.query = dict(parse_qsl(http.raw_path.partition("?")[2], keep_blank_values=True))
        self.namespace = self._namespace(guard)

    def _namespace(self, guard: Guard) -> str | None:
        named = self.query.get("namespace")
        if named:
            return named
        token = bearer(self.http.headers.get("Authorization"))
        return None if token is None or guard.is_admin(self.http.headers) else namespace_of(token)


Handler: TypeAlias = "Callable[[Call], Awaitable[web.StreamResponse]]"


class ControlApi:
    """Answers what lies under ``/_emulator``."""

    @staticmethod
    def owns(target: str) -> bool:
        """Whether a request target, in origin form, is the control API's."""
        path = target.partition("?")[0]
        return path == PREFIX or path.startswith(f"{PREFIX}/")

    def __init__(  # noqa: PLR0913 - everything that a control API shows
        self,
        driver: Driver,
        *,
        guard: Guard,
        watchers: Watchers,
        grammar: Grammar,
        schemas: Mapping[str, JsonValue],
        openapi: Callable[[], JsonValue],
        info: Callable[[], dict[str, JsonValue]],
        ready: Callable[[], bool],
        max_body: int,
    ) -> None:
        """Serve one driver.

        Args:
            driver: Whose engine is shown.
            guard: Lets requests pass or not.
            watchers: Take the subscriptions of ``/events``.
            grammar: Of scenarios that are put.
            schemas: File name to schema document.
            openapi: Makes the description of everything that is answered.
            info: What ``/info`` says.
            ready: Whether commands are taken.
            max_body: Bytes of a request body.
        """
        self._driver = driver
        self._engine = driver.engine
        self._guard = guard
        self._watchers = watchers
        self._grammar = grammar
        self._schemas = schemas
        self._openapi = openapi
        self._info = info
        self._ready = ready
        self._max_body = max_body
        self._routes: dict[tuple[str, ...], dict[str, Handler]] = {
            ("",): {"GET": self._index},
            ("health",): dict.fromkeys(("GET", "HEAD"), self._health),
            ("ready",): dict.fromkeys(("GET", "HEAD"), self._readiness),
            ("info",): {"GET": self._about},
            ("openapi.json",): {"GET": self._description},
            ("schemas",): {"GET": self._schema_names},
            ("schemas", "{}"): {"GET": self._schema},
            ("public-key",): {"GET": self._public_key},
            ("events",): {"GET": self._events},
            ("reset",): {"POST": self._reset},
            ("scenarios",): {"GET": self._scenarios},
            ("scenarios", "validate"): {"POST": self._validate},
            ("scenarios", "{}"): {
                "GET": self._scenario,
                "PUT": self._put_scenario,
                "DELETE": self._delete_scenario,
            },
            ("namespaces",): {"GET": self._namespaces},
            ("namespaces", "{}"): {
                "GET": self._namespace,
                "PUT": self._put_namespace,
                "DELETE": self._delete_namespace,
            },
            ("sessions",): {"GET": self._sessions},
            ("sessions", "{}"): {"GET": self._session},
            ("requests",): {"GET": self._requests, "DELETE": self._forget},
            ("requests", "{}"): {"GET": self._request},
            ("webhooks",): {"GET": self._webhooks},
            ("webhooks", "{}"): {"GET": self._webhook},
            ("received",): {"GET": self._received},
            ("receiver", "{}"): dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), self._receive),
        }

    async def answer(self, http: web.BaseRequest) -> web.StreamResponse:
        """Answer one request whose path starts with the prefix."""
        path = origin_form(http.raw_path).partition("?")[0].removeprefix(PREFIX)
        try:
            call = Call(http, self._guard)
            handler = self._resolve(call, path)
            if handler != self._receive:
                self._guard.check(path, http.headers)
            return await handler(call)
        except ApiError as error:
            return self._refuse(error)

    def _refuse(self, error: ApiError) -> web.Response:
        response = web.Response(status=error.status, body=error_document(error.items), headers=dict(error.headers))
        response.content_type = "application/json"
        response.headers["Server"] = SERVER
        if error.status == 413:  # noqa: PLR2004 - the rest of the body would be read as the next request
            response.force_close()
        return response

    def _resolve(self, call: Call, path: str) -> Handler:
        segments = path[1:].split("/")
        for pattern, methods in self._routes.items():
            if len(pattern) != len(segments):
                continue
            if all(
                wanted == found or (wanted == "{}" and found)
                for wanted, found in zip(pattern, segments, strict=True)
            ):
                handler = methods.get(call.http.method)
                if handler is None:
                    raise MethodNotAllowed(methods)
                call.args = tuple(
                    unquote(one) for one, wanted in zip(segments, pattern, strict=True) if wanted == "{}"
                )
                return handler
        raise ControlError(404, f"The control API has no {PREFIX}{path}; see {PREFIX}/openapi.json.")

    # --- the server ---

    async def _index(self, _call: Call) -> web.Response:
        links = [
            "/".join((PREFIX, *pattern)) for pattern in self._routes if "{}" not in pattern and pattern != ("",)
        ]
        return _json({"name": "telnyx-siprec-emulator", "links": links})

    async def _health(self, _call: Call) -> web.Response:
        return _json({"status": "ok"})

    async def _readiness(self, _call: Call) -> web.Response:
        if self._ready():
            return _json({"status": "ready"})
        return _json({"status": "stopping"}, status=503)

    async def _about(self, _call: Call) -> web.Response:
        return _json(self._info())

    async def _description(self, _call: Call) -> web.Response:
        return _json(self._openapi())

    async def _schema_names(self, _call: Call) -> web.Response:
        return _json({"data": sorted(self._schemas)})

    async def _schema(self, call: Call) -> web.Response:
        name = call.args[0]
        document = self._schemas.get(name, self._schemas.get(f"{name}.schema.json"))
        if document is None:
            raise ControlError(404, f"There is no schema '{name}'; {PREFIX}/schemas lists them.")
        return _json(document)

    async def _public_key(self, _call: Call) -> web.Response:
        return _json({"public_key": self._engine.public_key})

    async def _events(self, call: Call) -> web.StreamResponse:
        watcher = self._watchers.subscribe(call.namespace)
        if watcher is None:
            raise ControlError(503, "As many watch as may; close another stream first.")
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "Server": SERVER}
        response = web.StreamResponse(headers=headers)
        try:
            await response.prepare(call.http)
            await response.write(b": watching\n\n")
            async for event in watcher.events():
                await response.write(event)
        except (ConnectionResetError, asyncio.CancelledError):
            # the watcher has gone: there is nobody to tell
            return response
        finally:
            self._watchers.unsubscribe(watcher)
        return response

    async def _reset(self, call: Call) -> web.Response:
        self._driver.reset(call.namespace)
        return _json({"reset": call.namespace or "all"})

    # --- scenarios ---

    async def _scenarios(self, call: Call) -> web.Response:
        visible = self._engine.namespaces.visible_scenarios(call.namespace)
        return _json({"data": [scenario_view(visible[name]) for name in sorted(visible)]})

    async def _scenario(self, call: Call) -> web.Response:
        found = self._engine.namespaces.visible_scenarios(call.namespace).get(call.args[0])
        if found is None:
            raise ControlError(404, f"No scenario named '{call.args[0]}' is loaded.")
        if "yaml" in call.http.headers.get("Accept", ""):
            return web.Response(text=found.text, content_type="application/yaml", headers={"Server": SERVER})
        return _json({"data": {**scenario_view(found), "text": found.text}})

    async def _validate(self, call: Call) -> web.Response:
        body = await read_body(call.http, self._max_body)
        try:
            scenario = load_scenario(
                body,
                file=call.query.get("file", UPLOADED),
                grammar=self._grammar,
                delivery=self._engine.policy.delivery,
            )
        except ScenarioError as error:
            return _json({"valid": False, "problems": _problems(error)})
        return _json({"valid": True, "problems": [], "scenario": scenario_view(scenario)})

    async def _put_scenario(self, call: Call) -> web.Response:
        body = await read_body(call.http, self._max_body)
        try:
            scenario = load_scenario(
                body, file=UPLOADED, grammar=self._grammar, delivery=self._engine.policy.delivery
            )
        except ScenarioError as error:
            return _json({"valid": False, "problems": _problems(error)}, status=422)
        if scenario.name != call.args[0]:
            raise ControlError(422, f"The path says '{call.args[0]}', the scenario '{scenario.name}'.")
        new = self._engine.namespaces.put_scenario(scenario, call.namespace, self._driver.now())
        return _json({"data": scenario_view(scenario)}, status=201 if new else 200)

    async def _delete_scenario(self, call: Call) -> web.Response:
        if not self._engine.namespaces.remove_scenario(call.args[0], call.namespace):
            raise ControlError(404, f"No scenario named '{call.args[0]}' is loaded there.")
        return web.Response(status=204, headers={"Server": SERVER})

    # --- namespaces ---

    async def _namespaces(self, call: Call) -> web.Response:
        chosen = records.chosen(self._engine, call.namespace)
        return _json({"data": [namespace_view(one) for one in chosen]})

    def _named(self, call: Call) -> str:
        if call.args[0] != "self":
            return call.args[0]
        if call.namespace is None:
            raise ControlError(422, "'self' is the namespace of the Authorization header, which is missing.")
        return call.namespace

    async def _namespace(self, call: Call) -> web.Response:
        found = self._engine.namespaces.get(self._named(call))
        if found is None:
            raise ControlError(404, "That namespace has not been used yet.")
        return _json({"data": namespace_view(found)})

    async def _put_namespace(self, call: Call) -> web.Response:
        name = self._named(call)
        document = decode_json(await read_body(call.http, self._max_body))
        overrides, calls = read_settings(document, self._engine.policy)
        known = self._engine.namespaces.visible_scenarios(name)
        if overrides.policy is not None and overrides.policy.default_scenario not in known:
            raise ControlError(
                422,
                f"No scenario named '{overrides.policy.default_scenario}' is loaded.",
                pointer="/default_scenario",
            )
        namespace = self._engine.configure(name, overrides, calls, self._driver.now())
        return _json({"data": namespace_view(namespace)})

    async def _delete_namespace(self, call: Call) -> web.Response:
        self._driver.reset(self._named(call))
        return web.Response(status=204, headers={"Server": SERVER})

    # --- what happened ---

    async def _sessions(self, call: Call) -> web.Response:
        return _json(records.sessions(self._engine, call.namespace, call.query))

    async def _session(self, call: Call) -> web.Response:
        return _json({"data": records.session(self._engine, call.namespace, call.args[0])})

    async def _requests(self, call: Call) -> web.Response:
        return _json(records.requests(self._engine, call.namespace, call.query))

    async def _request(self, call: Call) -> web.Response:
        return _json({"data": records.request(self._engine, call.namespace, call.args[0])})

    async def _forget(self, call: Call) -> web.Response:
        for namespace in records.chosen(self._engine, call.namespace):
            namespace.journal.clear()
        return web.Response(status=204, headers={"Server": SERVER})

    async def _webhooks(self, call: Call) -> web.Response:
        return _json(records.webhooks(self._engine, call.namespace, call.query))

    async def _webhook(self, call: Call) -> web.Response:
        return _json({"data": records.webhook(self._engine, call.namespace, call.args[0])})

    async def _received(self, call: Call) -> web.Response:
        return _json(records.received(self._engine, call.namespace, call.query))

    async def _receive(self, call: Call) -> web.Response:
        body = await read_body(call.http, self._max_body)
        self._driver.received(call.args[0], receive(call.http, body, self._engine.public_key))
        return web.Response(status=200, headers={"Server": SERVER})


def _json(document: JsonValue, *, status: int = 200) -> web.Response:
    return web.Response(
        status=status, body=pretty(document), content_type="application/json", headers={"Server": SERVER}
    )


def _problems(error: ScenarioError) -> list[dict[str, JsonValue]]:
    return [
        {"file": one.file, "line": one.line, "column": one.column, "message": one.message, "text": str(one)}
        for one in error.problems
    ]
