"""A whole emulator inside a test or a script: ``running_emulator``.

Owns where it runs (a thread with an event loop of its own, or the loop that runs already), how it ends, and what
its user is handed. Touches neither the environment, nor signals, nor the logging of the process that it is a guest
in. In the package only the pytest fixture may import it.

One name serves both worlds, since ``with`` and ``async with`` already say in which one it is: what is yielded
differs in the client alone, and a type checker knows which one that is.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from emulator.client import PREFIX, AsyncEmulatorClient, EmulatorClient
from emulator.client.environment import environment
from emulator.config import Settings, load
from emulator.core.durations import format_duration
from emulator.core.scenario.suggest import did_you_mean
from emulator.deafness import tell_of_deafness
from emulator.options import CA_FILE, OPTIONS, Option, show_duration
from emulator.steady import steady_loop
from emulator.web.credentials import namespace_of
from emulator.web.server import Server, running

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterator, Mapping
    from contextlib import AbstractAsyncContextManager, AbstractContextManager
    from pathlib import Path
    from types import TracebackType

Client = TypeVar("Client")

_DEFAULTS: Mapping[str, object] = {"port": 0, "drain": 0}
"""A free port, and an end that waits for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningEmulator(Generic[Client]):
    """A running emulator, and an API key of one's own there.

    Attributes:
        base_url: What a Telnyx SDK is given, with ``/v2``.
        api_key: Nobody else's, so its namespace is empty.
        public_key: Verifies webhooks; Base64.
        webhook_url: Where webhooks go unless a request or the namespace says otherwise: as set, else the
            emulator's own receiver.
        client: The control API, as this API key: ``EmulatorClient``, or ``AsyncEmulatorClient`` in ``async with``.
        trust: Verifies the emulator's certificate, for ``httpx.Client(verify=...)``; True where it speaks no TLS.
        ca_pem: The certificate of its own authority, where it has one.
        ca_file: The same as a file, where ``tls_dir`` keeps it.
    """

    base_url: str
    api_key: str
    public_key: str
    webhook_url: str
    client: Client
    trust: ssl.SSLContext | bool = True
    ca_pem: str | None = None
    ca_file: Path | None = None

    @property
    def env(self) -> dict[str, str]:
        """The variables by which every official Telnyx SDK finds the emulator; a new dictionary each time.

        With a ``ca_file`` also those by which OpenSSL (and so Python's httpx), Node.js and requests trust it.
        """
        return environment(self.base_url, self.api_key, self.public_key, self.ca_file)


def running_emulator(**settings: object) -> Running:
    """An emulator that runs for the length of a block.

    ::

        with running_emulator(default_scenario="srs-busy") as emulator:
            ...  # a thread of its own
        async with running_emulator() as emulator:
            ...  # the running event loop

    Args:
        settings: The fields of ``emulator.config.Settings``; each as its value there (durations in microseconds)
            or as a configuration file writes it (``"250ms"``, ``"manual"``). Beside ``port=0`` and ``drain=0`` the
            defaults are those of ``siprec-emulator serve``; the environment does not count.

    Returns:
        What ``with`` and ``async with`` take; both may raise ``ScenarioError`` and ``ConfigError``, as the server.

    Raises:
        TypeError: There is no such setting.
        ConfigError: A value is wrong.
    """
    return Running(_settings({**_DEFAULTS, **settings}))


class Running:
    """One emulator at a time: not yet, now, or no more. It may be entered again once it was left."""

    def __init__(self, settings: Settings) -> None:
        """Start nothing yet."""
        self._settings = settings
        self._blocking: AbstractContextManager[RunningEmulator[EmulatorClient]] | None = None
        self._awaited: AbstractAsyncContextManager[RunningEmulator[AsyncEmulatorClient]] | None = None

    def __enter__(self) -> RunningEmulator[EmulatorClient]:
        """Start it in a thread; once this returns, it takes commands.

        Raises:
            ScenarioError, ConfigError: As the server.
            RuntimeError: It runs already.
        """
        self._must_rest()
        entered = _in_thread(self._settings)
        emulator = entered.__enter__()
        self._blocking = entered
        return emulator

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, and wait until its thread has ended."""
        entered, self._blocking = self._blocking, None
        if entered is not None:
            entered.__exit__(kind, error, trace)

    async def __aenter__(self) -> RunningEmulator[AsyncEmulatorClient]:
        """Start it in the running loop; once this returns, it takes commands. Errors as of ``with``."""
        self._must_rest()
        entered = _in_loop(self._settings)
        emulator = await entered.__aenter__()
        self._awaited = entered
        return emulator

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it; none of its tasks and sockets is left."""
        entered, self._awaited = self._awaited, None
        if entered is not None:
            await entered.__aexit__(kind, error, trace)

    def _must_rest(self) -> None:
        if self._blocking is not None or self._awaited is not None:
            raise RuntimeError("this emulator runs already; call running_emulator() once for each")


