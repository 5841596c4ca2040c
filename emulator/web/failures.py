"""What went wrong with an attempt: aiohttp's exceptions in Telnyx's delivery codes and in words.

Owns the mapping of exceptions; ``core/delivery.py`` owns that of statuses. Must not catch anything itself.

Source of the codes: Telnyx's error catalogue, 75000 (generic), 75001 (name resolution), 75002 (connection), 75003
(certificate). The catalogue has codes to 75006 for certificates; what sets them apart is not public, so every TLS
failure is 75003 and the reason tells more.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import aiohttp

from emulator.core.effects import AttemptError
from emulator.core.errors import TargetRefused
from emulator.web.loopback import advice, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.container import Container

_LONGEST = 300

E = TypeVar("E", bound=BaseException)


class Broken(aiohttp.ClientError):
    """The connection broke while a request that aiohttp would silently repeat was under way.

    Its cause is what aiohttp raised.
    """


class Failure(NamedTuple):
    """Why an attempt failed.

    Attributes:
        error: Telnyx's code.
        reason: In words, printable, at most 300 characters.
    """

    error: AttemptError
    reason: str


def explain(error: BaseException, timeout_secs: float, container: Container | None = None) -> Failure:
    """Name what ended an attempt.

    Args:
        error: What the attempt raised.
        timeout_secs: How long it was given.
        container: That the server runs in; of a loopback where nobody listens, the reason then says what it is.
    """
    found: Any = error.__cause__ if isinstance(error, Broken) and error.__cause__ is not None else error
    named = next((kind for kind in _KINDS if isinstance(found, kind.error)), _OTHER)
    words = named.words(found, timeout_secs)
    if container is not None and named is _UNCONNECTED:
        words += _beside(found, container)
    return Failure(named.code, _printable(words))


def _beside(error: aiohttp.ClientConnectorError, container: Container) -> str:
    return f"; {advice(error.host, container)}" if is_loopback(error.host) else ""


def _printable(text: str) -> str:
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    return shown[:_LONGEST]


def _refused(error: TargetRefused, _secs: float) -> str:
    return str(error)


def _not_connected(_error: BaseException, secs: float) -> str:
    return f"no connection within {secs:g} s"


def _certificate(error: aiohttp.ClientConnectorCertificateError, _secs: float) -> str:
    cause = error.certificate_error
    why = cause.verify_message if isinstance(cause, ssl.SSLCertVerificationError) else cause
    return f"the certificate of {error.host} was refused: {why}"


def _handshake(error: aiohttp.ClientConnectorSSLError, _secs: float) -> str:
    return f"no TLS with {error.host}:{error.port}: {error.os_error}"


def _unresolved(error: aiohttp.ClientConnectorDNSError, _secs: float) -> str:
    return f"{error.host} does not resolve: {_system(error)}"


def _unconnected(error: aiohttp.ClientConnectorError, _secs: float) -> str:
    return f"cannot connect to {error.host}:{error.port}: {_system(error)}"


def _broke_off(_error: BaseException, _secs: float) -> str:
    return "the connection closed before the answer was complete"


def _closed(_error: BaseException, _secs: float) -> str:
    return "the receiver closed the connection without an answer"


def _garbage(error: aiohttp.ClientResponseError, _secs: float) -> str:
    return f"the answer is not sound HTTP: {error.message}"


def _reset(error: OSError, _secs: float) -> str:
    return f"the connection broke: {error.strerror or error}"


def _unanswered(_error: BaseException, secs: float) -> str:
    return f"no complete answer within {secs:g} s"


def _system(error: aiohttp.ClientConnectorError) -> str:
    cause = error.os_error
    return cause.strerror or str(cause)


def _other(error: BaseException, _secs: float) -> str:
    return f"{type(error).__name__}: {error}"


class _Kind(NamedTuple, Generic[E]):
    error: type[E]
    code: AttemptError
    words: Callable[[E, float], str]


_UNCONNECTED: _Kind[Any] = _Kind(aiohttp.ClientConnectorError, AttemptError.CONNECT, _unconnected)

# The first that fits counts, so a class stands before those that it descends from.
_KINDS: tuple[_Kind[Any], ...] = (
    _Kind(TargetRefused, AttemptError.GENERIC, _refused),
    _Kind(aiohttp.ConnectionTimeoutError, AttemptError.CONNECT, _not_connected),
    _Kind(aiohttp.ClientConnectorCertificateError, AttemptError.CERTIFICATE, _certificate),
    _Kind(aiohttp.ClientConnectorSSLError, AttemptError.CERTIFICATE, _handshake),
    _Kind(aiohttp.ClientConnectorDNSError, AttemptError.DNS, _unresolved),
    _UNCONNECTED,
    _Kind(aiohttp.ClientPayloadError, AttemptError.GENERIC, _broke_off),
    _Kind(aiohttp.ServerDisconnectedError, AttemptError.GENERIC, _closed),
    _Kind(aiohttp.ClientResponseError, AttemptError.GENERIC, _garbage),
    _Kind(TimeoutError, AttemptError.GENERIC, _unanswered),
    _Kind(OSError, AttemptError.GENERIC, _reset),
)

_OTHER: _Kind[Any] = _Kind(BaseException, AttemptError.GENERIC, _other)
