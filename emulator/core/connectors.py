"""SIPREC connectors: what may be created, read, changed and deleted.

Owns the rules of the store; the store itself is a mapping that each change replaces one entry of. Must not render.

Names are unique in a namespace and a PUT may rename (both inferred: docs/fidelity.md).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core.errors import ConnectorInvalid, ConnectorNotFound, LimitReached
from emulator.core.models import Connector, ConnectorFields
from emulator.core.policy import Realism

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from emulator.core.models import Instant

Store = dict[str, Connector]

MAX_CONNECTORS = 10_000
"""Far more than any account has; a program that makes them without end is told so."""

IMAGINED_HOST = "siprec.telnyx.com"
IMAGINED_PORT = 5060
"""Where a connector that lenient realism lets spring into being points: the documented example."""


def create(store: MutableMapping[str, Connector], fields: ConnectorFields, now: Instant) -> Connector:
    """Store a new connector.

    Raises:
        ConnectorInvalid: The name is taken.
        LimitReached: There are as many as may be.
    """
    if fields.name in store:
        raise _taken(fields.name)
    if len(store) >= MAX_CONNECTORS:
        raise LimitReached("connectors in a namespace", limit=MAX_CONNECTORS)
    connector = Connector(fields=fields, created_at=now, updated_at=now)
    store[fields.name] = connector
    return connector


def read(store: MutableMapping[str, Connector], name: str, realism: Realism, now: Instant) -> Connector:
    """The connector of that name; lenient realism makes one up.

    Raises:
        ConnectorNotFound: There is none.
    """
    found = store.get(name)
    if found is not None:
        return found
    if realism is not Realism.LENIENT:
        raise ConnectorNotFound
    return create(store, ConnectorFields(name=name, host=IMAGINED_HOST, port=IMAGINED_PORT), now)


def imagined(connector: Connector) -> bool:
    """Whether lenient realism made it up, so that nobody meant it to lead where it points."""
    return (connector.fields.host, connector.fields.port) == (IMAGINED_HOST, IMAGINED_PORT)


def update(
    store: MutableMapping[str, Connector], name: str, fields: ConnectorFields, realism: Realism, now: Instant
) -> Connector:
    """Replace a connector's fields, its name included.

    Raises:
        ConnectorNotFound: There is none of that name.
        ConnectorInvalid: The new name is another connector's.
    """
    found = read(store, name, realism, now)
    if fields.name != name and fields.name in store:
        raise _taken(fields.name)
    del store[name]
    store[fields.name] = replace(found, fields=fields, updated_at=now)
    return store[fields.name]


def delete(store: MutableMapping[str, Connector], name: str, realism: Realism) -> None:
    """Forget a connector; sessions that it served go on.

    Raises:
        ConnectorNotFound: There is none of that name.
    """
    if store.pop(name, None) is None and realism is not Realism.LENIENT:
        raise ConnectorNotFound


def _taken(name: str) -> ConnectorInvalid:
    """422 and not 409, which the SDKs would try again."""
    return ConnectorInvalid([("/name", f"A connector named '{name}' already exists")])
