"""Connections (Call Control Apps), as far as they say where webhooks of calls go.

Owns how one is read from what a person wrote, in a configuration file or a request, and how it is shown. Must not
check structure: the schemas do. Must not send anything: ``dispatch.py`` asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.calls.model import Connection
from emulator.core.errors import LimitReached
from emulator.core.formats import is_http_url
from emulator.core.models import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping

    from emulator.core.models import JsonValue

MAX_CONNECTIONS = 10_000
"""Far more than any account has; a program that makes them without end is told so."""

API_VERSION = "2"
"""The only form of webhooks that is documented, and that the emulator sends."""

_URLS = ("webhook_event_url", "webhook_event_failover_url")


def read_connection(connection_id: str, written: Mapping[str, JsonValue]) -> Connection:
    """A connection of what was written, whose structure was checked; null and empty text say nothing.

    Args:
        connection_id: Its id.
        written: Named as Telnyx names them (CallControlApplication).
    """
    secs = written.get("webhook_timeout_secs")
    return Connection(
        id=connection_id,
        webhook_event_url=written.get("webhook_event_url") or None,
        webhook_event_failover_url=written.get("webhook_event_failover_url") or None,
        webhook_timeout=int(secs) * SECOND if secs else None,
    )


def wrong_urls(written: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    """The fields that are no URL to send to, each with what is wrong."""
    for name in _URLS:
        if written.get(name) and not is_http_url(written[name]):
            yield name, f"'{name}' must be an absolute http or https URL"


def put_connection(store: MutableMapping[str, Connection], connection: Connection) -> None:
    """Keep a connection, in place of one of the same id.

    Raises:
        LimitReached: There are as many as may be.
    """
    if connection.id not in store and len(store) >= MAX_CONNECTIONS:
        raise LimitReached("connections in a namespace", limit=MAX_CONNECTIONS)
    store[connection.id] = connection


def connection_view(connection: Connection) -> dict[str, JsonValue]:
    """A connection, named as Telnyx names its fields."""
    timeout = connection.webhook_timeout
    return {
        "id": connection.id,
        "webhook_event_url": connection.webhook_event_url,
        "webhook_event_failover_url": connection.webhook_event_failover_url,
        "webhook_api_version": API_VERSION,
        "webhook_timeout_secs": None if timeout is None else timeout // SECOND,
    }
