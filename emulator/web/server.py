"""The server: puts the parts together, listens, and ends cleanly.

Owns start, signals and shutdown. Must not answer requests: ``telnyx_api.py`` and ``control_api.py`` do.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import random
import secrets
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from emulator import __version__, logs, resources
from emulator.core.controls import Controls
from emulator.core.documents import error_reply
from emulator.core.engine import Engine
from emulator.core.errors import ConfigError, Fault, Malformed, Stopping, TargetRefused
from emulator.core.questions import Questions
from emulator.core.scenario.grammar import Grammar
from emulator.core.scenario.lint import lint_together
from emulator.core.scenario.load import load_scenarios
from emulator.core.signing import SEED_BYTES, Signer
from emulator.core.turn import Addresses
from emulator.core.validation import Schemas
from emulator.deafness import deafened, tell_of_deafness
from emulator.descriptors import for_webhooks, raise_limit
from emulator.web.control.call import PREFIX, Desk
from emulator.web.control_api import ControlApi
from emulator.web.credentials import KeyRing
from emulator.web.driver import Driver, wall
from emulator.web.fallback import Fallback
from emulator.web.guard import Guard
from emulator.web.listening import listen, own_url
from emulator.web.live.door import LiveDoor
from emulator.web.loopback import doubts
from emulator.web.openapi import describe
from emulator.web.protocol import Listener, ended
from emulator.web.replies import respond
from emulator.web.routes import origin_form
from emulator.web.sender import TOTAL, Sender
from emulator.web.steering import Steering
from emulator.web.targets import TargetPolicy, check_url
from emulator.web.telnyx_api import TelnyxApi
from emulator.web.tls import outgoing, prepare
from emulator.web.waiting import Waits
from emulator.web.watchers import Watchers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator
    from pathlib import Path

    from emulator.config import Settings
    from emulator.container import Container
    from emulator.core.models import JsonValue
    from emulator.core.scenario.model import Scenario

logger = logging.getLogger("emulator")

NAME = "telnyx-siprec-emulator"

_STOPPING_SECS = 5.0
"""How long answers under way may still take once deliveries are drained."""


class Server:
    """A running emulator.

    Attributes:
        url: Where it listens, without a trailing slash.
        port: The port, also where 0 was asked for.
        tls: What it shows, and what trusts it; None where it speaks plain HTTP.
        driver: For those who run the server in their own process.
        live: Real recording sessions.
    """

    def __init__(self, settings: Settings, container: Container | None = None) -> None:
        """Load everything; nothing listens yet.

        Args:
            settings: As ``config.load`` gives them.
            container: That the server has to itself, if any; what it says of webhooks to loopback rests on it.

        Raises:
            ScenarioError: A scenario file is wrong.
            ConfigError: The default scenario does not exist, or the address can't be listened on.
        """
        self.settings = settings
        self.tls = prepare(settings)
        self._trust = outgoing(settings) if self.tls is None else self.tls.trust
        self._socket = listen(settings.host, settings.port)
        self.port: int = self._socket.getsockname()[1]
        self.url = own_url(settings.host, self.port, self.tls)
        try:
            self._assemble(settings, container)
        except BaseException:
            self._socket.close()
            raise
        self._listener: Listener | None = None
        self._runner: web.ServerRunner | None = None
        self._stopping = False

    def _assemble(self, settings: Settings, container: Container | None) -> None:
        documents = resources.load_schemas()
        grammar = Grammar(documents["scenario.schema.json"])
        scenarios = _load_scenarios(settings, grammar)
        signer = Signer(seed=settings.signing_key or secrets.token_bytes(SEED_BYTES))
        engine = Engine(
            policy=settings.policy(),
            schemas=Schemas(documents),
            scenarios=scenarios,
            addresses=Addresses(
                webhook_url=settings.webhook_url,
                webhook_failover_url=settings.webhook_failover_url,
                receiver_url=f"{self.url}{PREFIX}/receiver",
            ),
            public_key=signer.public_key,
            randomness=random.Random,
        )
        self.watchers = Watchers(secrets.token_hex(4))
        self.driver = Driver(engine, watch=self.watchers.tell)
        self.sender = Sender(
            signer=signer,
            targets=_targets(settings),
            wall=wall,
            on_result=self.driver.delivered,
            container=container,
            tls=self._trust,
            total=for_webhooks(TOTAL),
        )
        self.live = LiveDoor(settings, told=self.driver.srs_reported)
        self.live.demand_settings()
        self.driver.attach(self.sender.submit, self.live.ask)
        guard = Guard(settings.admin_token, settings.host)
        self._fallback = self._behind(settings)
        self._telnyx = TelnyxApi(
            self.driver, KeyRing(settings.api_keys), max_body=settings.max_body, fallback=self._fallback
        )
        waits = Waits(self.driver)
        desk = Desk(
            driver=self.driver,
            waits=waits,
            steering=Steering(self.driver, waits),
            grammar=grammar,
            schemas=documents,
            controls=Controls(documents),
            questions=Questions(documents),
            live=self.live,
            max_body=settings.max_body,
        )
        self._waits = waits
        self._control = ControlApi(
            desk,
            guard=guard,
            watchers=self.watchers,
            openapi=partial(describe, documents, __version__),
            info=self.info,
            ready=lambda: not self._stopping,
            ca_pem=self.tls.ca_pem if self.tls else None,
        )

    def _behind(self, settings: Settings) -> Fallback | None:
        """What takes the routes that are not covered here."""
        if settings.fallback_url is None:
            return None
        return Fallback(
            settings.fallback_url,
            credentials=settings.fallback_credentials,
            timeout=settings.fallback_timeout,
            max_body=settings.max_body,
            tls=self._trust,
            journal=self.driver.forwarded,
        )

    def info(self) -> dict[str, JsonValue]:
        """What ``/info`` says."""
        settings, engine = self.settings, self.driver.engine
        return {
            "name": NAME,
            "version": __version__,
            "url": self.url,
            "public_key": engine.public_key,
            "webhook_url": settings.webhook_url,
            "fallback_url": settings.fallback_url,
            "realism": settings.realism,
            "validation": settings.validation,
            "default_scenario": settings.default_scenario,
            "clock": {"mode": settings.clock, "speed": settings.clock_speed},
            "seeded": settings.seed is not None,
            "any_api_key": not settings.api_keys,
            "scenarios": len(engine.namespaces.scenarios),
            "namespaces": len(engine.namespaces),
            "evicted_namespaces": engine.namespaces.evicted,
            "sending": {"in_flight": self.sender.in_flight, "waiting": self.sender.waiting},
        }

    async def start(self) -> None:
        """Listen and send."""
        await self.sender.start()
        self._listener = Listener(self._answer)
        self._runner = web.ServerRunner(self._listener, shutdown_timeout=_STOPPING_SECS)
        await self._runner.setup()
        shown = self.tls.server if self.tls else None
        await web.SockSite(self._runner, self._socket, backlog=1024, ssl_context=shown).start()
        if self.tls is not None:
            self.tls.tell(self.url)

    async def stop(self, drain_secs: float) -> None:
        """Take no more commands, let what is being sent end, hang up, journal the rest as abandoned, close all.

        Args:
            drain_secs: How long deliveries, and recording servers that are hung up on, may still take.
        """
        self._stopping = True
        await asyncio.gather(self.sender.drain(drain_secs), self.live.close(drain_secs))
        self.driver.stop()
        self._waits.stop()
        self.watchers.end_all()
        if self._runner is not None and self._listener is not None:
            await deafened(self._socket)
            connections = self._listener.open_connections()
            await self._runner.cleanup()
            await ended(connections)
        if self._fallback is not None:
            await self._fallback.close()
        await self.sender.close()

    async def _answer(self, http: web.BaseRequest) -> web.StreamResponse:
        try:
            if ControlApi.owns(origin_form(http.raw_path)):
                return await self._control.answer(http)
            if self._stopping:
                response = respond(error_reply(Stopping()))
                response.force_close()
                return response
            return await self._telnyx.answer(http)
        except ConnectionError:
            # the client has left: this is for nobody
            return respond(error_reply(Malformed()))
        except Exception:
            # the last line of defence: a fault of ours is logged and answered, and the server goes on
            logger.exception("fault", extra={"fields": {"method": http.method, "target": http.raw_path}})
            return respond(error_reply(Fault()))


def _load_scenarios(settings: Settings, grammar: Grammar) -> tuple[Scenario, ...]:
    """The built-in scenarios, and the user's: one of the same name stands in for the built-in."""
    policy = settings.policy()
    builtin = load_scenarios(_read(resources.scenario_files()), grammar=grammar, delivery=policy.delivery)
    own = load_scenarios(
        _read(resources.files_below(settings.scenarios)), grammar=grammar, delivery=policy.delivery
    )
    scenarios = {scenario.name: scenario for scenario in (*builtin, *own)}
    alike = lint_together(scenarios.values())
    for warning in (*(one for scenario in scenarios.values() for one in scenario.warnings), *alike):
        logger.warning("scenario", extra={"fields": {"warning": str(warning)}})
    if settings.default_scenario not in scenarios:
        names = ", ".join(sorted(scenarios))
        raise ConfigError.of(
            "--default-scenario", f"no scenario is named '{settings.default_scenario}'; there are {names}"
        )
    return tuple(scenarios.values())


