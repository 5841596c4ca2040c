"""What the core is told about how to behave: one frozen ``Policy`` and the choices in it.

Owns the names and defaults of the settings that the core decides by. Must not know where a value came from: flags,
environment and files are ``emulator/config.py``'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from emulator.core.calls.model import CallState
from emulator.core.clock import ClockSetting
from emulator.core.effects import DeliveryPolicy

if TYPE_CHECKING:
    from emulator.core.calls.model import Connection
    from emulator.core.models import ConnectorFields
    from emulator.core.srs import SrsAddress

KIBIBYTE = 1 << 10
MEBIBYTE = 1 << 20


class Realism(StrEnum):
    """How much must exist before a request may name it.

    LENIENT: everything named springs into being. STANDARD: any call is live and a start may name any connector,
    but what is read, changed, stopped or deleted must exist. STRICT: calls and connectors must have been created.
    """

    LENIENT = "lenient"
    STANDARD = "standard"
    STRICT = "strict"


class Validation(StrEnum):
    """What becomes of a body that the schema refuses, or that holds unknown keys.

    STANDARD: a violation is a 422, an unknown key a warning. WARN: both are let through with warnings.
    STRICT: both are a 422.
    """

    STANDARD = "standard"
    WARN = "warn"
    STRICT = "strict"


class BodyStyle(StrEnum):
    """How a webhook's JSON is laid out: Telnyx was seen to send it indented."""

    PRETTY = "pretty"
    COMPACT = "compact"


class PayloadFields(StrEnum):
    """Which payload fields a webhook has: those seen on the wire, or those that Telnyx documents."""

    OBSERVED = "observed"
    DOCUMENTED = "documented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of memory; each has a refusal or an eviction that is counted.

    Attributes:
        max_body: Bytes of a request body.
        journal_entries: Entries kept per namespace; the oldest go first.
        journal_bytes: Bytes of entries kept in all namespaces together.
        max_sessions: Live and ended sessions kept per namespace.
        max_namespaces: Namespaces kept.
    """

    max_body: int = MEBIBYTE
    journal_entries: int = 10_000
    journal_bytes: int = 64 * MEBIBYTE
    max_sessions: int = 50_000
    max_namespaces: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredCall:
    """A call that every namespace has from its beginning, for strict realism.

    Attributes:
        connection_id: None leaves the choice to the emulator.
        client_state: Base64, as an earlier command on the call would have left it.
    """

    call_control_id: str
    state: CallState = CallState.ANSWERED
    connection_id: str | None = None
    client_state: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The settings that the core decides by; the defaults are those of a server started without configuration.

    Attributes:
        calls, connections, connectors: That every namespace has from its beginning.
        srs: Where a dial goes whose connector is not stored; None: nowhere.
        default_scenario: Plays a session when no rule chooses another.
        clock: How a namespace's clock goes at its beginning.
        seed: Makes identifiers, draws and the times of standing clocks repeat; None: they don't.
        delivery: Used where a scenario has no policy of its own.
    """

    realism: Realism = Realism.STANDARD
    validation: Validation = Validation.STANDARD
    body_style: BodyStyle = BodyStyle.PRETTY
    payload_fields: PayloadFields = PayloadFields.OBSERVED
    default_scenario: str = "happy-path"
    clock: ClockSetting = ClockSetting()  # noqa: RUF009 - frozen, so sharing one is safe
    seed: str | None = None
    calls: tuple[DeclaredCall, ...] = ()
    connections: tuple[Connection, ...] = ()
    connectors: tuple[ConnectorFields, ...] = ()
    srs: SrsAddress | None = None
    limits: Limits = field(default_factory=Limits)
    delivery: DeliveryPolicy = field(default_factory=DeliveryPolicy)
