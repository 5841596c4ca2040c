"""G.711 against the reference tables of audioop, and against values of the recommendation."""

from __future__ import annotations

import struct
import warnings
from array import array
from hashlib import sha256
from typing import Any

import pytest

from emulator.siprec.media.g711 import SILENCE, decoded, encoded
from emulator.siprec.sdp.codecs import Codec

EVERY_SAMPLE = array("h", range(-32_768, 32_768))
EVERY_CODE = bytes(range(256))

ENCODED = {
    Codec.PCMU: "81d633c9e6972a18c74a58720b96cb8ca0bdd096d4060b646dd708c3b846019a",
    Codec.PCMA: "38488f6fd710f4686360edc4d38639f96c491595ef93f8eb8d62d5e07ca6ce7b",
}
DECODED = {
    Codec.PCMU: "3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827",
    Codec.PCMA: "e04788d110e58ff8c70c93b8480190d973e3b67876b6119abbaec766cc75c174",
}
"""SHA-256 of what audioop of Python 3.11 makes of every sample and of every code, for Pythons without it."""


@pytest.fixture
def judge() -> Any:
    """Python's own G.711, which left the standard library with 3.13 and lives on as audioop-lts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return pytest.importorskip("audioop", reason="neither audioop nor audioop-lts is installed")


def test_every_sample_gets_the_mu_law_code_that_audioop_gives_it(judge: Any) -> None:
    assert encoded(EVERY_SAMPLE, Codec.PCMU) == judge.lin2ulaw(EVERY_SAMPLE.tobytes(), 2)


def test_every_sample_gets_the_a_law_code_that_audioop_gives_it(judge: Any) -> None:
    assert encoded(EVERY_SAMPLE, Codec.PCMA) == judge.lin2alaw(EVERY_SAMPLE.tobytes(), 2)


def test_every_mu_law_code_gets_the_sample_that_audioop_gives_it(judge: Any) -> None:
    assert decoded(EVERY_CODE, Codec.PCMU).tobytes() == judge.ulaw2lin(EVERY_CODE, 2)


def test_every_a_law_code_gets_the_sample_that_audioop_gives_it(judge: Any) -> None:
    assert decoded(EVERY_CODE, Codec.PCMA).tobytes() == judge.alaw2lin(EVERY_CODE, 2)


@pytest.mark.parametrize("codec", Codec)
def test_every_sample_and_every_code_is_what_the_reference_made_of_it(codec: Codec) -> None:
    little = [struct.pack("<h", sample) for sample in decoded(EVERY_CODE, codec)]
    assert sha256(encoded(EVERY_SAMPLE, codec)).hexdigest() == ENCODED[codec]
    assert sha256(b"".join(little)).hexdigest() == DECODED[codec]


@pytest.mark.parametrize("codec", Codec)
def test_a_code_comes_back_from_its_sample(codec: Codec) -> None:
    back = encoded(decoded(EVERY_CODE, codec), codec)
    # mu-law has a code for minus zero, which comes back as zero
    same = EVERY_CODE.replace(b"\x7f", b"\xff") if codec is Codec.PCMU else EVERY_CODE
    assert back == same


@pytest.mark.parametrize("codec", Codec)
def test_the_codes_of_silence_are_those_of_the_sample_zero(codec: Codec) -> None:
    assert encoded(array("h", (0,)), codec) == SILENCE[codec]


def test_the_loudest_samples_have_the_codes_of_the_recommendation() -> None:
    loudest = array("h", (32_767, -32_768))
    assert encoded(loudest, Codec.PCMU) == b"\x80\x00"
    assert encoded(loudest, Codec.PCMA) == b"\xaa\x2a"
