"""The control API's routes as coroutines, for programs that run an event loop.

Owns what differs from the client that blocks: entering, closing, and the stream. What is asked and what an answer
means is the same by construction (``calls.py``). Imports aiohttp, so ``emulator.client`` imports it at first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.client import calls
from emulator.client.async_calling import AsyncCalling
from emulator.client.async_wire import AsyncEventStream, AsyncWire
from emulator.client.call import at
from emulator.client.emulator import TIMEOUT_SECS
from emulator.client.events import STREAM_TIMEOUT_SECS
from emulator.client.wire import peer_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType
    from typing import Self

    from emulator.client.answers import Document
    from emulator.client.call import Span
    from emulator.client.trust import Ca


class AsyncEmulatorClient(AsyncCalling):
    """``EmulatorClient``'s twin for asyncio: same methods, arguments, results and errors, each awaited.

    ::

        async with AsyncEmulatorClient("http://127.0.0.1:12111", api_key="KEY_of_this_test") as emulator:
            await emulator.queue("srs-busy")

    Calls may be under way at once, all in the event loop in which it was entered. A call outside of ``async with``
    is a ``RuntimeError``.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        api_key: str | None = None,
        timeout: float = TIMEOUT_SECS,
        ca: Ca = None,
    ) -> None:
        """Connect to nothing yet; arguments and errors as of ``EmulatorClient``."""
        self._wire = AsyncWire(peer_at(base_url, token, api_key, timeout, ca))

    async def __aenter__(self) -> Self:
        """Itself, ready to ask.

        Raises:
            RuntimeError: It was entered already.
        """
        self._wire.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection, also those of streams."""
        await self._wire.close()

    @property
    def base_url(self) -> str:
        """Scheme, host and port."""
        return self._wire.peer.base_url

    # --- the server ---

    async def health(self) -> bool:
        """As ``EmulatorClient.health``."""
        return await self._wire.carry_out(calls.health())

    async def ready(self) -> bool:
        """As ``EmulatorClient.ready``."""
        return await self._wire.carry_out(calls.ready())

    async def info(self) -> Document:
        """As ``EmulatorClient.info``."""
        return await self._wire.carry_out(calls.info())

    async def reset(self, namespace: str | None = None) -> str:
        """As ``EmulatorClient.reset``."""
        return await self._wire.carry_out(calls.reset(namespace))

    def events(self, namespace: str | None = None, *, timeout: float = STREAM_TIMEOUT_SECS) -> AsyncEventStream:
        """What happens from now on, as an async iterator.

        ::

            async with emulator.events() as events:  # once this is entered, nothing is missed
                async for event in events: ...

        Args:
            namespace: Its events only.
            timeout: Seconds of silence after which the connection counts as broken.
        """
        return AsyncEventStream(self._wire, at("events", namespace=namespace), timeout)

    # --- what happened ---

    async def requests(self, **filters: str) -> list[Document]:
        """As ``EmulatorClient.requests``."""
        return await self._wire.carry_out(calls.requests(filters))

    async def webhooks(self, **filters: str) -> list[Document]:
        """As ``EmulatorClient.webhooks``."""
        return await self._wire.carry_out(calls.webhooks(filters))

    async def sessions(self, **filters: str) -> list[Document]:
        """As ``EmulatorClient.sessions``."""
        return await self._wire.carry_out(calls.sessions(filters))

    async def received(self, **filters: str) -> list[Document]:
        """As ``EmulatorClient.received``."""
        return await self._wire.carry_out(calls.received(filters))

    async def request(self, request_id: int | str, namespace: str | None = None) -> Document:
        """As ``EmulatorClient.request``."""
        return await self._wire.carry_out(calls.one("requests", request_id, namespace))

    async def webhook(self, webhook_id: int | str, namespace: str | None = None) -> Document:
        """As ``EmulatorClient.webhook``."""
        return await self._wire.carry_out(calls.one("webhooks", webhook_id, namespace))

    async def session(self, session_id: str, namespace: str | None = None) -> Document:
        """As ``EmulatorClient.session``."""
        return await self._wire.carry_out(calls.one("sessions", session_id, namespace))

    async def session_story(self, session_id: str, namespace: str | None = None) -> Document:
        """As ``EmulatorClient.session_story``."""
        return await self._wire.carry_out(calls.story("sessions", session_id, namespace))

    async def call_story(self, call_control_id: str, namespace: str | None = None) -> Document:
        """As ``EmulatorClient.call_story``."""
        return await self._wire.carry_out(calls.story("calls", call_control_id, namespace))

    async def webhook_story(self, webhook_id: int | str, namespace: str | None = None) -> Document:
        """As ``EmulatorClient.webhook_story``."""
        return await self._wire.carry_out(calls.story("webhooks", webhook_id, namespace))

    async def session_scenario(self, session_id: str, namespace: str | None = None) -> Document:
        """As ``EmulatorClient.session_scenario``."""
        return await self._wire.carry_out(calls.session_scenario(session_id, namespace))

    async def sip_messages(self, session_id: str, namespace: str | None = None) -> list[Document]:
        """As ``EmulatorClient.sip_messages``."""
        return await self._wire.carry_out(calls.sip_messages(session_id, namespace))

    async def pcap(self, session_id: str, namespace: str | None = None) -> bytes:
        """As ``EmulatorClient.pcap``."""
        return await self._wire.carry_out(calls.pcap(session_id, namespace))

    async def problems(self, namespace: str | None = None) -> list[Document]:
        """As ``EmulatorClient.problems``."""
        return await self._wire.carry_out(calls.problems(namespace))

    async def near_misses(self, namespace: str | None = None) -> list[Document]:
        """As ``EmulatorClient.near_misses``."""
        return await self._wire.carry_out(calls.near_misses(namespace))

    async def verify(
        self,
        kind: str,
        matchers: Mapping[str, object] | None = None,
        *,
        count: int | Mapping[str, int] | None = None,
        last: Span | None = None,
        within: Span | None = None,
        view: str | None = None,
        namespace: str | None = None,
    ) -> Document:
        """As ``EmulatorClient.verify``."""
        return await self._wire.carry_out(
            calls.verify(kind, matchers, count=count, last=last, within=within, view=view, namespace=namespace)
        )

    async def wait(
        self,
        kind: str,
        matchers: Mapping[str, object] | None = None,
        *,
        count: int | None = None,
        timeout: Span | None = None,  # noqa: ASYNC109 - the server's bound, not a way to cancel
        view: str | None = None,
        namespace: str | None = None,
    ) -> Document:
        """As ``EmulatorClient.wait``."""
        return await self._wire.carry_out(
            calls.wait(kind, matchers, count=count, timeout=timeout, view=view, namespace=namespace)
        )

    # --- time ---

    async def clock(self, namespace: str | None = None) -> Document:
        """As ``EmulatorClient.clock``."""
        return await self._wire.carry_out(calls.clock(namespace))

    async def set_clock(
        self,
        *,
        mode: str | None = None,
        speed: float | None = None,
        time: str | None = None,
        namespace: str | None = None,
    ) -> Document:
        """As ``EmulatorClient.set_clock``."""
        return await self._wire.carry_out(calls.set_clock(mode=mode, speed=speed, time=time, namespace=namespace))

    async def advance(
        self,
        by: Span | None = None,
        *,
        to: str | None = None,
        until: str | None = None,
        namespace: str | None = None,
    ) -> Document:
        """As ``EmulatorClient.advance``."""
        return await self._wire.carry_out(calls.advance(by, to=to, until=until, namespace=namespace))

    # --- scenarios and settings ---

    async def put_scenario(
        self, scenario: str | Mapping[str, object], name: str, *, namespace: str | None = None
    ) -> Document:
        """As ``EmulatorClient.put_scenario``."""
        return await self._wire.carry_out(calls.put_scenario(scenario, name, namespace=namespace))

    async def validate_scenario(self, text: str, *, file: str | None = None) -> Document:
        """As ``EmulatorClient.validate_scenario``."""
        return await self._wire.carry_out(calls.validate_scenario(text, file=file))

    async def explain(
        self,
        name: str,
        *,
        call_control_id: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        namespace: str | None = None,
    ) -> Document:
        """As ``EmulatorClient.explain``."""
        return await self._wire.carry_out(
            calls.explain(name, call_control_id=call_control_id, headers=headers, body=body, namespace=namespace)
        )

    async def queue(
        self,
        scenario: str | Mapping[str, object],
        *,
        match: Mapping[str, object] | None = None,
        times: int | None = None,
        namespace: str | None = None,
    ) -> Document:
        """As ``EmulatorClient.queue``."""
        return await self._wire.carry_out(calls.queue(scenario, match=match, times=times, namespace=namespace))

    async def queued(self, namespace: str | None = None) -> list[Document]:
        """As ``EmulatorClient.queued``."""
        return await self._wire.carry_out(calls.queued(namespace))

    async def clear_queue(self, namespace: str | None = None) -> None:
        """As ``EmulatorClient.clear_queue``."""
        await self._wire.carry_out(calls.clear_queue(namespace))

    async def faults(self, namespace: str | None = None) -> Document:
        """As ``EmulatorClient.faults``."""
        return await self._wire.carry_out(calls.faults(namespace))

    async def set_faults(self, faults: Mapping[str, object], *, namespace: str | None = None) -> Document:
        """As ``EmulatorClient.set_faults``."""
        return await self._wire.carry_out(calls.set_faults(faults, namespace=namespace))

    async def add_faults(self, faults: Mapping[str, object], *, namespace: str | None = None) -> Document:
        """As ``EmulatorClient.add_faults``."""
        return await self._wire.carry_out(calls.add_faults(faults, namespace=namespace))

    async def clear_faults(self, namespace: str | None = None) -> None:
        """As ``EmulatorClient.clear_faults``."""
        await self._wire.carry_out(calls.clear_faults(namespace))

    async def reception(self, namespace: str | None = None) -> Document:
        """As ``EmulatorClient.reception``."""
        return await self._wire.carry_out(calls.reception(namespace))

    async def set_reception(
        self, answers: Iterable[Mapping[str, object]] = (), *, namespace: str | None = None
    ) -> Document:
        """As ``EmulatorClient.set_reception``."""
        return await self._wire.carry_out(calls.set_reception(answers, namespace=namespace))

    async def add_reception(
        self, answers: Iterable[Mapping[str, object]], *, namespace: str | None = None
    ) -> Document:
        """As ``EmulatorClient.add_reception``."""
        return await self._wire.carry_out(calls.add_reception(answers, namespace=namespace))

    async def namespaces(self, namespace: str | None = None) -> list[Document]:
        """As ``EmulatorClient.namespaces``."""
        return await self._wire.carry_out(calls.namespaces(namespace))

    async def configure_namespace(self, namespace: str = "self", /, **settings: object) -> Document:
        """As ``EmulatorClient.configure_namespace``."""
        return await self._wire.carry_out(calls.configure_namespace(namespace, settings))

    async def forget_namespace(self, namespace: str = "self", /) -> None:
        """As ``EmulatorClient.forget_namespace``."""
        await self._wire.carry_out(calls.forget_namespace(namespace))

    # --- by hand ---

    async def replay(
        self,
        webhook_id: str,
        *,
        set: Mapping[str, object] | None = None,  # noqa: A002 - as the control API calls it
        remove: Iterable[str] = (),
        new_id: bool = False,
        deliver: Mapping[str, object] | None = None,
        sign: Mapping[str, object] | None = None,
        namespace: str | None = None,
    ) -> Document:
        """As ``EmulatorClient.replay``."""
        return await self._wire.carry_out(
            calls.replay(
                webhook_id, set=set, remove=remove, new_id=new_id, deliver=deliver, sign=sign, namespace=namespace
            )
        )

    async def emit(
        self,
        session_id: str,
        event_type: str,
        *,
        set: Mapping[str, object] | None = None,  # noqa: A002 - as the control API calls it
        remove: Iterable[str] = (),
        deliver: Mapping[str, object] | None = None,
        sign: Mapping[str, object] | None = None,
        namespace: str | None = None,
    ) -> Document:
        """As ``EmulatorClient.emit``."""
        return await self._wire.carry_out(
            calls.emit(
                session_id, event_type, set=set, remove=remove, deliver=deliver, sign=sign, namespace=namespace
            )
        )
