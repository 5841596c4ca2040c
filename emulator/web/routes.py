"""Which Telnyx operation a raw request target names.

Owns the paths. A target is split before it is decoded, since a ``/`` in an id arrives as ``%2F``. Routing comes
before authentication, as at Telnyx: an unknown path is a 404 for everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote

from emulator.core.errors import MethodNotAllowed, UnknownRoute
from emulator.core.models import Route

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_COVERED = "The emulator does not cover this route; it may exist at Telnyx. See docs/fidelity.md."

_PARAM = "{}"

Pattern: TypeAlias = tuple[str, ...]

_OPERATIONS: Mapping[Pattern, Mapping[str, Route]] = {
    ("calls", _PARAM, "actions", "siprec_start"): {"POST": Route.SIPREC_START},
    ("calls", _PARAM, "actions", "siprec_stop"): {"POST": Route.SIPREC_STOP},
    ("calls",): {"POST": Route.DIAL},
    ("calls", _PARAM): {"GET": Route.CALL_READ},
    ("calls", _PARAM, "actions", "answer"): {"POST": Route.ANSWER},
    ("calls", _PARAM, "actions", "hangup"): {"POST": Route.HANGUP},
    ("calls", _PARAM, "actions", "reject"): {"POST": Route.REJECT},
    ("calls", _PARAM, "actions", "client_state_update"): {"PUT": Route.CLIENT_STATE_UPDATE},
    ("connections", _PARAM, "active_calls"): {"GET": Route.ACTIVE_CALLS},
    ("siprec_connectors",): {"POST": Route.CONNECTOR_CREATE},
    ("siprec_connectors", _PARAM): {
        "GET": Route.CONNECTOR_READ,
        "PUT": Route.CONNECTOR_UPDATE,
        "DELETE": Route.CONNECTOR_DELETE,
    },
    ("texml", "Accounts", _PARAM, "Calls", _PARAM, "Siprec.json"): {"POST": Route.TEXML_SIPREC_START},
    ("texml", "Accounts", _PARAM, "Calls", _PARAM, "Siprec", _PARAM): {"POST": Route.TEXML_SIPREC_UPDATE},
    ("public_key",): {"GET": Route.PUBLIC_KEY},
    ("webhook_deliveries",): {"GET": Route.WEBHOOK_DELIVERY_LIST},
    ("webhook_deliveries", _PARAM): {"GET": Route.WEBHOOK_DELIVERY_READ},
    ("call_events",): {"GET": Route.CALL_EVENT_LIST},
}

_SUFFIXED = ("Siprec", _PARAM)
"""How a pattern ends whose last parameter has ``.json`` behind it."""

ROUTES: tuple[str, ...] = tuple(
    f"{method} /{'/'.join(pattern)}{'.json' if pattern[-2:] == _SUFFIXED else ''}"
    for pattern, methods in _OPERATIONS.items()
    for method in methods
)
"""Every operation's method and path, such as ``POST /calls/{}/actions/siprec_start``."""

_BY_SHAPE: dict[tuple[int, str], list[tuple[Pattern, Mapping[str, Route]]]] = {}
for _pattern, _methods in _OPERATIONS.items():
    _BY_SHAPE.setdefault((len(_pattern), _pattern[0]), []).append((_pattern, _methods))


def origin_form(target: str) -> str:
    """A request target without scheme and authority: clients of proxies send both (RFC 9112 section 3.2.2)."""
    if target.startswith("/"):
        return target
    scheme, _, rest = target.partition("://")
    if scheme.lower() not in {"http", "https"}:
        return target
    _, slash, path = rest.partition("/")
    return slash + path or "/"


def resolve(method: str, target: str) -> tuple[Route, tuple[str, ...]]:
    """Find the operation of a request.

    Args:
        method: HTTP method, upper case.
        target: The raw path and query, with or without the ``/v2`` prefix.

    Returns:
        The route and the path's parameters, decoded.

    Raises:
        UnknownRoute: No operation has that path.
        MethodNotAllowed: One has, under another method.
    """
    root, *segments = target.partition("?")[0].split("/")
    if segments and segments[0] == "v2":
        del segments[0]
    if root or not segments:
        raise UnknownRoute(NOT_COVERED)
    for pattern, methods in _BY_SHAPE.get((len(segments), segments[0]), ()):
        params = _match(pattern, segments)
        if params is None:
            continue
        route = methods.get(method)
        if route is None:
            raise MethodNotAllowed(methods)
        return route, params
    raise UnknownRoute(NOT_COVERED)


def _match(pattern: Pattern, segments: list[str]) -> tuple[str, ...] | None:
    params: list[str] = []
    for wanted, segment in zip(pattern, segments, strict=True):
        if wanted is _PARAM and segment:
            params.append(unquote(segment) if "%" in segment else segment)
        elif wanted != segment:
            return None
    if pattern[-1] is _PARAM and pattern[-2:] == _SUFFIXED:
        return _without_suffix(params)
    return tuple(params)


def _without_suffix(params: list[str]) -> tuple[str, ...] | None:
    """TeXML resources end in ``.json``; the sid before it must not be empty."""
    sid = params[-1].removesuffix(".json")
    return (*params[:-1], sid) if sid and sid != params[-1] else None
