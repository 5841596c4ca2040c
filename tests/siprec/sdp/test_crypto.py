"""Keys of SRTP in a session description (RFC 4568)."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import GarbledSdp, Unwritable
from emulator.siprec.sdp.crypto import CryptoKey, Mki, Suite, answered_key, chosen, parse_crypto, written_crypto
from emulator.siprec.sdp.description import Attribute

KEY = bytes(range(30))
INLINE = b64encode(KEY).decode()
OTHER = CryptoKey(tag=4, key=b"\xff" * 30)

keys = st.builds(
    CryptoKey,
    tag=st.integers(1, 999_999_999),
    suite=st.sampled_from(Suite),
    key=st.binary(min_size=30, max_size=30),
    lifetime=st.none() | st.integers(1, 2**48),
    mki=st.none() | st.builds(Mki, value=st.integers(0, 255), length=st.integers(1, 128)),
)


@given(keys)
def test_what_is_written_reads_back_the_same(key: CryptoKey) -> None:
    assert parse_crypto(written_crypto(key)) == key


def test_the_example_of_rfc_4568_section_4_is_read() -> None:
    key = parse_crypto("1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:32")
    assert key is not None
    assert (key.tag, key.suite, len(key.key)) == (1, Suite.AES_CM_128_HMAC_SHA1_80, 30)
    assert (key.lifetime, key.mki) == (2**20, Mki(value=1, length=32))


def test_a_lifetime_and_an_mki_may_be_missing() -> None:
    bare = parse_crypto(f"1 AES_CM_128_HMAC_SHA1_32 inline:{INLINE}")
    assert bare == CryptoKey(tag=1, suite=Suite.AES_CM_128_HMAC_SHA1_32, key=KEY)
    with_mki = parse_crypto(f"1 AES_CM_128_HMAC_SHA1_32 inline:{INLINE}|1:4")
    assert with_mki == CryptoKey(tag=1, suite=bare.suite, key=KEY, mki=Mki(value=1, length=4))


@pytest.mark.parametrize(
    "line",
    [
        f"1 F8_128_HMAC_SHA1_80 inline:{INLINE}",
        f"1 AEAD_AES_256_GCM inline:{b64encode(bytes(44)).decode()}",
        "1 AES_CM_128_HMAC_SHA1_80 other:whatever",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}|1:4;inline:{INLINE}|2:4",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE} FEC_ORDER=FEC_SRTP",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE} UNENCRYPTED_SRTP",
    ],
)
def test_a_line_of_what_is_not_spoken_is_passed_over(line: str) -> None:
    assert parse_crypto(line) is None


@pytest.mark.parametrize("parameter", ["WSH=64", "-NEW=1"])
def test_a_parameter_that_may_be_left_unheeded_is(parameter: str) -> None:
    assert parse_crypto(f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE} {parameter}") is not None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "1",
        "x AES_CM_128_HMAC_SHA1_80 inline:" + INLINE,
        "1 AES_CM_128_HMAC_SHA1_80",
        "1 AES_CM_128_HMAC_SHA1_80 inline",
        "1 AES_CM_128_HMAC_SHA1_80 inline:",
        "1 AES_CM_128_HMAC_SHA1_80 inline:" + INLINE[:-4],
        "1 AES_CM_128_HMAC_SHA1_80 inline:" + "*" * 40,
        "1 AES_CM_128_HMAC_SHA1_80 inline:" + "é" * 40,
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}|2^49",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}|0",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}|",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}|2^20|1:0",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}|2^20|1:129",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}|2^20|256:1",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}|2^20|x:1",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}|1:4|2^20",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}|2^20|2^20",
    ],
)
def test_a_line_that_breaks_the_grammar_is_refused(line: str) -> None:
    with pytest.raises(GarbledSdp):
        parse_crypto(line)


@given(st.text(max_size=80) | st.text(max_size=60).map("1 AES_CM_128_HMAC_SHA1_80 inline:".__add__))
def test_no_line_gives_another_exception(line: str) -> None:
    try:
        key = parse_crypto(line)
    except GarbledSdp:
        return
    assert key is None or len(key.key) == 30


@pytest.mark.parametrize("key", [CryptoKey(key=b"short"), CryptoKey(key=KEY, tag=0)])
def test_a_key_of_another_length_or_tag_is_not_written(key: CryptoKey) -> None:
    with pytest.raises(Unwritable):
        written_crypto(key)


def test_of_several_lines_the_one_of_the_own_suite_is_taken_and_its_tag_repeated() -> None:
    lines = [
        f"1 F8_128_HMAC_SHA1_80 inline:{INLINE}",
        f"2 AES_CM_128_HMAC_SHA1_32 inline:{INLINE}",
        f"3 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}",
    ]
    taken = chosen(lines, OTHER)
    assert taken is not None
    remote, local = taken
    assert (remote.tag, remote.key) == (3, KEY)
    assert (local.tag, local.suite, local.key) == (3, Suite.AES_CM_128_HMAC_SHA1_80, OTHER.key)


def test_another_suite_is_taken_where_the_own_is_not_there() -> None:
    taken = chosen([f"7 AES_CM_128_HMAC_SHA1_32 inline:{INLINE}"], OTHER)
    assert taken is not None
    assert (taken[1].tag, taken[1].suite) == (7, Suite.AES_CM_128_HMAC_SHA1_32)


def test_no_line_is_taken_that_asks_for_an_mki() -> None:
    assert chosen([f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}|1:4"], OTHER) is None
    assert chosen([], OTHER) is None


def test_the_answers_key_is_the_one_of_the_offered_tag() -> None:
    assert answered_key([f"4 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}"], OTHER).key == KEY


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}"],
        [f"4 AES_CM_128_HMAC_SHA1_32 inline:{INLINE}"],
        [f"4 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}"] * 2,
        [f"4 F8_128_HMAC_SHA1_80 inline:{INLINE}"],
    ],
)
def test_an_answer_that_takes_no_offered_line_is_refused(lines: list[str]) -> None:
    with pytest.raises(GarbledSdp):
        answered_key(lines, OTHER)


def test_a_key_is_not_shown() -> None:
    assert "00010203" not in repr(CryptoKey(key=KEY))
    assert INLINE not in repr(CryptoKey(key=KEY))


def test_a_key_shows_in_no_repr_of_a_description() -> None:
    attribute = Attribute("crypto", "1 AES_CM_128_HMAC_SHA1_80 inline:" + "A" * 40)
    assert "AAAA" not in repr(attribute)
    assert repr(Attribute("label", "inbound")) == "Attribute(name='label', value='inbound')"
    assert repr(Attribute("sendonly")) == "Attribute(name='sendonly', value=None)"
