"""Which parts of a message go along when it is passed on.

Owns the header fields of both directions and the target. Must not open connections: ``fallback.py`` does.

A gateway's duties: RFC 9110 section 7.6.1 (fields for one connection alone), 7.6.3 (Via), 7.2 (Host). Credentials
go along only where that was asked for, and cookies never: what a client sends to an emulator on its own machine is
not meant for whoever stands behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from multidict import CIMultiDict

from emulator.core.errors import FallbackLoop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from multidict import CIMultiDictProxy

PSEUDONYM = "siprec-emulator"
"""In Via, with something of the server's own behind it."""

FORWARDED_TO = "X-Emulator-Forwarded"
"""In the answer: where it comes from."""

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_CREDENTIALS = frozenset({"authorization", "cookie", "cookie2", "x-api-key", "x-auth-token"})
_OURS = "x-emulator-"
# Host names another server, and the client behind it speaks for itself about what it expects and how it ends
_OF_THE_REQUEST = frozenset({"host", "expect"})
_OF_THE_ANSWER = frozenset({"set-cookie", "set-cookie2"})


def base_of(fallback_url: str) -> str:
    """Where paths are put behind: a fallback is a base URL, as SDKs are given one."""
    return fallback_url.rstrip("/")


def passed_target(base: str, target: str) -> str:
    """The URL of a request elsewhere: its own path and query behind the base, byte for byte.

    The prefix ``/v2`` is part of a base URL at Telnyx, so the emulator's own is left out.

    Args:
        base: From ``base_of``.
        target: In origin form, beginning with ``/``.
    """
    rest = target[3:] if target == "/v2" or target.startswith(("/v2/", "/v2?")) else target
    return base + rest


def shown(url: str) -> str:
    """A URL without its query, which may hold anything."""
    return url.partition("?")[0]


def host_of(url: str) -> str:
    """The authority that Host names."""
    return urlsplit(url).netloc


def request_fields(
    fields: CIMultiDictProxy[str], *, credentials: bool, via: str, decoded: bool
) -> CIMultiDict[str]:
    """What of a request's header goes along; Host is the caller's.

    Args:
        fields: As received.
        credentials: Whether Authorization does.
        via: This server's pseudonym.
        decoded: The body was unpacked on its way in, so that neither its coding nor its length hold any more.

    Raises:
        FallbackLoop: It has been here before.
    """
    passed = [value.strip().split(" ")[-1] for line in fields.getall("Via", ()) for value in line.split(",")]
    if via in passed:
        raise FallbackLoop
    left_out = _OF_THE_REQUEST | (_CREDENTIALS - {"authorization"} if credentials else _CREDENTIALS)
    if decoded:
        left_out |= {"content-encoding", "content-length"}
    kept = CIMultiDict(_end_to_end(fields, left_out))
    kept.add("Via", f"1.1 {via}")
    return kept


def answer_fields(fields: Mapping[str, str] | CIMultiDictProxy[str], *, via: str, url: str) -> CIMultiDict[str]:
    """What of an answer's header goes back, and where it comes from."""
    kept = CIMultiDict(_end_to_end(fields, _OF_THE_ANSWER))
    kept.add("Via", f"1.1 {via}")
    kept[FORWARDED_TO] = shown(url)
    return kept


def _end_to_end(
    fields: Mapping[str, str] | CIMultiDictProxy[str], left_out: frozenset[str]
) -> list[tuple[str, str]]:
    named = {name.strip().lower() for name in _all(fields, "Connection").split(",")}
    return [
        (name, _carried(value))
        for name, value in fields.items()
        if (lower := name.lower()) not in _HOP_BY_HOP
        and lower not in named
        and lower not in left_out
        and not lower.startswith(_OURS)
    ]


def _all(fields: Mapping[str, str] | CIMultiDictProxy[str], name: str) -> str:
    return ",".join(value for field, value in fields.items() if field.lower() == name.lower())


def _carried(value: str) -> str:
    """Bytes that are no UTF-8 as characters, since nothing else can be written (RFC 9110 section 5.5)."""
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("latin-1")
