"""Every parser tried with messages made worse: each reads or refuses, and what it reads it writes alike.

Owns what must hold for any bytes. ``benchmarks.fuzz`` runs it at length, ``test_fuzz.py`` for a moment.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec

from emulator.core.errors import GarbledMetadata, GarbledMultipart, GarbledSip
from emulator.siprec.metadata.checking import check
from emulator.siprec.metadata.reading import read_snapshot_request
from emulator.siprec.multipart import mixed, parse_multipart
from emulator.siprec.sdp.description import parse_sdp, written_sdp
from emulator.siprec.sip.framing import Framed, Framing
from emulator.siprec.sip.message import Message, Request, parse, written
from emulator.siprec.sip.quoting import BREAKS
from emulator.siprec.sip.uri import equivalent, parse_uri
from tests.siprec.mutations import mutants, repaired
from tests.siprec.readers import ANY, READERS, read_description
from tests.siprec.torture import ANSWER, INVALID, METADATA, OFFER, SECURE, SIPREC_BODY, VALID

if TYPE_CHECKING:
    from collections.abc import Callable

Arguments = ParamSpec("Arguments")

CORPUS = (*VALID.values(), *VALID.values(), *INVALID.values())
"""Those that can be read twice, so that more of what is made from them can be read too."""

DESCRIPTIONS = (OFFER, ANSWER, SECURE)
MULTIPARTS = (SIPREC_BODY,)
VALUES = tuple(
    (name.lower(), value.encode())
    for data in VALID.values()
    for name, value in parse(data).headers
    if name.lower() in READERS
)

DOCUMENTS = (METADATA, b'<requestsnapshot xmlns="urn:ietf:params:xml:ns:recording:1"/>')
SIPREC_TYPE = mixed("OSS-unique-boundary-42")


@dataclass(slots=True)
class Tally:
    """What became of the messages.

    Attributes:
        messages: How many were tried.
        read: How many of them were messages.
        values: Header values that were read.
        refused: Header values that were refused.
        bodies: Parts and descriptions that were read.
        slowest: Seconds of CPU time for the slowest message, and its bytes.
    """

    messages: int = 0
    read: int = 0
    values: int = 0
    refused: int = 0
    bodies: int = 0
    slowest: tuple[float, int] = (0.0, 0)


def fuzz(count: int, seed: int) -> Tally:
    """Try this many messages, and besides each a header's value, a description, metadata and a body of parts.

    Args:
        count: How many.
        seed: The same gives the same messages.

    Raises:
        Exception: A parser raised what is not its own, or something did not hold; a note holds the bytes.
    """
    tally = Tally()
    messages, descriptions, bodies = mutants(CORPUS, seed), mutants(DESCRIPTIONS, seed), mutants(MULTIPARTS, seed)
    documents = mutants(DOCUMENTS, seed)
    values = mutants([value for _, value in VALUES], seed)
    for number in range(count):
        data = next(messages)
        began = time.process_time()
        _noted(_examine, repaired(data) if number % 4 else data, tally)
        tally.slowest = max(tally.slowest, (time.process_time() - began, len(data)))
        _noted(_examine_text, VALUES[number % len(VALUES)][0], next(values), tally)
        _noted(_examine_description, next(descriptions), tally)
        _noted(_examine_metadata, next(documents), tally)
        _noted(_examine_parts, SIPREC_TYPE, next(bodies), tally)
    return tally


def _noted(examine: Callable[Arguments, None], *arguments: Arguments.args, **named: Arguments.kwargs) -> None:
    """Have the bytes told where something does not hold."""
    try:
        examine(*arguments, **named)
    except Exception as error:
        error.add_note(f"with {arguments[:-1]!r}")
        raise


def _examine(data: bytes, tally: Tally) -> None:
    tally.messages += 1
    _check_stream(data)
    try:
        message = parse(data)
    except GarbledSip:
        return
    tally.read += 1
    _check_written(message)
    if isinstance(message, Request):
        _check_uri(message.uri)
    for name, value in message.headers:
        _examine_value(name.lower(), value, tally)
    _examine_parts(message.headers.get("Content-Type") or "", message.body, tally)


def _examine_text(name: str, data: bytes, tally: Tally) -> None:
    """A value as the lines of a head leave it."""
    text = data.decode("utf-8", "replace")
    _examine_value(name, BREAKS.sub(" ", text).strip(" \t"), tally)


def _check_written(message: Message) -> None:
    again = parse(written(message))
    assert again.headers.without("Content-Length") == message.headers.without("Content-Length")
    assert again.body == message.body
    assert type(again) is type(message)


def _check_stream(data: bytes) -> None:
    """Where a stream is cut makes no difference, and each message of it has its own end."""
    for opened in (True, False):
        whole = _framed(opened, data)
        middle = len(data) // 2
        assert _framed(opened, data[:middle], data[middle:]) == whole


def _framed(opened: bool, *pieces: bytes) -> list[Framed | str]:
    framing = Framing(opened=opened)
    framed: list[Framed | str] = []
    try:
        for piece in pieces:
            framed.extend(framing.feed(piece))
    except GarbledSip:
        framed.append("lost")
    return framed


def _check_uri(text: str) -> None:
    try:
        uri = parse_uri(text)
    except GarbledSip:
        return
    assert equivalent(parse_uri(str(uri)), uri)


def _examine_value(name: str, value: str, tally: Tally) -> None:
    for reader in (READERS[name],) if name in READERS else ANY:
        try:
            read = reader(value)
        except GarbledSip:
            tally.refused += 1
            continue
        tally.values += 1
        if name in READERS:
            _check_value(reader, read)


def _check_value(reader: Callable[[str], object], read: object) -> None:
    """What was read is written as it would be read again."""
    said = ", ".join(str(one) for one in read) if isinstance(read, tuple) else str(read)
    again = reader(said)
    assert (", ".join(str(one) for one in again) if isinstance(again, tuple) else str(again)) == said


def _examine_parts(content_type: str, data: bytes, tally: Tally) -> None:
    try:
        parts = parse_multipart(content_type, data)
    except GarbledMultipart:
        return
    for part in parts:
        tally.bodies += 1
        _examine_description(part.body, tally)


def _examine_description(data: bytes, tally: Tally) -> None:
    description = read_description(data)
    if description is None:
        return
    tally.bodies += 1
    said = written_sdp(description)
    assert written_sdp(parse_sdp(said)) == said


def _examine_metadata(data: bytes, tally: Tally) -> None:
    """Read and judged; not written, since what is written in a test run must be valid."""
    checked = check(data, description=None, before=None)
    tally.bodies += checked.recording is not None
    with suppress(GarbledMetadata):
        read_snapshot_request(data)
        tally.bodies += 1
