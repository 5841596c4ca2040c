"""What ``call-srs`` is told, and the order and the ways that follow from it.

Owns how flags are read. Must not place anything.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from random import SystemRandom
from typing import TYPE_CHECKING

import click

from emulator.cli.misconduct import misconduct_of
from emulator.cli.sip_flags import credentials_of
from emulator.core import ids
from emulator.core.errors import GarbledSip, Unwritable
from emulator.core.models import SECOND
from emulator.siprec.net.connecting import Ways
from emulator.siprec.net.link import Transport
from emulator.siprec.net.tls import ClientTls, client_context
from emulator.siprec.sip.quoting import is_token, writable
from emulator.siprec.sip.uri import SipUri, parse_uri
from emulator.siprec.src.order import INBOUND, OUTBOUND, Order

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.core.models import Duration
    from emulator.siprec.src.order import OrderedTrack

ANSWER_TIMEOUT: Duration = 60 * SECOND
"""Telnyx's (facts: what the SRC sends)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the flags say; each is explained at its flag."""

    uri: str
    transport: str | None = None
    secure: bool = False
    track: str = "both"
    duration: Duration | None = None
    answer_timeout: Duration | None = None
    wav_inbound: Path | None = None
    wav_outbound: Path | None = None
    caller: str
    callee: str
    headers: tuple[str, ...] = ()
    metadata_headers: bool = False
    session_timeout: int = 1_800
    app_subdomain: str | None = None
    user: str | None = None
    tls_ca: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_unverified: bool = False
    media_ports: str | None = None
    misconduct: tuple[str, ...] = ()
    pcap: Path | None = None
    as_json: bool = False


def order_of(wanted: Wanted) -> Order:
    """The session that the flags ask for.

    Raises:
        click.UsageError: A flag says what can't be.
    """
    uri = _uri(wanted.uri)
    transport = _transport(wanted, uri)
    tracks = {"both": (INBOUND, OUTBOUND), "inbound": (INBOUND,), "outbound": (OUTBOUND,)}[wanted.track]
    return Order(
        host=uri.host,
        port=uri.port,
        transport=transport,
        secure=wanted.secure,
        tracks=tuple(_played(track, wanted) for track in tracks),
        caller=uri.user_text or wanted.caller,
        callee=wanted.callee,
        session_id=ids.uuid4(SystemRandom()),
        sip_call_id=f"{secrets.token_hex(8)}@telnyx",
        custom_headers=tuple(map(_header, wanted.headers)),
        metadata_headers=wanted.metadata_headers,
        session_timeout_secs=wanted.session_timeout,
        app_subdomain=None if wanted.app_subdomain is None else _writable(wanted.app_subdomain, "--app-subdomain"),
        credentials=credentials_of(wanted.user),
        misconduct=misconduct_of(wanted.misconduct),
        answer_timeout=ANSWER_TIMEOUT if wanted.answer_timeout is None else wanted.answer_timeout,
    )


def _uri(text: str) -> SipUri:
    written = (
        text if ":" in text.partition("@")[0] and text.lower().startswith(("sip:", "sips:")) else f"sip:{text}"
    )
    try:
        uri = parse_uri(written)
    except GarbledSip as garbled:
        raise click.BadParameter(f"'{text}': {garbled.reason}", param_hint="URI") from None
    if not isinstance(uri, SipUri):
        raise click.BadParameter(f"'{text}' is no SIP URI", param_hint="URI")
    return uri


def _transport(wanted: Wanted, uri: SipUri) -> Transport:
    """The flag counts before the URI; sips, and secure media, mean TLS as Telnyx's ``secure`` does."""
    named = wanted.transport or uri.transport
    if named is not None and named not in tuple(Transport):
        raise click.BadParameter(f"'{named}' is no transport that is spoken", param_hint="URI")
    if uri.secure or (wanted.secure and named is None):
        return Transport.TLS
    return Transport.UDP if named is None else Transport(named)


def _played(track: OrderedTrack, wanted: Wanted) -> OrderedTrack:
    return replace(track, wav=wanted.wav_inbound if track is INBOUND else wanted.wav_outbound)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not is_token(name.strip()):
        raise click.BadParameter(f"'{text}': write NAME:VALUE", param_hint="--header")
    return name.strip(), _writable(value.strip(), "--header")


def _writable(text: str, flag: str) -> str:
    try:
        return writable(text)
    except Unwritable as error:
        raise click.BadParameter(str(error), param_hint=flag) from None


def ways_of(wanted: Wanted, transport: Transport) -> Ways:
    """How links are opened.

    Raises:
        click.UsageError: A key has no certificate.
        CertificateUnusable: A file can't be used.
    """
    if wanted.tls_key is not None and wanted.tls_cert is None:
        raise click.UsageError("--tls-key needs --tls-cert, whose key it is")
    if transport is not Transport.TLS:
        return Ways()
    trusted = ClientTls(
        ca=wanted.tls_ca,
        certificate=wanted.tls_cert,
        key=wanted.tls_key,
        verified=not wanted.tls_unverified,
    )
    return Ways(tls=client_context(trusted))
