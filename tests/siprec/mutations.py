"""Messages made worse, the same ones for the same seed.

Owns how bytes are changed. Must not know what they say, beyond what is apt to confuse a parser.
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

WORDS = (
    *(
        b"\r\n",
        b"\r\n\r\n",
        b"\n",
        b"\r",
        b"\0",
        b"\r\n ",
        b"\r\n\t",
        b" ",
        b"\t",
        b"",
        b"--",
        b"--OSS-unique-boundary-42",
    ),
    *(
        b",",
        b";",
        b":",
        b"=",
        b"<",
        b">",
        b'"',
        b'\\"',
        b"\\",
        b"(",
        b")",
        b"[",
        b"]",
        b"%",
        b"%00",
        b"%zz",
        b"@",
        b"?",
        b"|",
    ),
    *(b"\xff", b"\xc3", b"\xc3\xbc", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\xc2\x85", b"\xd9\xa1", b"\xc5\xbf"),
    *(
        b"SIP/2.0",
        b"sip:",
        b"sips:",
        b"tel:",
        b";lr",
        b";tag=",
        b";branch=z9hG4bK",
        b"[::1]",
        b"Digest ",
        b"l: 0\r\n",
    ),
    *(b"m=audio 0 RTP/AVP\r\n", b"a=label:", b"a=crypto:1 ", b"c=IN IP6 ::\r\n", b"inline:", b"2^", b"boundary="),
)

_NUMBER = re.compile(rb"[0-9]+")
_LENGTH = re.compile(rb"Content-Length: [0-9]+")
_NUMBERS = (
    b"0",
    b"-1",
    b"1",
    b"65536",
    b"4294967296",
    b"9" * 30,
    b"1e9",
    b"0x10",
    b"",
    b"00000000001",
    b"9" * 5000,
)
_MOST = 6
_REPEATED = 300


def mutants(corpus: Sequence[bytes], seed: int) -> Iterator[bytes]:
    """Changed messages without end.

    Args:
        corpus: What they are made from; one is mixed with another at times.
        seed: The same gives the same.
    """
    dice = random.Random(seed)  # noqa: S311 - a story that can be told again, no secret
    while True:
        data = dice.choice(corpus)
        for _ in range(dice.randint(1, _MOST)):
            data = dice.choice(_CHANGES)(data, dice, corpus)
        yield data


def repaired(data: bytes) -> bytes:
    """With the Content-Length that its body has, so that a parser looks beyond it."""
    head, end, body = data.partition(b"\r\n\r\n")
    return _LENGTH.sub(b"Content-Length: %d" % len(body), head, count=1) + end + body


def _place(data: bytes, dice: random.Random) -> int:
    return dice.randint(0, len(data))


def _span(data: bytes, dice: random.Random) -> tuple[int, int]:
    start = _place(data, dice)
    return start, min(len(data), start + int(dice.expovariate(0.05)) + 1)


def _flipped(data: bytes, dice: random.Random, _: Sequence[bytes]) -> bytes:
    place = _place(data, dice)
    return data[:place] + bytes([dice.randrange(256)]) + data[place + 1 :]


def _inserted(data: bytes, dice: random.Random, _: Sequence[bytes]) -> bytes:
    place = _place(data, dice)
    return data[:place] + dice.choice(WORDS) + data[place:]


def _replaced(data: bytes, dice: random.Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, dice)
    return data[:start] + dice.choice(WORDS) + data[end:]


def _repeated(data: bytes, dice: random.Random, _: Sequence[bytes]) -> bytes:
    place = _place(data, dice)
    return data[:place] + dice.choice(WORDS) * dice.randint(2, _REPEATED) + data[place:]


def _doubled(data: bytes, dice: random.Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, dice)
    return data[:end] + data[start:end] + data[end:]


def _deleted(data: bytes, dice: random.Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, dice)
    return data[:start] + data[end:]


def _cut(data: bytes, dice: random.Random, _: Sequence[bytes]) -> bytes:
    return data[: _place(data, dice)]


def _spliced(data: bytes, dice: random.Random, corpus: Sequence[bytes]) -> bytes:
    other = dice.choice(corpus)
    return data[: _place(data, dice)] + other[_place(other, dice) :]


def _shuffled(data: bytes, dice: random.Random, _: Sequence[bytes]) -> bytes:
    lines = data.split(b"\r\n")
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\r\n".join(lines)


def _line_doubled(data: bytes, dice: random.Random, _: Sequence[bytes]) -> bytes:
    lines = data.split(b"\r\n")
    lines.insert(dice.randrange(len(lines)), dice.choice(lines))
    return b"\r\n".join(lines)


def _renumbered(data: bytes, dice: random.Random, _: Sequence[bytes]) -> bytes:
    numbers = list(_NUMBER.finditer(data))
    if not numbers:
        return data
    found = dice.choice(numbers)
    return data[: found.start()] + dice.choice(_NUMBERS) + data[found.end() :]


def _swapped_case(data: bytes, dice: random.Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, dice)
    return data[:start] + data[start:end].swapcase() + data[end:]


_CHANGES: tuple[Callable[[bytes, random.Random, Sequence[bytes]], bytes], ...] = (
    _flipped,
    _inserted,
    _replaced,
    _repeated,
    _doubled,
    _deleted,
    _cut,
    _spliced,
    _shuffled,
    _line_doubled,
    _renumbered,
    _swapped_case,
)
