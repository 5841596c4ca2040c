"""The built-in receiver: takes webhooks when no other target is configured, and judges their signatures.

Owns the verdict. Must not journal: the engine does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.inputs import Received
from emulator.core.models import SECOND
from emulator.core.signing import verify
from emulator.web.driver import wall
from emulator.web.routes import origin_form
from emulator.web.telnyx_api import public_headers

if TYPE_CHECKING:
    from aiohttp import web


def receive(http: web.BaseRequest, body: bytes, public_key: str) -> Received:
    """Judge a request as an app should: by the raw body, or by the raw query of a GET.

    Args:
        http: As it arrived.
        body: Its raw bytes.
        public_key: Base64, of the key that should have signed.
    """
    headers = public_headers(http)
    signed = body if http.method != "GET" else http.raw_path.partition("?")[2].encode()
    verdict = verify(public_key, headers, signed, wall() // SECOND)
    return Received(
        method=http.method,
        target=origin_form(http.raw_path),
        headers=headers,
        body=body,
        verdict=verdict.name.lower(),
        reason=verdict.value,
    )
