"""Running the recording server for a person at a terminal: what was wished for, and what is printed.

Owns how flags become a server, its lines and its exit status. Must not know SIP: ``emulator.siprec.srs`` does.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click
import orjson

from emulator.cli.keeping import made_to_keep
from emulator.cli.printing import Printer
from emulator.cli.sip_flags import credentials_of, ports_of
from emulator.deafness import tell_of_deafness
from emulator.siprec.capture.ladder import Ladder, Party
from emulator.siprec.net.link import Transport
from emulator.siprec.net.sockets import shown, words
from emulator.siprec.net.tls import ServerTls, server_context
from emulator.siprec.srs.endpoint import RecordingServer, Wishes
from emulator.siprec.srs.manner import Answer, manner_of
from emulator.siprec.srs.summary import Summary, document, lines

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.core.models import Duration
    from emulator.siprec.capture.record import Packet
    from emulator.siprec.srs.endpoint import Told
    from emulator.siprec.srs.manner import Manner


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the flags say; each is explained at its flag."""

    host: str = "127.0.0.1"
    port: int = 0
    tls_port: int | None = None
    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    media_ports: str | None = None
    out: Path | None = None
    answer: str = "accept"
    user: str | None = None
    sessions: int | None = None
    as_json: bool = False
    ring_for: Duration | None = None
    hang_up_after: Duration | None = None
    hold_after: Duration | None = None
    resume_after: Duration | None = None
    snapshot_after: Duration | None = None


async def run(wanted: Wanted) -> int:
    """Serve until a signal, or until there were as many sessions as were wanted.

    Returns:
        The command's status: 1 where a session did what an RFC forbids.

    Raises:
        click.UsageError: A flag says what can't be.
        Unreachable: A port can't be bound.
        CertificateUnusable: A file can't be used.
        OSError: Not everything could be printed.
    """
    tell_of_deafness(asyncio.get_running_loop())
    watched = _Watched(wanted.sessions, as_json=wanted.as_json)
    wishes = replace(wishes_of(wanted), host=await _address(wanted.host))
    server = RecordingServer(wishes, passed=None if wanted.as_json else watched.passed, told=watched.told)
    if wanted.out is not None:
        made_to_keep(wanted.out)
    await server.open()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, watched.over.set)
    for transport, address in server.addresses.items():
        watched.say(f"listening on {shown(address)} by {transport.upper()}", err=wanted.as_json)
    await watched.over.wait()
    await server.close()
    watched.check()
    return 0 if watched.clean else 1


async def _address(host: str) -> str:
    """The address that a name stands for; one in brackets, as in a URI, is itself.

    Raises:
        click.BadParameter: There is none.
    """
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        found = await asyncio.get_running_loop().getaddrinfo(bare, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise click.BadParameter(f"'{host}': {words(error)}", param_hint="--host") from None
    return str(found[0][4][0])


class _Watched:
    """A server whose sessions are printed and counted.

    Attributes:
        over: Set once there is nothing more to wait for.
        clean: Whether no session did what an RFC forbids.
    """

    def __init__(self, sessions: int | None, *, as_json: bool) -> None:
        """Nothing was seen yet.

        Args:
            sessions: After how many it is over; None: never by itself.
            as_json: Print documents for programs.
        """
        self.over = asyncio.Event()
        self.clean = True
        self._left = sessions
        self._as_json = as_json
        self._ladder = Ladder(Party.SRS)
        self._printer = Printer(self.over.set)

    def say(self, text: str, *, err: bool = False) -> None:
        """See ``Printer``."""
        self._printer.say(text, err=err)

    def check(self) -> None:
        """See ``Printer``."""
        self._printer.check()

    def passed(self, packet: Packet) -> None:
        """Show a message."""
        for line in self._ladder.lines(packet):
            self.say(line)

    def told(self, told: Told) -> None:
        """Show what came of a session, or what is amiss."""
        if not isinstance(told, Summary):
            self.say(f"siprec-emulator: {told.reason}", err=True)
            return
        if self._as_json:
            self.say(orjson.dumps(document(told)).decode())
        else:
            self.say("\n".join(lines(told)))
            self._ladder = Ladder(Party.SRS)
        self.clean = self.clean and told.clean
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                self.over.set()


def wishes_of(wanted: Wanted) -> Wishes:
    """The server that the flags ask for.

    Raises:
        click.UsageError: A flag says what can't be.
        CertificateUnusable: A file can't be used.
    """
    _demand_companions(wanted)
    ports = {Transport.UDP: wanted.port, Transport.TCP: wanted.port}
    context = None
    if wanted.tls_port is not None:
        ports[Transport.TLS] = wanted.tls_port
        names = (wanted.host, "localhost")
        shows = ServerTls(certificate=wanted.certificate, key=wanted.key, names=names, client_ca=wanted.client_ca)
        context = server_context(shows)
    return Wishes(
        host=wanted.host,
        ports=ports,
        tls=context,
        out=wanted.out,
        media_ports=ports_of(wanted.media_ports),
        manner=_manner(wanted),
    )


def _demand_companions(wanted: Wanted) -> None:
    """What would be passed over in silence without another flag."""
    tls_port = wanted.tls_port is not None
    wants = (
        ("--key", wanted.key, "--cert, whose key it is", wanted.certificate is not None),
        ("--cert", wanted.certificate, "--tls-port", tls_port),
        ("--client-ca", wanted.client_ca, "--tls-port", tls_port),
        ("--resume-after", wanted.resume_after, "--hold-after", wanted.hold_after is not None),
    )
    for flag, value, needed, given in wants:
        if value is not None and not given:
            raise click.UsageError(f"{flag} needs {needed}")


def _manner(wanted: Wanted) -> Manner:
    manner = manner_of(wanted.answer)
    if manner is None:
        raise click.BadParameter(
            f"'{wanted.answer}' is no answer and no status from 300 to 699", param_hint="--answer"
        )
    credentials = credentials_of(wanted.user)
    if manner.answer is Answer.CHALLENGE and credentials is None:
        raise click.UsageError("--answer challenge needs --user NAME:PASSWORD")
    if manner.answer is not Answer.CHALLENGE and credentials is not None:
        raise click.UsageError("--user needs --answer challenge")
    return replace(
        manner,
        credentials=credentials,
        ring_for=wanted.ring_for or 0,
        hang_up_after=wanted.hang_up_after,
        hold_after=wanted.hold_after,
        resume_after=wanted.resume_after,
        snapshot_after=wanted.snapshot_after,
    )
