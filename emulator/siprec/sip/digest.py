"""Digest: answering a challenge, and checking an answer (RFC 8760, RFC 7616, RFC 3261 section 22.4).

Owns hashes, which challenge is answered, and the grammar of both headers. Must not make nonces, nor know which are
still good.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSip
from emulator.siprec.sip.auth_params import parse_auth_params
from emulator.siprec.sip.quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_COUNT = re.compile(r"[0-9A-Fa-f]{8}")


class Algorithm(StrEnum):
    """A hash, and whether it is bound to the client's nonce; the stronger stand behind."""

    MD5 = "MD5"
    MD5_SESS = "MD5-sess"
    SHA_256 = "SHA-256"
    SHA_256_SESS = "SHA-256-sess"


class Qop(StrEnum):
    """What an answer protects: the request line, or the body as well."""

    AUTH = "auth"
    AUTH_INT = "auth-int"


_ALGORITHMS = {algorithm.lower(): algorithm for algorithm in Algorithm}
_STRENGTH = tuple(Algorithm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who answers a challenge.

    Attributes:
        password: Never in a record or log.
    """

    username: str
    password: str

    def __repr__(self) -> str:
        """Without the password."""
        return f"Credentials(username={self.username!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What a server asks in WWW-Authenticate or Proxy-Authenticate.

    Attributes:
        qops: Those that are known, in the server's order; empty where it named none, as before RFC 2617.
        opaque: Given back as it is.
        stale: The answer was right, its nonce too old: try again with this one.
    """

    realm: str
    nonce: str
    algorithm: Algorithm = Algorithm.MD5
    qops: tuple[Qop, ...] = (Qop.AUTH,)
    opaque: str | None = None
    stale: bool = False

    def __str__(self) -> str:
        """As it stands on the wire.

        Raises:
            Unwritable: A part holds a line break or NUL.
        """
        parts = [f"realm={quoted(self.realm)}", f"nonce={quoted(self.nonce)}", f"algorithm={self.algorithm}"]
        if self.qops:
            parts.append(f'qop="{",".join(self.qops)}"')
        if self.opaque is not None:
            parts.append(f"opaque={quoted(self.opaque)}")
        if self.stale:
            parts.append("stale=true")
        return "Digest " + ", ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """An answer to a challenge, as Authorization or Proxy-Authorization has it.

    Attributes:
        uri: The Request-URI that was hashed; the request's own must be the same.
        response: The hash, in hexadecimal.
        qop: None as before RFC 2617; ``cnonce`` is empty and ``count`` 0 then.
        count: How often the nonce was used, this one included.
    """

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: Algorithm = Algorithm.MD5
    qop: Qop | None = None
    cnonce: str = ""
    count: int = 0
    opaque: str | None = None

    def __str__(self) -> str:
        """As it stands on the wire.

        Raises:
            Unwritable: A part holds a line break or NUL.
        """
        parts = [f"username={quoted(self.username)}", f"realm={quoted(self.realm)}", f"nonce={quoted(self.nonce)}"]
        parts += [f"uri={quoted(self.uri)}", f"response={quoted(self.response)}", f"algorithm={self.algorithm}"]
        if self.qop is not None:
            parts += [f"qop={self.qop}", f"nc={self.count:08x}", f"cnonce={quoted(self.cnonce)}"]
        elif self.cnonce:
            parts.append(f"cnonce={quoted(self.cnonce)}")
        if self.opaque is not None:
            parts.append(f"opaque={quoted(self.opaque)}")
        return "Digest " + ", ".join(parts)


def parse_challenge(text: str) -> Challenge:
    """Read one challenge.

    Args:
        text: A whole value of WWW-Authenticate or Proxy-Authenticate.

    Raises:
        GarbledSip: It is none, or none that can be answered here: its scheme, algorithm or every qop is unknown.
    """
    held = parse_auth_params(text, "Digest")
    named = held.get("qop")
    offered = () if named is None else tuple(part.strip().lower() for part in named.split(","))
    qops = tuple(Qop(part) for part in dict.fromkeys(offered) if part in tuple(Qop))
    if named is not None and not qops:
        raise GarbledSip("a challenge asks for a qop that is not known")
    return Challenge(
        realm=_needed(held, "realm"),
        nonce=_needed(held, "nonce"),
        algorithm=_algorithm(held),
        qops=qops,
        opaque=held.get("opaque"),
        stale=held.get("stale", "").lower() == "true",
    )


def strongest(challenges: Iterable[str]) -> Challenge | None:
    """The challenge to answer: of the strongest algorithm (RFC 7616 section 3.7), and of several the topmost.

    RFC 8760 section 2.4 takes the topmost of all, unless a client has a policy; this one keeps a server, or who is
    in between, from talking it down.

    Args:
        challenges: Each value of WWW-Authenticate or Proxy-Authenticate.

    Returns:
        None where none can be answered here.
    """
    known: list[Challenge] = []
    for text in challenges:
        try:
            known.append(parse_challenge(text))
        except GarbledSip:
            continue
    return max(known, key=lambda challenge: _STRENGTH.index(challenge.algorithm), default=None)


def authorization(
    challenge: Challenge,
    credentials: Credentials,
    method: str,
    uri: str,
    cnonce: str,
    count: int,
    body: bytes = b"",
) -> str:
    """The answer to a challenge (RFC 7616 section 3.4).

    Args:
        challenge: What ``strongest`` chose; ``auth`` is preferred where it leaves a choice.
        credentials: Whose they are.
        method: The request's.
        uri: Its Request-URI as written.
        cnonce: Unpredictable; unused where neither qop nor algorithm wants one.
        count: How often this nonce was answered, this time included.
        body: The request's, for ``auth-int``.

    Returns:
        The value of Authorization or Proxy-Authorization.

    Raises:
        Unwritable: A part holds a line break or NUL.
    """
    qop = Qop.AUTH if Qop.AUTH in challenge.qops else next(iter(challenge.qops), None)
    unsigned = Authorization(
        username=credentials.username,
        realm=challenge.realm,
        nonce=challenge.nonce,
        uri=uri,
        response="",
        algorithm=challenge.algorithm,
        qop=qop,
        cnonce=cnonce if qop is not None or _bound(challenge.algorithm) else "",
        count=count if qop is not None else 0,
        opaque=challenge.opaque,
    )
    return str(replace(unsigned, response=_response(unsigned, credentials.password, method, body)))


def parse_authorization(text: str) -> Authorization:
    """Read an answer to a challenge.

    Args:
        text: A whole value of Authorization or Proxy-Authorization.

    Raises:
        GarbledSip: It is none, or its scheme, algorithm or qop is unknown.
    """
    held = parse_auth_params(text, "Digest")
    qop = held.get("qop")
    if qop is not None and qop.lower() not in tuple(Qop):
        raise GarbledSip("an answer has a qop that is not known")
    if qop is not None and _COUNT.fullmatch(held.get("nc", "")) is None:
        raise GarbledSip("an answer's nonce count can't be read")
    return Authorization(
        username=_needed(held, "username"),
        realm=_needed(held, "realm"),
        nonce=_needed(held, "nonce"),
        uri=_needed(held, "uri"),
        response=_needed(held, "response"),
        algorithm=_algorithm(held),
        qop=None if qop is None else Qop(qop.lower()),
        cnonce=held.get("cnonce", ""),
        count=0 if qop is None else int(held["nc"], 16),
        opaque=held.get("opaque"),
    )


def verified(answer: Authorization, credentials: Credentials, method: str, body: bytes = b"") -> bool:
    """Whether whoever answered knows the password, for this method and body.

    That realm, nonce, count and URI are those that were asked for is the caller's to see.
    """
    expected = _response(answer, credentials.password, method, body)
    same_hash = hmac.compare_digest(expected.encode(), answer.response.lower().encode("utf-8", "replace"))
    return same_hash and answer.username == credentials.username


def _response(answer: Authorization, password: str, method: str, body: bytes) -> str:
    algorithm = answer.algorithm
    secret = _hash(algorithm, answer.username, answer.realm, password)
    if _bound(algorithm):
        secret = _hash(algorithm, secret, answer.nonce, answer.cnonce)
    asked = [method, answer.uri]
    if answer.qop is Qop.AUTH_INT:
        asked.append(_hexadecimal(algorithm, body))
    request = _hash(algorithm, *asked)
    if answer.qop is None:
        return _hash(algorithm, secret, answer.nonce, request)
    return _hash(algorithm, secret, answer.nonce, f"{answer.count:08x}", answer.cnonce, answer.qop, request)


def _bound(algorithm: Algorithm) -> bool:
    return algorithm in (Algorithm.MD5_SESS, Algorithm.SHA_256_SESS)


def _hash(algorithm: Algorithm, *parts: str) -> str:
    return _hexadecimal(algorithm, ":".join(parts).encode("utf-8", "surrogatepass"))


def _hexadecimal(algorithm: Algorithm, data: bytes) -> str:
    if algorithm in (Algorithm.MD5, Algorithm.MD5_SESS):
        # What a peer asks for by RFC 3261; nothing here rests on its strength.
        return hashlib.md5(data, usedforsecurity=False).hexdigest()
    return hashlib.sha256(data).hexdigest()


def _algorithm(held: Mapping[str, str]) -> Algorithm:
    algorithm = _ALGORITHMS.get(held.get("algorithm", Algorithm.MD5).lower())
    if algorithm is None:
        raise GarbledSip("an algorithm is not known")
    return algorithm


def _needed(held: Mapping[str, str], name: str) -> str:
    if name not in held:
        raise GarbledSip(f"{name} is missing")
    return held[name]
