"""The variables by which a program finds an emulator, and trusts it.

Owns their names. Must not set any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TRUSTING = ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE")
"""By which OpenSSL (and so Python's httpx), Node.js and requests are told of an authority."""


def environment(base_url: str, api_key: str, public_key: str, ca_file: Path | None = None) -> dict[str, str]:
    """The variables that every official Telnyx SDK reads, and those of ``TRUSTING``.

    Args:
        base_url: With ``/v2``.
        api_key: Any that the emulator takes.
        public_key: Verifies webhooks; Base64.
        ca_file: Certificates in PEM that are to be trusted; None leaves trust as it is.
    """
    trusted = () if ca_file is None else TRUSTING
    return {
        **{name: str(ca_file) for name in trusted},
        "TELNYX_BASE_URL": base_url,
        "TELNYX_API_KEY": api_key,
        "TELNYX_PUBLIC_KEY": public_key,
    }
