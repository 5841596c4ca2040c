"""From an Authorization header to a namespace.

Owns the hashing of tokens: a token is never stored, logged or shown, its short hash is the namespace's id.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from emulator.core.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Iterable

_ID_DIGITS = 12


def namespace_of(token: str) -> str:
    """The id of the namespace that a token opens."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()[:_ID_DIGITS]


def bearer(authorization: str | None) -> str | None:
    """The token of a Bearer header (RFC 6750 section 2.1); None when there is none or it is garbled."""
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    garbled = not token or " " in token or "\t" in token
    return None if garbled or scheme.lower() != "bearer" else token


def same(given: str, expected: str) -> bool:
    """Compare secrets in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())


class KeyRing:
    """The API keys that the emulator takes: any, unless some are listed."""

    def __init__(self, api_keys: Iterable[str]) -> None:
        """Keep the listed keys' hashes only."""
        self._known = frozenset(map(namespace_of, api_keys))

    def namespace(self, authorization: str | None) -> str:
        """The namespace that a request's credentials open.

        Raises:
            Unauthenticated: None, garbled, or a key that is not listed (10009).
        """
        token = bearer(authorization)
        if token is None:
            raise Unauthenticated
        namespace = namespace_of(token)
        if self._known and namespace not in self._known:
            raise Unauthenticated(_no_such_key(token))
        return namespace


def _no_such_key(token: str) -> str:
    """Telnyx names the key's public id, the part before the secret; another form of token has none to name."""
    key_id, underscore, _ = token.partition("_")
    if not (underscore and key_id.startswith("KEY") and key_id.isalnum()):
        return "The required authentication headers were either invalid or not included in the request."
    return f"No key found matching the ID '{key_id}' with the provided secret."