def _targets(settings: Settings) -> TargetPolicy:
    """Where webhooks may go; a configured URL that is none of these is told now, not at the first event."""
    try:
        policy = TargetPolicy.parse(settings.allow_targets)
    except ValueError as error:
        raise ConfigError.of("--allow-target", str(error)) from None
    for flag, url in (
        ("--webhook-url", settings.webhook_url),
        ("--webhook-failover-url", settings.webhook_failover_url),
    ):
        try:
            if url:
                check_url(url, policy)
        except TargetRefused as refused:
            raise ConfigError.of(flag, str(refused)) from None
    return policy


def _read(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        try:
            yield str(path), path.read_bytes()
        except OSError as error:
            raise ConfigError.of("--scenarios", f"cannot read {path}: {error.strerror}") from None


@contextlib.asynccontextmanager
async def running(settings: Settings, container: Container | None = None) -> AsyncIterator[Server]:
    """A server in the running event loop, stopped and drained at the end.

    Args:
        settings: As ``config.load`` gives them.
        container: As of ``Server``.

    Yields:
        The server, listening.

    Raises:
        ScenarioError: A scenario file is wrong.
        ConfigError: A setting can't be put into effect, such as a port that is taken.
    """
    server = Server(settings, container)
    await server.start()
    try:
        yield server
    finally:
        await server.stop(settings.drain / 1_000_000)


def run(
    settings: Settings,
    on_ready: Callable[[Server], None] | None = None,
    *,
    container: Container | None = None,
) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit status.

    Args:
        settings: As ``config.load`` gives them.
        on_ready: Called once the server listens; without it the URL is printed as ``listening on <url>``.
        container: As of ``Server``.

    Returns:
        0 after a clean end.

    Raises:
        ScenarioError, ConfigError: As ``running``.
    """
    logs.setup(settings.log_format, settings.log_level, sys.stderr)
    raise_limit()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(settings, on_ready or _print_url, container))


async def _serve(settings: Settings, on_ready: Callable[[Server], None], container: Container | None) -> int:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    tell_of_deafness(loop)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(settings, container) as server:
        _calm_collector()
        if container is not None:
            for flag, doubt in doubts(settings, container, server.port):
                logger.warning("setting", extra={"fields": {"flag": flag, "warning": doubt}})
        logger.info("listening", extra={"fields": {"url": server.url}})
        on_ready(server)
        await stop.wait()
        logger.info("stopping", extra={"fields": {"drain_secs": settings.drain / 1_000_000}})
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
    logger.info("stopped")
    return 0


def _calm_collector() -> None:
    """Walk the heap less often: what was loaded stays for ever, and the journal's values hold no cycles."""
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    gc.enable()


def _print_url(server: Server) -> None:
    sys.stdout.write(f"listening on {server.url}\n")
    sys.stdout.flush()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Uvloop where it is installed; it is not for every platform."""
    try:
        import uvloop  # noqa: PLC0415 - optional
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
