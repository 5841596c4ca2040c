"""Who may use the control API.

Owns the checks of token, Host and Origin. A page in a browser must not reach a local emulator by way of a name
that it controls (DNS rebinding) or of a form that it submits, so the Host has to be one that public DNS can't give
away, and an Origin has to be the server's own.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from emulator.core.errors import ControlError
from emulator.web.credentials import bearer, same
from emulator.web.telnyx_api import readable

if TYPE_CHECKING:
    from collections.abc import Mapping

ADMIN_HEADER = "X-Emulator-Admin-Token"

_PRIVATE_SUFFIXES = (".localhost", ".local", ".internal", ".test", ".home.arpa", ".svc", ".cluster.local")
"""Names that public DNS does not hold (RFC 6761, RFC 6762, RFC 8375, ICANN's .internal, Kubernetes' own)."""

OPEN_PATHS = frozenset({"/health", "/ready", "/ca.pem"})
"""Probes tell nothing and change nothing; a certificate is for everybody."""


class Guard:
    """The control API's door."""

    def __init__(self, admin_token: str | None, host: str) -> None:
        """Know the token, if one is set, and the name that the server was told to listen on."""
        self._token = admin_token
        self._host = host.lower()

    def check(self, path: str, headers: Mapping[str, str]) -> None:
        """Let a request pass or not.

        Args:
            path: Below ``/_emulator``.
            headers: As received; lookups ignore case.

        Raises:
            ControlError: 401 without the admin token, 403 for a foreign Host or Origin.
        """
        if path in OPEN_PATHS:
            return
        if self._token is not None:
            given = headers.get(ADMIN_HEADER) or bearer(headers.get("Authorization")) or ""
            if not same(given, self._token):
                raise ControlError(401, f"The control API wants its token in {ADMIN_HEADER}.")
        host = readable(headers.get("Host", ""))
        if self._token is None and not self._local(_name(host)):
            raise ControlError(
                403, f"The Host '{host}' is no name for a local server; set an admin token to use it."
            )
        origin = headers.get("Origin")
        if origin is not None and origin.partition("://")[2].lower() != host.lower():
            raise ControlError(403, f"The Origin '{readable(origin)}' is not this server's.")

    def is_admin(self, headers: Mapping[str, str]) -> bool:
        """Whether the Authorization header carries the admin token, and so names no namespace."""
        given = bearer(headers.get("Authorization"))
        return self._token is not None and given is not None and same(given, self._token)

    def _local(self, name: str) -> bool:
        if not name or name == self._host or "." not in name:
            return True
        if name.endswith(_PRIVATE_SUFFIXES):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _name(host: str) -> str:
    """A Host header without its port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
