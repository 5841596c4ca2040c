"""Kamailio as a proxy in front of the recording server, which says of each message what it thinks of it.

Owns running it and what it said. What it checks is in ``kamailio.cfg``.
"""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.judges.ports import HOST, free_port
from tests.judges.programs import listens, module, program, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.judges.programs import Running, Transport

CONFIGURATION = Path(__file__).parent / "kamailio.cfg"
PASSWORD = "open-sesame"
"""What the proxy takes for anybody's."""

_JUDGED = re.compile(r"JUDGE (\w+) (passed|failed|challenged) (\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """What the proxy shows, and whom it trusts; files with PEM.

    Attributes:
        client_ca: Clients must have a certificate by it; None asks for none.
    """

    certificate: Path
    key: Path
    client_ca: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one check said of one message.

    Attributes:
        check: Such as ``sanity``.
        result: ``passed``, ``failed``, or ``challenged`` for credentials that are missing or wrong.
        method: Of the message.
    """

    check: str
    result: str
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """Kamailio while it runs.

    Attributes:
        port: Where it takes UDP and TCP, on ``HOST``.
        tls_port: Where it takes TLS, if it does.
    """

    port: int
    tls_port: int
    run: Running

    def judged(self) -> tuple[Judged, ...]:
        """All that it said, in order."""
        found = _JUDGED.findall(self.run.said())
        return tuple(Judged(check=check, result=result, method=method) for check, result, method in found)

    def failed(self) -> tuple[Judged, ...]:
        """What it was not content with."""
        return tuple(one for one in self.judged() if one.result == "failed")


@asynccontextmanager
async def proxying(
    srs_port: int,
    folder: Path,
    *,
    transport: Transport = "udp",
    algorithm: str | None = None,
    tls: Tls | None = None,
) -> AsyncIterator[Proxy]:
    """Kamailio for the length of the block.

    Args:
        srs_port: Where the recording server listens, on ``HOST``.
        folder: For its files; nobody else's.
        transport: How it talks to the server.
        algorithm: Of the digest that it asks for, ``MD5`` or ``SHA-256``; None asks for none.
        tls: It takes TLS too.
    """
    kamailio = program("kamailio")
    folder.mkdir()  # noqa: ASYNC240 - a test's own, on its own
    port, tls_port = free_port(), free_port()
    defined = {"SRS": f'"sip:{HOST}:{srs_port};transport={transport}"'}
    if algorithm is not None:
        defined |= {"WITH_DIGEST": "1", "ALGORITHM": f'"{algorithm}"'}
    listening = [f"udp:{HOST}:{port}", f"tcp:{HOST}:{port}"]
    if tls is not None:
        module("kamailio/modules/tls.so")
        defined |= {"WITH_TLS": "1", "CERTIFICATE": f'"{tls.certificate}"', "KEY": f'"{tls.key}"'}
        if tls.client_ca is not None:
            defined["CLIENT_CA"] = f'"{tls.client_ca}"'
        listening.append(f"tls:{HOST}:{tls_port}")
    command = (
        *(kamailio, "-f", f"{CONFIGURATION}", "-DD", "-E", "-m", "32", "-M", "4", "-Y", f"{folder}"),
        *(word for name, value in defined.items() for word in ("-A", f"{name}={value}")),
        *(word for one in listening for word in ("-l", one)),
    )
    async with running(*command, output=folder / "kamailio.log", folder=folder) as run:
        await run.until(lambda: listens(port, "udp") and listens(port if tls is None else tls_port, "tcp"))
        yield Proxy(port=port, tls_port=tls_port, run=run)
