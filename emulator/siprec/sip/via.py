"""Via: the way that a response goes back (RFC 3261 sections 18.2 and 20.42, RFC 3581).

Owns its grammar, and what a server adds to it and reads from it. Must not send.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from emulator.core.errors import GarbledSip, Unwritable
from emulator.siprec.sip.host import parse_host_port, same_host, written_host_port
from emulator.siprec.sip.lists import split_list
from emulator.siprec.sip.parameters import NO_PARAMETERS, Parameters, parse_parameters
from emulator.siprec.sip.quoting import is_token

MAGIC_COOKIE = "z9hG4bK"
"""How a branch begins that is unique over space and time (RFC 3261 section 8.1.1.7)."""

_VIA = re.compile(
    r"SIP[ \t]*+/[ \t]*+2\.0[ \t]*+/[ \t]*+([A-Za-z0-9\-.!%*_+`'~]++)[ \t]++([^;]++)(.*)",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Via:
    """One hop.

    Attributes:
        transport: In upper case, such as ``UDP``.
        host: Where the hop says that it is; an IPv6 address without brackets.
        port: None where it names none.
        parameters: Such as ``branch``, ``rport`` and ``received``.
    """

    transport: str
    host: str
    port: int | None = None
    parameters: Parameters = NO_PARAMETERS

    @property
    def branch(self) -> str | None:
        """What names the transaction."""
        return self.parameters.get("branch")

    @property
    def sent_by(self) -> str:
        """Host and port as written, in lower case: part of what names a transaction (RFC 3261 section 17.2.3)."""
        return written_host_port(self.host, self.port).lower()

    def __str__(self) -> str:
        """As it stands on the wire.

        Raises:
            Unwritable: A part would say something else on the wire.
        """
        if not is_token(self.transport):
            raise Unwritable("a transport is no token")
        return f"SIP/2.0/{self.transport} {written_host_port(self.host, self.port)}{self.parameters}"

    def stamped(self, host: str, port: int) -> Via:
        """With what the server that received the request knows (RFC 3261 section 18.2.1, RFC 3581 section 4).

        Args:
            host: The address that the request came from.
            port: Its port, told where the client asked by an empty ``rport``.
        """
        asked = "rport" in self.parameters
        parameters = self.parameters.without("received", "rport") if asked else self.parameters.without("received")
        if asked or not same_host(host, self.host):
            parameters = parameters.added("received", host)
        if asked:
            parameters = parameters.added("rport", str(port))
        return replace(self, parameters=parameters)

    def answered_at(self) -> tuple[str, int | None]:
        """Where a response over UDP goes (RFC 3261 section 18.2.2, RFC 3581 section 4).

        Returns:
            Host, and port where one is named; the transport's own holds else.

        Raises:
            GarbledSip: ``rport`` is no port.
        """
        maddr = self.parameters.get("maddr")
        if maddr:
            return maddr.strip("[]"), self.port
        received = self.parameters.get("received")
        rport = self.parameters.get("rport")
        if not received:
            return self.host, self.port
        return parse_host_port(f"{_bracketed(received)}:{rport}") if rport else (received.strip("[]"), self.port)


def parse_via(text: str) -> Via:
    """Read one hop.

    Args:
        text: Such as ``SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport``.

    Raises:
        GarbledSip: It is none, or there are several.
    """
    found = _VIA.fullmatch(text.strip(" \t"))
    if found is None:
        raise GarbledSip("a Via can't be read")
    host, port = parse_host_port(found[2].rstrip(" \t"))
    return Via(transport=found[1].upper(), host=host, port=port, parameters=parse_parameters(found[3]))


def parse_vias(text: str) -> tuple[Via, ...]:
    """Read hops after commas, the nearest first.

    Raises:
        GarbledSip: One can't be read.
    """
    return tuple(parse_via(part) for part in split_list(text))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
