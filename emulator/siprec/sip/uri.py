"""SIP and SIPS URIs (RFC 3261 section 19.1), and any other as opaque text.

Owns their parts, escapes and comparison. Must not resolve a host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote

from emulator.core.errors import GarbledSip, Unwritable
from emulator.siprec.sip.host import parse_host_port, same_host, written_host_port
from emulator.siprec.sip.parameters import NO_PARAMETERS, Parameter, Parameters, unique

_ANY = re.compile(r'([A-Za-z][A-Za-z0-9+.-]*):([^\x00-\x20\x7f<>"]+)')
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_PERCENT = "|%(?![0-9A-Fa-f]{2})"
_NOT_USER = re.compile(r"[^A-Za-z0-9\-_.!~*'()&=+$,;?/:%]" + _PERCENT)
_NOT_PARAMETER = re.compile(r"[^A-Za-z0-9\-_.!~*'()\[\]/:&+$%]" + _PERCENT)
_NOT_HEADER = re.compile(r"[^A-Za-z0-9\-_.!~*'()\[\]/?:+$%]" + _PERCENT)
_RESERVED = frozenset(";/?:@&=+$,%")
"""Characters whose escape is not the same as they themselves (RFC 3261 section 19.1.4); a percent begins one."""
_TELLING = ("transport", "user", "method", "ttl", "maddr")
"""Parameters that make a URI another one where only one of two has them (RFC 3261 section 19.1.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SipUri:
    """A SIP or SIPS URI.

    What may not stand bare is escaped when it is written; an escape that is there already stays.

    Attributes:
        scheme: ``sip`` or ``sips``.
        user: As it stands on the wire, with its escapes, and with a password behind a colon where an old URI has
            one; None for a host alone.
        host: An IPv6 address without brackets.
        port: None where the URI names none.
        parameters: Such as ``transport`` and ``lr``.
        headers: Name and value, both as written.
    """

    host: str
    scheme: str = "sip"
    user: str | None = None
    port: int | None = None
    parameters: Parameters = NO_PARAMETERS
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def secure(self) -> bool:
        """Whether it asks for TLS all the way (RFC 3261 section 19.1)."""
        return self.scheme == "sips"

    @property
    def transport(self) -> str | None:
        """The transport that it names, in lower case."""
        named = self.parameters.get("transport")
        return None if named is None else named.lower()

    @property
    def user_text(self) -> str:
        """The user for people, without escapes; empty where there is none."""
        return "" if self.user is None else unquote(self.user, errors="replace")

    def __str__(self) -> str:
        """As it stands on the wire.

        Raises:
            Unwritable: Its host is none, its port is out of range, or it has half a character.
        """
        user = "" if self.user is None else _escaped(self.user, _NOT_USER) + "@"
        parameters = "".join(_written_parameter(name, value) for name, value in self.parameters)
        headers = "&".join(
            f"{_escaped(name, _NOT_HEADER)}={_escaped(value, _NOT_HEADER)}" for name, value in self.headers
        )
        start = f"{self.scheme}:{user}{written_host_port(self.host, self.port)}{parameters}"
        return f"{start}?{headers}" if headers else start


@dataclass(frozen=True, slots=True, kw_only=True)
class OpaqueUri:
    """A URI of another scheme, such as ``tel:``, which is passed on as it is.

    Attributes:
        scheme: In lower case.
        rest: What stands behind the colon.
    """

    scheme: str
    rest: str

    def __str__(self) -> str:
        """As it stands on the wire.

        Raises:
            Unwritable: It is no URI.
        """
        written = f"{self.scheme}:{self.rest}"
        if _ANY.fullmatch(written) is None:
            raise Unwritable("a URI holds what none may")
        return written


Uri: TypeAlias = SipUri | OpaqueUri

ANONYMOUS = "anonymous"
"""The user of who has no name (RFC 3323 section 4.1.1.3): an empty one is none."""


def parse_uri(text: str) -> Uri:
    """Read a URI.

    Args:
        text: Without angle brackets and white space. Characters that should have been escaped are let pass, but
            for those that end a URI.

    Raises:
        GarbledSip: It is none.
    """
    found = _ANY.fullmatch(text)
    if found is None:
        raise GarbledSip("a URI can't be read")
    scheme = found[1].lower()
    return _parse_sip(scheme, found[2]) if scheme in ("sip", "sips") else OpaqueUri(scheme=scheme, rest=found[2])


def escaped_user(text: str) -> str:
    """Text as a URI's user that says just this text, a percent sign and a colon included.

    Raises:
        Unwritable: It has half a character.
    """
    return _escaped(text.replace("%", "%25").replace(":", "%3A"), _NOT_USER)


def equivalent(one: Uri, other: Uri) -> bool:
    """Whether two URIs are the same by the rules of RFC 3261 section 19.1.4; opaque ones where they are equal."""
    if not isinstance(one, SipUri) or not isinstance(other, SipUri):
        return one == other
    return (
        one.scheme == other.scheme
        and _plain(one.user, _NOT_USER) == _plain(other.user, _NOT_USER)
        and same_host(one.host, other.host)
        and one.port == other.port
        and _same_parameters(one.parameters, other.parameters)
        and _header_set(one) == _header_set(other)
    )


def _parse_sip(scheme: str, rest: str) -> SipUri:
    user, at, rest = rest.rpartition("@")
    if "@" in user or (at and not user):
        raise GarbledSip("a URI's user can't be read")
    before, mark, headers = rest.partition("?")
    host_port, semicolon, parameters = before.partition(";")
    host, port = parse_host_port(host_port)
    return SipUri(
        scheme=scheme,
        user=user if at else None,
        host=host,
        port=port,
        parameters=_parse_parameters(parameters) if semicolon else NO_PARAMETERS,
        headers=tuple(_pair(header) for header in headers.split("&")) if mark and headers else (),
    )


def _parse_parameters(text: str) -> Parameters:
    fields: list[Parameter] = []
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if name:
            fields.append((name, value if equals else None))
        elif equals:
            raise GarbledSip("a URI's parameter has no name")
    return unique(fields)


def _pair(header: str) -> tuple[str, str]:
    name, _, value = header.partition("=")
    if not name:
        raise GarbledSip("a URI's header has no name")
    return name, value


def _written_parameter(name: str, value: str | None) -> str:
    flag = f";{_escaped(name, _NOT_PARAMETER)}"
    return flag if value is None else f"{flag}={_escaped(value, _NOT_PARAMETER)}"


def _escaped(text: str, refused: re.Pattern[str]) -> str:
    try:
        return refused.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)
    except UnicodeEncodeError:
        raise Unwritable("a URI holds half a character") from None


def _plain(text: str | None, refused: re.Pattern[str]) -> str | None:
    """As it would be written, with escapes undone but for those of characters that mean something else bare."""
    return None if text is None else _ESCAPED.sub(_undone, _escaped(text, refused))


def _undone(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    bare = character.isascii() and character.isprintable() and character not in _RESERVED
    return character if bare else escape[0].upper()


def _same_parameters(one: Parameters, other: Parameters) -> bool:
    mine, theirs = _parameter_table(one), _parameter_table(other)
    if any((name in mine) != (name in theirs) for name in _TELLING):
        return False
    return all(mine[name] == theirs[name] for name in mine.keys() & theirs.keys())


def _parameter_table(parameters: Parameters) -> dict[str, str]:
    return {_folded(name, _NOT_PARAMETER): _folded(value, _NOT_PARAMETER) for name, value in parameters}


def _header_set(uri: SipUri) -> frozenset[tuple[str, str | None]]:
    return frozenset((_folded(name, _NOT_HEADER), _plain(value, _NOT_HEADER)) for name, value in uri.headers)


def _folded(text: str | None, refused: re.Pattern[str]) -> str:
    return (_plain(text, refused) or "").lower()
