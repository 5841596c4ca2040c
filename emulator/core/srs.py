"""What is asked of the line to a recording server (SRS), and what comes back from it.

Owns the shapes: the effects that place a session on the wire and end it, and the reports of what the SRS did. Must
not hold rules: ``causes.py`` says what a report means to Telnyx's users, ``legs.py`` what becomes of a session.

The names are RFC 7866's: the emulator is the SRC, the recording client, and a connector leads to the SRS.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from emulator.core.calls.model import Parties
    from emulator.core.models import Duration, HeaderList, SipTransport, Track


class SrsStage(StrEnum):
    """How far a session on the wire has come; HUNG_UP: the emulator ended it, ENDED: something else did."""

    DIALLED = "dialled"
    RINGING = "ringing"
    ANSWERED = "answered"
    MEDIA_CHANGED = "media_changed"
    FAILED = "failed"
    ENDED = "ended"
    HUNG_UP = "hung_up"


UNANSWERED = frozenset({SrsStage.DIALLED, SrsStage.RINGING})
"""The stages in which a dial is under way."""


class SrsReason(StrEnum):
    """Why a session on the wire failed or ended.

    RESPONSE: the SRS answered with a status of failure. NO_TARGET: there is nothing to dial. DNS: its name can't
    be resolved. REFUSED: no connection. TLS: no trust, or no TLS. SILENCE: no response at all in time (RFC 3261
    Timer B). NO_ANSWER: responses, but no final one until the answer timer. MEDIA: its answer, or the media asked
    for, can't be used, or what is to be sent can't be written. LOST: the connection broke. BYE: the SRS hung up.
    TIMER: the session was not refreshed in time (RFC 4028).
    """

    RESPONSE = "response"
    NO_TARGET = "no_target"
    DNS = "dns"
    REFUSED = "refused"
    TLS = "tls"
    SILENCE = "silence"
    NO_ANSWER = "no_answer"
    MEDIA = "media"
    LOST = "lost"
    BYE = "bye"
    TIMER = "timer"


class OneTrack(StrEnum):
    """One of the two tracks, by its label on the wire."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Misconduct:
    """What a client does wrong on the wire because a scenario asks for it; nothing, where nothing is said.

    Attributes:
        late_cancel: CANCEL goes only once the SRS has answered, which crosses on the way (RFC 3261 section 9.1).
        no_refresh: The session is never refreshed, though its timer was agreed on.
        missing_label: Streams have no ``a=label`` (RFC 7866 section 7.1.1).
        wrong_boundary: The Content-Type names another boundary than the body has.
        invalid_metadata: Metadata that RFC 7865's schema refuses.
        only_track: Media on this track alone, though both were offered; None: on all.
        loss: The share of RTP packets that are not sent, 0 to 1.
        reordering: The share that is overtaken by the next one, 0 to 1.
        jitter: By how much a packet may be late.
        codec_change: After so long the payload type changes to one that was offered and not answered; None: never.
        silence: After so long no packet comes any more, and no BYE; None: never.
    """

    late_cancel: bool = False
    no_refresh: bool = False
    missing_label: bool = False
    wrong_boundary: bool = False
    invalid_metadata: bool = False
    only_track: OneTrack | None = None
    loss: float = 0.0
    reordering: float = 0.0
    jitter: Duration = 0
    codec_change: Duration | None = None
    silence: Duration | None = None


WELL_BEHAVED = Misconduct()


@dataclass(frozen=True, slots=True, kw_only=True)
class SrsAddress:
    """Where an SRS is.

    Attributes:
        host: A name or an address; IPv6 without brackets.
        app_subdomain: Telnyx's routing hint (SiprecConnector).
    """

    host: str
    port: int
    app_subdomain: str | None = None

    def __str__(self) -> str:
        """As a SIP URI writes it (RFC 3261 section 25.1)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DialSrs:
    """Effect: place a recording session (RFC 7866) and report what comes of it.

    Attributes:
        dial_id: Unique; comes back in every report.
        address: Whom to dial.
        transport: How SIP travels; ``secure`` asks for TLS and SRTP besides.
        parties: Of the call that is recorded.
        call_uuid: Of the recorded call, and ``sip_call_id``: its own SIP Call-ID; metadata name it by both.
        custom_headers: Of the recorded call; as metadata if ``metadata_headers``, else as SIP headers.
        session_timeout_secs: RFC 4028's interval; 0: none.
        answer_timeout: How long the SRS may take for a final answer; None: as the server is set.
        seed: What keys, tags and sequence numbers are drawn from, so that a seeded run repeats.
    """

    namespace: str
    dial_id: str
    session_id: str
    address: SrsAddress
    transport: SipTransport
    secure: bool
    track: Track
    parties: Parties
    call_uuid: str
    sip_call_id: str
    custom_headers: HeaderList
    metadata_headers: bool
    session_timeout_secs: int
    answer_timeout: Duration | None
    misconduct: Misconduct
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUpSrs:
    """Effect: end a session on the wire, by CANCEL or by BYE, as far as it has come; nothing where it is over."""

    namespace: str
    dial_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetSrs:
    """Effect: show no session on the wire of a namespace that is forgotten: a seeded one may use its ids again."""

    namespace: str


AskedOfLine: TypeAlias = DialSrs | HangUpSrs | ForgetSrs


@dataclass(frozen=True, slots=True, kw_only=True)
class SrsReport:
    """What an SRS did, or what became of the line to it: the only way the outside tells the core.

    Attributes:
        dial_id: The ``DialSrs``'s.
        stage: RINGING, ANSWERED, MEDIA_CHANGED, FAILED or ENDED.
        why: Of FAILED and ENDED; None otherwise.
        status: The SIP status, where a response told it.
        reason: In words: the response's phrase, or what is known of the failure.
    """

    namespace: str
    dial_id: str
    stage: SrsStage
    why: SrsReason | None = None
    status: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the recording server has told a timeline last.

    Attributes:
        cause: Telnyx's word for a failure or an end; None before one.
        status: The SIP status; None where no response told it.
        reason: In words; None where nothing was told.
    """

    cause: str | None = None
    status: int | None = None
    reason: str | None = None
