"""The control API on kept connections: which are used again, and what ends them."""

from __future__ import annotations

import gc
import os
import select
import socket
import warnings
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from emulator.client import EmulatorClient
from emulator.client.kept import KeptWire
from emulator.client.wire import peer_at
from emulator.core.errors import ControlUnreachable
from emulator.testing import running_emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BOUND_SECS = 10
OK = b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"status": "ok"}'


@pytest.fixture
def wire() -> Iterator[KeptWire]:
    with running_emulator() as running:
        wire = KeptWire(peer_at(running.client.base_url, None, running.api_key, BOUND_SECS))
        yield wire
        wire.close()


@pytest.fixture
def client(wire: KeptWire) -> EmulatorClient:
    return EmulatorClient.over(wire)


class Counting:
    """A server that answers each connection as it is told, and counts them.

    Attributes:
        connections: How many so far.
    """

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        """Listen; ``serve`` is given each connection in turn."""
        self.connections = 0
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = Thread(target=self._live)
        self._thread.start()

    def _live(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                self._serve(connection)

    def close(self) -> None:
        """Listen no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(BOUND_SECS)


@pytest.fixture
def counting() -> Iterator[Callable[[Callable[[socket.socket], None]], Counting]]:
    made: list[Counting] = []

    def make(serve: Callable[[socket.socket], None]) -> Counting:
        made.append(Counting(serve))
        return made[-1]

    yield make
    for one in made:
        one.close()


def until_closed(connection: socket.socket) -> None:
    """Answer every request until the client leaves."""
    while connection.recv(65_536):
        connection.sendall(OK)


def once(connection: socket.socket) -> None:
    """Answer one request, then close without a word of it in the answer."""
    connection.recv(65_536)
    connection.sendall(OK)


def kept(url: str) -> tuple[KeptWire, EmulatorClient]:
    wire = KeptWire(peer_at(url, None, None, BOUND_SECS))
    return wire, EmulatorClient.over(wire)


def test_it_asks_what_every_client_asks(client: EmulatorClient) -> None:
    assert client.health()
    client.configure_namespace(seed="kept")
    assert [one["settings"]["seed"] for one in client.namespaces()] == ["kept"]
    client.forget_namespace()
    assert client.namespaces() == []


def test_one_connection_serves_one_question_after_another(
    counting: Callable[[Callable[[socket.socket], None]], Counting],
) -> None:
    server = counting(until_closed)
    wire, client = kept(server.url)
    assert [client.health() for _ in range(5)] == [True] * 5
    wire.close()
    assert server.connections == 1


def test_a_connection_that_the_server_has_closed_is_not_used_again(
    counting: Callable[[Callable[[socket.socket], None]], Counting],
) -> None:
    server = counting(once)
    wire, client = kept(server.url)
    for _ in range(3):
        assert client.health()
        [idle] = wire._idle  # noqa: SLF001 - what is at rest shows nowhere else
        select.select([idle.sock], [], [], BOUND_SECS)
    wire.close()
    assert server.connections == 3


def test_a_request_that_fails_is_not_sent_again(
    counting: Callable[[Callable[[socket.socket], None]], Counting],
) -> None:
    """It may have been carried out: the next one makes a connection of its own."""

    def dies(connection: socket.socket) -> None:
        if server.connections == 1:
            connection.recv(65_536)
            connection.sendall(OK)
            connection.recv(65_536)
            return
        until_closed(connection)

    server = counting(dies)
    wire, client = kept(server.url)
    assert client.health()
    with pytest.raises(ControlUnreachable):
        client.health()
    assert client.health()
    wire.close()
    assert server.connections == 2


def test_threads_may_share_it(client: EmulatorClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: client.health(), range(200)))


def test_a_closed_wire_still_asks_and_keeps_nothing(wire: KeptWire, client: EmulatorClient) -> None:
    assert client.health()
    wire.close()
    assert client.health()
    assert wire._idle == []  # noqa: SLF001 - what is at rest shows nowhere else


def test_connections_that_nobody_closed_end_with_their_wire_and_without_a_warning() -> None:
    with running_emulator() as running, warnings.catch_warnings():
        warnings.simplefilter("error")
        wire, client = kept(running.client.base_url)
        assert client.health()
        [idle] = wire._idle  # noqa: SLF001 - what is at rest shows nowhere else
        del wire, client
        gc.collect()
        assert idle.sock is None


def test_what_was_interrupted_is_no_answer_to_the_next_question(
    client: EmulatorClient, wire: KeptWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        patched.setattr("http.client.HTTPResponse.read", interrupted)
        with pytest.raises(KeyboardInterrupt):
            client.health()
    assert wire._idle == []  # noqa: SLF001 - what is at rest shows nowhere else
    assert client.health()


def test_a_forked_child_does_not_speak_on_its_parents_connections(
    client: EmulatorClient, wire: KeptWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.health()
    [parents] = wire._idle  # noqa: SLF001 - what is at rest shows nowhere else
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert client.health()
    assert parents not in wire._idle  # noqa: SLF001 - as above
    parents.close()
