"""Signatures: the vector of RFC 8032, the official SDK's verdict, and every way in which a receiver refuses."""

from __future__ import annotations

import base64
import time

import pytest
import telnyx
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey, VerifyKey

from emulator.core.signing import Signer, Verdict, parse_seed, verify

RFC_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
RFC_PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
SIGNER = Signer(seed=RFC_SEED)
NOW = 1_763_900_000
BODY = b'{\n  "data": {"event_type": "siprec.started"}\n}'


def test_the_public_key_is_base64_of_the_32_raw_bytes_of_rfc_8032_test_1() -> None:
    assert base64.b64decode(SIGNER.public_key) == RFC_PUBLIC
    assert len(SIGNER.public_key) == 44


def test_the_signature_is_ed25519_over_the_stamp_a_bar_and_the_raw_body() -> None:
    (signature_name, signature), (stamp_name, stamp) = SIGNER.headers(NOW, BODY)
    assert (signature_name, stamp_name) == ("Telnyx-Signature-Ed25519", "Telnyx-Timestamp")
    assert stamp == str(NOW)
    expected = SigningKey(RFC_SEED).sign(b"1763900000|" + BODY).signature
    assert base64.b64decode(signature) == expected


@given(st.binary(max_size=300), st.integers(min_value=0, max_value=2**40))
@settings(max_examples=50)
def test_whatever_is_signed_verifies_with_an_independent_check(body: bytes, timestamp: int) -> None:
    headers = SIGNER.headers(timestamp, body)
    VerifyKey(RFC_PUBLIC).verify(f"{timestamp}|".encode() + body, base64.b64decode(headers[0][1]))
    assert verify(SIGNER.public_key, headers, body, now=timestamp) is Verdict.GOOD


def test_the_official_sdk_accepts_what_is_signed_and_refuses_it_altered() -> None:
    client = telnyx.Telnyx(api_key="any", public_key=SIGNER.public_key)
    headers = dict(SIGNER.headers(int(time.time()), BODY))
    client.webhooks.unwrap(BODY.decode(), headers=headers)
    with pytest.raises(ValueError, match="signature does not match"):
        client.webhooks.unwrap(BODY.decode() + " ", headers=headers)


def test_the_seed_is_not_shown() -> None:
    assert RFC_SEED.hex() not in repr(SIGNER)
    assert repr(RFC_SEED) not in repr(SIGNER)
    assert SIGNER.public_key in repr(SIGNER)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_seed_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"32 bytes, not {length}"):
        Signer(seed=bytes(length))


def test_header_names_are_found_in_any_case() -> None:
    shouted = tuple((name.upper(), value) for name, value in SIGNER.headers(NOW, BODY))
    assert verify(SIGNER.public_key, shouted, BODY, NOW) is Verdict.GOOD


@pytest.mark.parametrize("kept", [0, 1])
def test_a_missing_header_is_named_as_such(kept: int) -> None:
    headers = (SIGNER.headers(NOW, BODY)[kept],)
    assert verify(SIGNER.public_key, headers, BODY, NOW) is Verdict.MISSING


@pytest.mark.parametrize("signature", ["", "!!!!", "AAAA", "é"])
def test_a_signature_that_is_not_base64_of_64_bytes_is_garbled(signature: str) -> None:
    headers = (("Telnyx-Signature-Ed25519", signature), ("Telnyx-Timestamp", str(NOW)))
    assert verify(SIGNER.public_key, headers, BODY, NOW) is Verdict.GARBLED


@pytest.mark.parametrize("stamp", ["", "soon", "-1", "1_0", "1.5", "\u0661\u0662", "9" * 16, " 1"])
def test_a_stamp_that_is_not_plain_digits_is_garbled(stamp: str) -> None:
    headers = (SIGNER.headers(NOW, BODY)[0], ("Telnyx-Timestamp", stamp))
    assert verify(SIGNER.public_key, headers, BODY, NOW) is Verdict.GARBLED


@pytest.mark.parametrize("key", ["", "AAAA", "not base64"])
def test_a_public_key_that_is_not_base64_of_32_bytes_is_garbled(key: str) -> None:
    assert verify(key, SIGNER.headers(NOW, BODY), BODY, NOW) is Verdict.GARBLED


@pytest.mark.parametrize(
    ("distance", "verdict"),
    [(0, Verdict.GOOD), (300, Verdict.GOOD), (-300, Verdict.GOOD), (301, Verdict.STALE), (-301, Verdict.STALE)],
)
def test_a_stamp_counts_within_300_seconds_either_way(distance: int, verdict: Verdict) -> None:
    assert verify(SIGNER.public_key, SIGNER.headers(NOW, BODY), BODY, NOW + distance) is verdict


def test_another_body_or_another_key_or_another_stamp_does_not_match() -> None:
    headers = SIGNER.headers(NOW, BODY)
    other = Signer(seed=bytes(32))
    later = (headers[0], ("Telnyx-Timestamp", str(NOW + 1)))
    assert verify(SIGNER.public_key, headers, BODY + b" ", NOW) is Verdict.WRONG
    assert verify(other.public_key, headers, BODY, NOW) is Verdict.WRONG
    assert verify(SIGNER.public_key, later, BODY, NOW) is Verdict.WRONG


@pytest.mark.parametrize(
    "text",
    [base64.b64encode(RFC_SEED).decode(), RFC_SEED.hex(), RFC_SEED.hex().upper(), f"  {RFC_SEED.hex()}\n"],
)
def test_a_seed_is_read_from_base64_or_hexadecimal(text: str) -> None:
    assert parse_seed(text) == RFC_SEED


@pytest.mark.parametrize(
    "text", ["", "secret-word", "A" * 43, "zz" * 32, base64.b64encode(bytes(31)).decode(), "é"]
)
def test_a_seed_that_is_neither_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="44 characters") as caught:
        parse_seed(text)
    assert not text or text not in str(caught.value)


def test_a_decoy_signs_soundly_with_a_key_of_its_own_that_is_the_same_each_time() -> None:
    decoy = SIGNER.decoy()
    headers = decoy.headers(NOW, BODY)
    assert verify(decoy.public_key, headers, BODY, NOW) is Verdict.GOOD
    assert verify(SIGNER.public_key, headers, BODY, NOW) is Verdict.WRONG
    assert Signer(seed=RFC_SEED).decoy() == decoy
    assert Signer(seed=bytes(32)).decoy() != decoy
