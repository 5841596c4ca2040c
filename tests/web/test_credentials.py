"""Authorization headers to namespaces."""

from __future__ import annotations

import hashlib

import pytest

from emulator.core.errors import Unauthenticated
from emulator.web.credentials import KeyRing, bearer, namespace_of, same


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer KEY_1", "KEY_1"),
        ("bearer   KEY_1 ", "KEY_1"),
        (None, None),
        ("", None),
        ("Bearer", None),
        ("Bearer  ", None),
        ("Basic KEY_1", None),
        ("KEY_1", None),
        ("Bearer a b", None),
        ("Bearer a\tb", None),
    ],
)
def test_the_token_of_a_bearer_header(header: str | None, token: str | None) -> None:
    """RFC 6750 section 2.1."""
    assert bearer(header) == token


def test_a_namespace_is_a_short_hash_that_does_not_show_the_key() -> None:
    assert namespace_of("KEY_1") == hashlib.sha256(b"KEY_1").hexdigest()[:12]
    assert namespace_of("\udcff") != namespace_of("KEY_1")


def test_secrets_are_compared_whole() -> None:
    assert same("token", "token")
    assert not same("toke", "token")
    assert not same("\udcff", "token")


def test_an_empty_ring_takes_every_key() -> None:
    assert KeyRing(()).namespace("Bearer anything") == namespace_of("anything")
    with pytest.raises(Unauthenticated, match="Could not understand"):
        KeyRing(()).namespace(None)


def test_a_ring_takes_its_own_keys_alone() -> None:
    ring = KeyRing(["KEY_1", "KEY_2"])
    assert ring.namespace("Bearer KEY_2") == namespace_of("KEY_2")
    with pytest.raises(Unauthenticated) as unknown:
        ring.namespace("Bearer KEY0123_secret")
    assert str(unknown.value) == "No key found matching the ID 'KEY0123' with the provided secret."
    with pytest.raises(Unauthenticated) as formless:
        ring.namespace("Bearer secret")
    assert "secret" not in str(formless.value)
