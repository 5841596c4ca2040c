"""Addresses with a display name: From, To, Contact, Route, Record-Route (RFC 3261 sections 20.10 and 25.1).

Owns names, brackets and which parameters are the header's. Must not know what a parameter means, but for the tag.

Deliberate: ``*``, which a Contact of REGISTER may be, is no address, and no recording session registers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from emulator.core.errors import GarbledSip
from emulator.siprec.sip.lists import split_list
from emulator.siprec.sip.parameters import NO_PARAMETERS, Parameters, parse_parameters
from emulator.siprec.sip.quoting import QUOTED, quoted, unquoted
from emulator.siprec.sip.uri import Uri, parse_uri

_NAMED = re.compile(rf'({QUOTED}|[^"<>,;:@\\]*+)[ \t]*+<([^<>]*+)>(.*)', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameAddr:
    """An address.

    Attributes:
        uri: Where it leads.
        display: The name for people, without quotes and escapes; empty for none.
        parameters: The header's, such as ``tag`` and ``+sip.src``; the URI has its own.
    """

    uri: Uri
    display: str = ""
    parameters: Parameters = NO_PARAMETERS

    @property
    def tag(self) -> str | None:
        """The tag of a From or To (RFC 3261 section 19.3)."""
        return self.parameters.get("tag")

    def tagged(self, tag: str) -> NameAddr:
        """With this tag instead of any other.

        Raises:
            Unwritable: It would say something else on the wire.
        """
        parameters = self.parameters.without("tag").added("tag", tag)
        return NameAddr(uri=self.uri, display=self.display, parameters=parameters)

    def __str__(self) -> str:
        """As it stands on the wire, the URI always in angle brackets.

        Raises:
            Unwritable: A part would say something else on the wire.
        """
        name = f"{quoted(self.display)} " if self.display else ""
        return f"{name}<{self.uri}>{self.parameters}"


def parse_address(text: str) -> NameAddr:
    """Read one address.

    Args:
        text: ``"Name" <uri>;parameters``, ``<uri>;parameters``, or a bare URI, whose parameters are the header's
            (RFC 3261 section 20).

    Raises:
        GarbledSip: It is none, or there are several.
    """
    text = text.strip(" \t")
    named = _NAMED.fullmatch(text)
    if named is not None:
        return NameAddr(
            uri=parse_uri(named[2].strip(" \t")),
            display=unquoted(named[1].strip(" \t")),
            parameters=parse_parameters(named[3]),
        )
    uri, semicolon, parameters = text.partition(";")
    if "," in uri or "?" in uri:
        raise GarbledSip("an address that needs angle brackets has none")
    return NameAddr(uri=parse_uri(uri.rstrip(" \t")), parameters=parse_parameters(semicolon + parameters))


def parse_addresses(text: str) -> tuple[NameAddr, ...]:
    """Read addresses after commas, as Contact, Route and Record-Route have them.

    Raises:
        GarbledSip: One can't be read.
    """
    return tuple(parse_address(part) for part in split_list(text))
