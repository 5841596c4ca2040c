"""What judges' tests share: a capture of a whole module's traffic, in which no frame may be malformed."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

import pytest

from emulator.certificates import issue, new_authority
from tests.judges.kamailio import Proxy, Tls, proxying
from tests.judges.ports import HOST
from tests.judges.scenarios import scenario
from tests.judges.sipp import serving
from tests.judges.tshark import Ports, capturing, dissected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.judges.programs import Transport
    from tests.judges.sipp import Judge


@dataclass(frozen=True, slots=True)
class Wire:
    """What a module's tests spoke where.

    Attributes:
        sip: Ports of SIP.
        tls: Ports of SIP over TLS.
    """

    sip: list[int] = field(default_factory=list)
    tls: list[int] = field(default_factory=list)


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """Captures all of a module's tests; in the end Wireshark must be able to read every frame."""
    spoken, folder = Wire(), tmp_path_factory.mktemp("wire")
    key_log = folder / "tls-keys.log"
    key_log.touch()
    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSLKEYLOGFILE", f"{key_log}")
        stack = AsyncExitStack()
        capture = runner.run(stack.enter_async_context(capturing(Ports(), folder / "capture", whole_range=True)))
        try:
            yield spoken
            file = runner.run(capture.whole())
        finally:
            runner.run(stack.aclose())
        ports = Ports(sip=tuple(spoken.sip), tls=tuple(spoken.tls))
        found = runner.run(dissected(file, ports, key_log))
    assert "INVITE" in found.methods()
    assert found.malformed() == []


class Serve(Protocol):
    """Starts a recording server."""

    def __call__(
        self, name: str, transport: Transport = "udp", keys: Mapping[str, object] | None = None
    ) -> AbstractAsyncContextManager[Judge]:
        """SIPp, which plays the scenario of that name; as ``sipp.serving`` otherwise."""


@pytest.fixture
def serve(wire: Wire, tmp_path: Path) -> Serve:
    """A recording server whose traffic is looked at in the end."""

    @asynccontextmanager
    async def start(
        name: str, transport: Transport = "udp", keys: Mapping[str, object] | None = None
    ) -> AsyncIterator[Judge]:
        async with serving(scenario(name), transport, tmp_path / f"srs-{len(wire.sip)}", keys) as judge:
            wire.sip.append(judge.port)
            yield judge

    return start


# --- a proxy ---


class Shown(NamedTuple):
    """What the proxy shows over TLS, and the file of the authority that vouches for it."""

    tls: Tls
    ca: Path


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    """A certificate for loopback, by an authority of its own."""
    now = datetime.now(UTC)
    authority = new_authority(now)
    pair = issue(authority, [HOST], now)
    files = {"proxy.pem": pair.certificate_pem, "proxy-key.pem": pair.key_pem, "ca.pem": authority.certificate_pem}
    for name, text in files.items():
        (tmp_path / name).write_bytes(text)
    return Shown(Tls(certificate=tmp_path / "proxy.pem", key=tmp_path / "proxy-key.pem"), tmp_path / "ca.pem")


class Route(Protocol):
    """Starts a proxy in front of a server."""

    def __call__(
        self, srs: Judge, tls: Tls, *, transport: Transport = "udp", algorithm: str | None = None
    ) -> AbstractAsyncContextManager[Proxy]:
        """Kamailio; as ``kamailio.proxying``."""


@pytest.fixture
def route(wire: Wire, tmp_path: Path) -> Route:
    """A proxy whose traffic is looked at in the end."""

    @asynccontextmanager
    async def start(
        srs: Judge, tls: Tls, *, transport: Transport = "udp", algorithm: str | None = None
    ) -> AsyncIterator[Proxy]:
        folder = tmp_path / f"proxy-{len(wire.tls)}"
        async with proxying(srs.port, folder, transport=transport, algorithm=algorithm, tls=tls) as proxy:
            wire.sip.append(proxy.port)
            wire.tls.append(proxy.tls_port)
            yield proxy

    return start
