"""The ``format`` names that the schemas use, each with the one function that both validators ask.

Owns what is a Base-64 text, a host, a time, a callback URL and whom one can call. Must not know which field has
which format: the schemas do. The names are our own, because engines differ in what they make of the standard ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from emulator.core.times import parse_iso

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_QUANTUM = 4
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_MAX_HOST = 253
_NUMBER = re.compile(r"\+[1-9][0-9]{1,14}(?:,[0-9A-Da-dWw*#]{1,200})?")
_SIP_URI = re.compile(r"sips?:[^\s@,]{1,500}@[^\s@,]{1,500}", re.IGNORECASE)
_BLANK_OR_CONTROL = re.compile(r"[\x00-\x20\x7f]")


def is_base64(value: object) -> bool:
    """Whether a text is Base-64 with its padding (RFC 4648 section 4); the empty text is.

    Args:
        value: Any JSON value; what is not text is none of this format's business, and true.

    Returns:
        True unless it is a text outside the format.
    """
    if not isinstance(value, str):
        return True
    return len(value) % _QUANTUM == 0 and _BASE64.fullmatch(value) is not None


def is_host(value: object) -> bool:
    """Whether a text is a host name (RFC 1123 section 2.1), an IPv4 address or an IPv6 one, bare or in brackets.

    Underscores are let through: names of containers have them, and nothing documented forbids them.

    Args:
        value: Any JSON value; what is not text is true.

    Returns:
        True unless it is a text outside the format.
    """
    if not isinstance(value, str):
        return True
    if ":" in value:
        return _is_ipv6(value[1:-1] if value.startswith("[") and value.endswith("]") else value)
    labels = value.removesuffix(".").split(".")
    if labels[-1].isdigit():
        return _is_ipv4(value)
    return len(value) <= _MAX_HOST and all(map(_LABEL.fullmatch, labels))


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def is_http_url(value: object) -> bool:
    """Whether a text is an absolute http or https URL that names a host (RFC 9110 section 4.2).

    Args:
        value: Any JSON value; what is not text is true.

    Returns:
        True unless it is a text outside the format.
    """
    if not isinstance(value, str):
        return True
    if _BLANK_OR_CONTROL.search(value):
        return False
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def is_destination(value: object) -> bool:
    """Whether a text is a number in E.164 format (ITU-T E.164: at most fifteen digits) or a SIP URI.

    A comma and digits may follow a number: they are played once it is answered (CallRequest.to).

    Args:
        value: Any JSON value; what is not text, or is blank, is true: other keywords speak of those.

    Returns:
        True unless it is a text outside the format.
    """
    if not isinstance(value, str) or not value.strip():
        return True
    return _NUMBER.fullmatch(value) is not None or _SIP_URI.fullmatch(value) is not None


def is_date_time(value: object) -> bool:
    """Whether a text is a date and time with its offset from UTC (ISO 8601), from 1970 to 2099.

    Args:
        value: Any JSON value; what is not text is true.

    Returns:
        True unless it is a text outside the format.
    """
    if not isinstance(value, str):
        return True
    try:
        parse_iso(value)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format.

    Attributes:
        holds: The check; true for whatever is not text.
        meaning: What a value must be, to follow "must be".
    """

    holds: Callable[[object], bool]
    meaning: str


FORMATS: Mapping[str, Format] = {
    "telnyx-base64": Format(holds=is_base64, meaning="a valid base64 string"),
    "telnyx-date-time": Format(
        holds=is_date_time, meaning="an ISO 8601 date and time such as 2019-03-29T11:10:00Z"
    ),
    "telnyx-destination": Format(holds=is_destination, meaning="a number in E.164 format or a SIP URI"),
    "telnyx-host": Format(holds=is_host, meaning="a host name or an IP address"),
    "telnyx-http-url": Format(holds=is_http_url, meaning="an absolute http or https URL"),
}
"""Every format that a schema of ours may name."""
