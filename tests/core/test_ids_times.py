"""Identifiers and instants in the forms that Telnyx gives them."""

from __future__ import annotations

import random
import uuid

from hypothesis import given
from hypothesis import strategies as st

from emulator.core.ids import connection_id, uuid1, uuid4
from emulator.core.times import iso_micros, iso_millis, rfc2822

RANDOM = st.integers().map(random.Random)
INSTANT = 1_639_577_484_613_295
"""2021-12-15T14:11:24.613295Z, the instant of Telnyx's own example."""


@given(RANDOM)
def test_event_ids_are_random_uuids(source: random.Random) -> None:
    """RFC 9562 section 5.4."""
    found = uuid.UUID(text := uuid4(source))
    assert str(found) == text
    assert (found.version, found.variant) == (4, uuid.RFC_4122)


@given(RANDOM, st.integers(0, 4_000_000_000_000_000))
def test_call_ids_are_uuids_that_tell_their_time(source: random.Random, now: int) -> None:
    """RFC 9562 section 5.1; the node is marked as no network card's."""
    found = uuid.UUID(text := uuid1(source, now))
    assert str(found) == text
    assert (found.version, found.variant) == (1, uuid.RFC_4122)
    assert found.time == now * 10 + 0x01B21DD213814000
    assert found.node >> 40 & 1 == 1


@given(RANDOM)
def test_connection_ids_have_19_digits(source: random.Random) -> None:
    text = connection_id(source)
    assert text.isdigit()
    assert len(text) == 19


def test_the_same_bits_give_the_same_ids() -> None:
    for make in (uuid4, connection_id, lambda source: uuid1(source, INSTANT)):
        assert make(random.Random(7)) == make(random.Random(7))  # noqa: S311 - no secrets


def test_instants_are_written_as_telnyx_writes_them() -> None:
    assert iso_micros(INSTANT) == "2021-12-15T14:11:24.613295Z"
    assert iso_millis(INSTANT) == "2021-12-15T14:11:24.613Z"
    assert rfc2822(1_691_781_131_000_000) == "Fri, 11 Aug 2023 19:12:11 +0000"


def test_a_whole_second_keeps_its_zeros() -> None:
    assert iso_micros(0) == "1970-01-01T00:00:00.000000Z"
    assert iso_millis(0) == "1970-01-01T00:00:00.000Z"
