"""Where webhooks may go: loopback and private addresses unless told more, and never link-local ones.

Owns the policy, the check of a URL's syntax and of an address in it, and the resolver that holds the policy at the
moment of resolving, so that a name which changes its addresses (DNS rebinding) gains nothing: the addresses that
were checked are the ones that are dialled. aiohttp asks no resolver about a host that is an address; ``check_url``
covers those. Must not send anything.

The unspecified addresses (0.0.0.0 and ::) count as loopback: to dial one reaches this very host, and servers print
themselves as listening there. Link-local addresses, and the one address outside that range where a cloud answers
with credentials over IPv6, are refused whatever is allowed.

Ranges: RFC 1918, RFC 4193, RFC 3927, RFC 4291; IPv4 inside IPv6: RFC 4291 section 2.5.5.2, RFC 6052, RFC 3056.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from aiohttp import ThreadedResolver
from yarl import URL

from emulator.core.errors import TargetRefused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp.abc import ResolveResult

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_URL_LENGTH = 2000
"""Of a configured URL (Telnyx's error 10003 names the bound)."""

MAX_SENT_URL_LENGTH = 8000
"""Of a URL as it is sent: a status callback by GET adds its fields to the query."""

_LOCAL: tuple[_Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "127.0.0.0/8",
        "::1/128",
        "0.0.0.0/32",
        "::/128",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fc00::/7",
    )
)

