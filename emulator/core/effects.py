"""What the core asks of the edge, and what the edge reports back: sends, attempts and answers.

Owns the shapes of delivery and of an answer. Must not hold rules: ``delivery.py`` decides when to try again and
when to give up, ``web/sender.py`` does what a ``Send`` says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum

from emulator.core.models import SECOND, CallbackMethod, Duration, HeaderList, Instant


class WireFault(StrEnum):
    """How an answer to the app goes wrong on the wire.

    RESET: the connection is reset (RFC 9293 section 3.5.3) before a byte of the answer. EMPTY: it is closed in
    order, without a byte. GARBAGE: bytes that are no HTTP. TRICKLE: the answer itself, byte by byte. HANG:
    nothing, until the client leaves.
    """

    RESET = "reset"
    EMPTY = "empty"
    GARBAGE = "garbage"
    TRICKLE = "trickle"
    HANG = "hang"


class Simulate(StrEnum):
    """What becomes of one attempt at a webhook.

    NONE: it is made. DROP: it is lost on the way, and nothing answers within the timeout. ACK_LOST: it arrives,
    and its answer is lost. TIMEOUT: it arrives, and its answer comes too late. CONNECT_ERROR: there is no
    connection, at once.
    """

    NONE = "none"
    DROP = "drop"
    ACK_LOST = "ack_lost"
    TIMEOUT = "timeout"
    CONNECT_ERROR = "connect_error"


class SignMode(StrEnum):
    """How a webhook is signed: by the emulator's key, by another, or not at all."""

    GOOD = "good"
    WRONG_KEY = "wrong_key"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """How one webhook is signed.

    Attributes:
        skew: Added to the stamp that is signed, negative for the past.
    """

    mode: SignMode = SignMode.GOOD
    skew: Duration = 0


SIGNED_WELL = Signing()


class Order(StrEnum):
    """Whether webhooks may overtake each other, or a session's follow one another."""

    FREE = "free"
    PER_SESSION = "per_session"


class SuccessRule(StrEnum):
    """Which statuses count as taken: Telnyx's pages say both."""

    ANY_2XX = "2xx"
    ONLY_200 = "200"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Pauses between attempts at one URL: first, first*factor, ... never above ``max``."""

    first: Duration = 1 * SECOND
    factor: float = 2.0
    max: Duration = 60 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPolicy:
    """How hard an event is tried (docs/fidelity.md says which page each default follows).

    Attributes:
        timeout: For one attempt, connection to answer.
        attempts_per_url: At the primary URL, then as many at the failover URL.
        failover: Whether the failover URL is tried at all.
        success: Which statuses count.
        order: PER_SESSION lets a webhook wait until the one before it in its session is over.
        concurrency: Attempts under way at once for all sessions of one scenario; None: as many as come.
    """

    timeout: Duration = 2 * SECOND
    attempts_per_url: int = 3
    backoff: Backoff = field(default_factory=Backoff)
    failover: bool = True
    success: SuccessRule = SuccessRule.ANY_2XX
    order: Order = Order.FREE
    concurrency: int | None = None


class AttemptError(Enum):
    """Why an attempt failed: the value is Telnyx's webhook delivery code (catalogue 75000-75599)."""

    GENERIC = 75000
    DNS = 75001
    CONNECT = 75002
    CERTIFICATE = 75003
    NOT_200 = 75299
    REDIRECT = 75300
    STATUS_400 = 75400
    STATUS_404 = 75404
    CLIENT_ERROR = 75499
    STATUS_500 = 75500
    SERVER_ERROR = 75599


class AttemptOutcome(StrEnum):
    """How one attempt ended."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Effect: make this HTTP request once and report an ``AttemptResult``.

    The sender signs at the moment of sending, since the stamp is wall time; everything else is here.

    Attributes:
        attempt_id: Unique; comes back in the result.
        method: GET or POST.
        url: Absolute http(s) URL.
        headers: To send beside the signature's two.
        body: The exact bytes to send and to sign (empty for GET).
        signed: What to sign: the body, or for GET the query string, as bytes.
        timeout: For the whole attempt.
        success: Which statuses count as delivered.
        signing: With which key and stamp.
    """

    attempt_id: str
    namespace: str
    method: CallbackMethod
    url: str
    headers: HeaderList
    body: bytes
    signed: bytes
    timeout: Duration
    success: SuccessRule
    signing: Signing = SIGNED_WELL


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Effect: the answer to a request was held back, and may go now.

    Attributes:
        seq: The request's number in the journal, as ``Outcome.held`` named it.
    """

    namespace: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptResult:
    """What came of one ``Send``: the only way the outside tells the core of it.

    Attributes:
        attempt_id: The ``Send``'s.
        outcome: DELIVERED, FAILED or ABANDONED.
        started_at, finished_at: Wall time.
        request_headers: All that were sent, the signature's included.
        status: The answer's status, None when none came.
        response_headers, response_body: Of the answer; the body is cut at 10 kB.
        error: The kind of failure, None when delivered or abandoned.
        reason: The failure in words, empty when delivered.
        refused: Policy forbids the target, so that another try at this URL has no point.
    """

    attempt_id: str
    outcome: AttemptOutcome
    started_at: Instant
    finished_at: Instant
    request_headers: HeaderList = ()
    status: int | None = None
    response_headers: HeaderList = ()
    response_body: bytes = b""
    error: AttemptError | None = None
    reason: str = ""
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at one URL, as the journal keeps it.

    Attributes:
        send: What was sent; with ``simulate`` DROP or CONNECT_ERROR, what would have been.
        simulate: What the scenario or an injected fault made of it.
        result: None while it is under way.
    """

    id: str
    number: int
    send: Send
    created_at: Instant
    simulate: Simulate = Simulate.NONE
    result: AttemptResult | None = None


WRITTEN_HEADERS = frozenset(
    ("connection", "content-length", "content-type", "date", "server", "transfer-encoding")
)
"""Those that the edge writes itself, lower case: a ``Reply``'s headers must not hold them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    """A request that was passed on to another server, once that has ended.

    Attributes:
        target: As it came.
        status: What the client was answered; 499 when it left before.
        reason: What went wrong, in words; empty where nothing did.
        to: The URL that it went to, without its query.
        took: From its head to the end of its answer, in real time.
        sent: Bytes of the request's body.
        received: Bytes of the answer's body.
    """

    namespace: str
    method: str
    target: str
    status: int
    reason: str
    to: str
    took: Duration
    sent: int = 0
    received: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer to a request.

    Attributes:
        status: HTTP status.
        body: The exact bytes; empty for 204.
        content_type: Of the body.
        headers: Beside the content type.
        delay: How long it is held back, in the namespace's time.
        fault: How it goes wrong on the wire, None where it doesn't.
        trickle: Over how long TRICKLE spreads it, in real time.
    """

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: HeaderList = ()
    delay: Duration = 0
    fault: WireFault | None = None
    trickle: Duration = 0