# --- settings ---


def _settings(given: Mapping[str, object]) -> Settings:
    """Read as flags are, so that a wrong value is refused in the same words."""
    options = {option.name: option for option in OPTIONS}
    known = [setting.name for setting in fields(Settings)]
    for name in given:
        if name not in known:
            raise TypeError(f"there is no setting {name!r}{did_you_mean(name, known)}")
    # what has no text: nothing at all, a key's bytes, and calls, which are no option
    plain = {name: value for name, value in given.items() if _has_no_text(value) or name not in options}
    flags = {name: _texts(options[name], value) for name, value in given.items() if name not in plain}
    settings = load(flags, environ={}).settings
    return replace(settings, **plain)  # type: ignore[arg-type] # these are values already


def _has_no_text(value: object) -> bool:
    return value is None or isinstance(value, bytes)


def _texts(option: Option, value: object) -> str | list[str]:
    if option.many and isinstance(value, Sequence) and not isinstance(value, str):
        return [str(one) for one in value]
    if option.show is show_duration and isinstance(value, int):
        return format_duration(value)
    return str(value)


# --- running ---


class _Background:
    """A server in a thread with an event loop of its own."""

    def __init__(self, settings: Settings) -> None:
        """Begin; ``started`` tells when it listens, or why it does not."""
        self.started: Future[Server] = Future()
        self._settings = settings
        self._end: Future[None] = Future()
        self._ended: Future[None] = Future()
        self._process = os.getpid()
        # a program that ends inside of the block must not wait for it
        self._thread = threading.Thread(target=self._live, name="siprec-emulator", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the server and the thread; raises what its end failed with."""
        if os.getpid() != self._process:
            # a fork has no threads but the one that forked, and the server is not its to end
            return
        if not self._end.done():
            self._end.set_result(None)
        self._thread.join()
        self._ended.result()

    def _live(self) -> None:
        try:
            with asyncio.Runner(loop_factory=steady_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - it is told to the thread that waits
            told = self._ended if self.started.done() else self.started
            told.set_exception(error)
        if not self._ended.done():
            self._ended.set_result(None)

    async def _serve(self) -> None:
        tell_of_deafness(asyncio.get_running_loop())
        async with running(self._settings) as server:
            self.started.set_result(server)
            await asyncio.wrap_future(self._end)


@contextmanager
def _in_thread(settings: Settings) -> Iterator[RunningEmulator[EmulatorClient]]:
    key = _fresh_key()
    background = _Background(_admitting(settings, key))
    try:
        server = background.started.result()
        trust = server.tls.trust if server.tls else None
        yield _handle(server, key, EmulatorClient(server.url, settings.admin_token, api_key=key, ca=trust))
    finally:
        background.stop()


@asynccontextmanager
async def _in_loop(settings: Settings) -> AsyncIterator[RunningEmulator[AsyncEmulatorClient]]:
    key = _fresh_key()
    async with (
        running(_admitting(settings, key)) as server,
        AsyncEmulatorClient(
            server.url, settings.admin_token, api_key=key, ca=server.tls.trust if server.tls else None
        ) as client,
    ):
        yield _handle(server, key, client)


def _fresh_key() -> str:
    """In the form of Telnyx's keys: a public id and a secret."""
    return f"KEY{secrets.token_hex(16).upper()}_{secrets.token_urlsafe(16)}"


def _admitting(settings: Settings, key: str) -> Settings:
    """Where keys are listed, this one is listed too."""
    return replace(settings, api_keys=(*settings.api_keys, key)) if settings.api_keys else settings


def _handle(server: Server, key: str, client: Client) -> RunningEmulator[Client]:
    receiver = f"{server.url}{PREFIX}/receiver/{namespace_of(key)}"
    tls, folder = server.tls, server.settings.tls_dir
    return RunningEmulator(
        base_url=f"{server.url}/v2",
        api_key=key,
        public_key=server.driver.engine.public_key,
        webhook_url=server.settings.webhook_url or receiver,
        client=client,
        trust=tls.trust if tls else True,
        ca_pem=tls.ca_pem if tls else None,
        ca_file=folder / CA_FILE if folder else None,
    )