_NEVER: tuple[_Network, ...] = tuple(
    ipaddress.ip_network(text) for text in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128")
)

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NOT_IN_A_URL = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
_AUTHORITY = re.compile(r"([^@]*@)?(\[[^\[\]@]+\]|[^\[\]:@]+)(:[0-9]{0,5})?")
_NUMERIC_HOST = re.compile(r"[0-9.]+")
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPolicy:
    """What is allowed beyond loopback and private addresses.

    Attributes:
        anywhere: Whether ``*`` was given.
        names: Host names, lower case, without a trailing dot.
        suffixes: With their leading dot: ``.example.com`` for ``*.example.com``.
        networks: Address ranges.
    """

    anywhere: bool = False
    names: frozenset[str] = frozenset()
    suffixes: tuple[str, ...] = ()
    networks: tuple[_Network, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> TargetPolicy:
        """Read what ``--allow-target`` was given.

        Args:
            entries: Each a host name, ``*.suffix``, an address, an address range (``203.0.113.0/24``) or ``*``.

        Raises:
            ValueError: An entry is none of these.
        """
        anywhere, names, suffixes, networks = False, set[str](), list[str](), list[_Network]()
        for entry in (text.strip() for text in entries):
            network = _network(entry)
            if entry == "*":
                anywhere = True
            elif network is not None:
                networks.append(network)
            elif entry.startswith("*.") and _HOST_NAME.fullmatch(entry[2:]):
                suffixes.append(_plain(entry[1:]))
            elif _HOST_NAME.fullmatch(entry.rstrip(".")) and not _NUMERIC_HOST.fullmatch(entry):
                names.add(_plain(entry))
            else:
                raise ValueError(
                    f"{entry!r} is no target: give a host name, *.suffix, an address, a range such as "
                    "203.0.113.0/24, or * for anywhere"
                )
        return cls(anywhere=anywhere, names=frozenset(names), suffixes=tuple(suffixes), networks=tuple(networks))

    def allows_name(self, host: str) -> bool:
        """Whether the name is allowed as such, so that its addresses need not be."""
        plain = _plain(host)
        return self.anywhere or plain in self.names or plain.endswith(self.suffixes)

    def check_address(self, target: str, address: str) -> None:
        """Let a host's address pass, or not.

        Args:
            target: The host as the URL names it: a name or the address itself.
            address: In its usual form, perhaps with an IPv6 zone.

        Raises:
            TargetRefused: It may not be dialled; the reason says which flag would allow it, if one would.
        """
        found = ipaddress.ip_address(address)
        forms = (found, *_embedded(found))
        shown = address if target == address else f"{target} ({address})"
        if any(_within(form, _NEVER) for form in forms):
            raise TargetRefused(shown, "link-local and metadata addresses are always refused")
        allowed = (*_LOCAL, *self.networks)
        if self.allows_name(target) or _within(found, allowed) or _within(_dialled(found), allowed):
            return
        raise TargetRefused(
            shown, f"neither a loopback nor a private address; --allow-target {target} would allow it"
        )


def check_url(url: str, policy: TargetPolicy, *, max_length: int = MAX_URL_LENGTH) -> URL:
    """Check a webhook's URL before anything is sent to it.

    Args:
        url: Absolute, http or https, written as it goes on the wire: percent-encoded, the host in ASCII.
        policy: Judges a host that is an address; a name is judged when it is resolved.
        max_length: In characters.

    Returns:
        The parsed URL, which is sent exactly as it was written.

    Raises:
        TargetRefused: With the reason in words.
    """
    parsed = _parsed(url, max_length)
    host = parsed.raw_host or ""
    if parsed.scheme not in ("http", "https") or not host:
        raise TargetRefused(_short(url), "a webhook URL is absolute and begins with http:// or https://")
    if "@" in parsed.raw_authority:
        raise TargetRefused(host, "a webhook URL holds no user name or password")
    if _is_address(host):
        policy.check_address(host, host.replace("%25", "%"))
    elif _NUMERIC_HOST.fullmatch(host):
        raise TargetRefused(host, "write the address in its usual form: four numbers up to 255, no leading zeros")
    return parsed


class GuardedResolver(ThreadedResolver):
    """Resolves names through the system, and refuses those that policy does not allow.

    A name passes only when every address that it resolves to may be dialled.
    """

    def __init__(self, policy: TargetPolicy) -> None:
        """Needs a running event loop."""
        super().__init__()
        self._policy = policy

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Resolve and judge.

        Raises:
            TargetRefused: An address may not be dialled.
            OSError: The name does not resolve.
        """
        try:
            results = await super().resolve(host, port, family)
        except UnicodeError as error:
            raise socket.gaierror(socket.EAI_NONAME, f"not a host name: {error}") from error
        if not results:
            raise socket.gaierror(socket.EAI_NONAME, "the name has no address")
        for result in results:
            self._policy.check_address(host, result["host"])
        return results


def _parsed(url: str, max_length: int) -> URL:
    if len(url) > max_length:
        raise TargetRefused(_short(url), f"a webhook URL has at most {max_length} characters, not {len(url)}")
    stray = _NOT_IN_A_URL.search(url)
    if stray is not None:
        raise TargetRefused(
            ascii(_short(url)),
            f"{stray.group()!a} cannot stand in a URL; percent-encode it (in the host: its xn-- form)",
        )
    try:
        parsed = URL(url, encoded=True)
        # Read here, since an encoded URL is taken apart only when asked.
        sound = not parsed.raw_host or (_AUTHORITY.fullmatch(parsed.raw_authority) and parsed.port != 0)
    except ValueError as error:
        raise TargetRefused(_short(url), f"not a URL: {error}") from error
    if not sound:
        raise TargetRefused(_short(url), "not a URL: its host or port is garbled")
    return parsed


def _short(url: str) -> str:
    shown = 80
    return url if len(url) <= shown else f"{url[:shown]}..."


def _plain(name: str) -> str:
    return name.lower().rstrip(".")


def _network(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.replace("%25", "%"))
    except ValueError:
        return False
    return True


def _within(address: _Address, networks: Iterable[_Network]) -> bool:
    return any(address in network for network in networks)


def _dialled(address: _Address) -> _Address:
    """An IPv4-mapped address is dialled as the IPv4 address that it holds."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _embedded(address: _Address) -> tuple[ipaddress.IPv4Address, ...]:
    """Every IPv4 address that an IPv6 one may lead to: mapped, through NAT64, through 6to4."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    translated = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return tuple(form for form in (address.ipv4_mapped, address.sixtofour, translated) if form is not None)
