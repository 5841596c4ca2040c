"""The store of connectors."""

from __future__ import annotations

import pytest

from emulator.core import connectors
from emulator.core.connectors import MAX_CONNECTORS
from emulator.core.errors import ConnectorInvalid, ConnectorNotFound, LimitReached
from emulator.core.models import Connector, ConnectorFields
from emulator.core.policy import Realism

SRS = ConnectorFields(name="srs", host="srs.example.com", port=5060)
OTHER = ConnectorFields(name="other", host="other.example.com", port=5061)


def store() -> connectors.Store:
    """One that holds SRS, made at 1."""
    held: connectors.Store = {}
    connectors.create(held, SRS, 1)
    return held


def test_what_is_created_can_be_read() -> None:
    assert connectors.read(store(), "srs", Realism.STANDARD, 2) == Connector(
        fields=SRS, created_at=1, updated_at=1
    )


def test_a_name_is_given_once() -> None:
    with pytest.raises(ConnectorInvalid) as refused:
        connectors.create(store(), SRS, 2)
    assert (refused.value.items[0].code, refused.value.items[0].pointer) == (422, "/name")


def test_an_update_replaces_all_fields_and_may_rename() -> None:
    held = store()
    renamed = connectors.update(held, "srs", OTHER, Realism.STANDARD, 5)
    assert renamed == Connector(fields=OTHER, created_at=1, updated_at=5)
    assert held == {"other": renamed}
    assert connectors.update(held, "other", OTHER, Realism.STANDARD, 6).updated_at == 6


def test_a_connector_does_not_take_anothers_name() -> None:
    held = store()
    connectors.create(held, OTHER, 1)
    with pytest.raises(ConnectorInvalid):
        connectors.update(held, "srs", OTHER, Realism.STANDARD, 2)
    assert set(held) == {"srs", "other"}


@pytest.mark.parametrize("realism", [Realism.STANDARD, Realism.STRICT])
def test_what_does_not_exist_is_404(realism: Realism) -> None:
    held: connectors.Store = {}
    with pytest.raises(ConnectorNotFound):
        connectors.read(held, "srs", realism, 1)
    with pytest.raises(ConnectorNotFound):
        connectors.update(held, "srs", SRS, realism, 1)
    with pytest.raises(ConnectorNotFound):
        connectors.delete(held, "srs", realism)


def test_lenient_realism_makes_up_what_is_named() -> None:
    held: connectors.Store = {}
    assert connectors.read(held, "a", Realism.LENIENT, 1).fields.name == "a"
    assert connectors.update(held, "b", SRS, Realism.LENIENT, 1).fields == SRS
    connectors.delete(held, "c", Realism.LENIENT)
    assert set(held) == {"a", "srs"}


def test_what_is_deleted_is_gone() -> None:
    held = store()
    connectors.delete(held, "srs", Realism.STANDARD)
    assert held == {}


def test_a_namespace_holds_a_bounded_number_of_connectors() -> None:
    held = {f"srs-{number}": Connector(fields=SRS, created_at=1, updated_at=1) for number in range(MAX_CONNECTORS)}
    with pytest.raises(LimitReached, match=r"at most 10000 connectors in a namespace\.$"):
        connectors.create(held, OTHER, 2)
