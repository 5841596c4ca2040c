"""Whom a client believes that it is the emulator.

Owns the TLS context of both clients: Python's default one, told of one authority more. Must not know where a file
came from.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

Ca: TypeAlias = "str | Path | ssl.SSLContext | None"
"""A file of certificates in PEM, their text, or a context as it is; None: the system's authorities alone."""

_BEGINS = "-----BEGIN"


def context_for(ca: Ca, *, secure: bool) -> ssl.SSLContext | None:
    """The context by which a server is verified.

    Args:
        ca: What is trusted beside what the system does.
        secure: Whether it is spoken to by TLS at all.

    Returns:
        None without TLS.

    Raises:
        ValueError: ``ca`` is no file that can be read, or holds no certificates.
    """
    if not secure:
        return None
    if isinstance(ca, ssl.SSLContext):
        return ca
    context = ssl.create_default_context()
    if ca is None:
        return context
    try:
        if isinstance(ca, str) and _BEGINS in ca:
            context.load_verify_locations(cadata=ca)
        else:
            context.load_verify_locations(cafile=ca)
    except ssl.SSLError:
        raise ValueError(f"{'the text' if _is_text(ca) else ca} holds no certificates in PEM") from None
    except OSError as error:
        raise ValueError(f"can't read {ca}: {error.strerror}") from None
    # a server's own certificate may stand for its authority; Python 3.13 allows it by itself
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _is_text(ca: str | Path) -> bool:
    return isinstance(ca, str) and _BEGINS in ca


def distrusted(error: ssl.SSLCertVerificationError) -> str:
    """What to say of a certificate that was refused, and what helps."""
    return (
        f"its certificate is not trusted ({error.verify_message}); name its authority's file as ca, or by --tls-ca"
    )
