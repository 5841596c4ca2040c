"""One session at the server as it is kept: its media, its messages, what was amiss, and the folder of all that.

Owns the folder and its files: a WAV a track, each metadata document, the ladder, a capture and ``session.json``.
Must not know SIP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from emulator.siprec.capture import ladder, pcap
from emulator.siprec.capture.ladder import Party
from emulator.siprec.capture.record import MOST_MEDIA_BYTES, Record
from emulator.siprec.srs.summary import Objection, Summary, document
from emulator.siprec.srs.taking import Taking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from emulator.core.ids import Randomness
    from emulator.core.models import Instant
    from emulator.siprec.srs.actions import Began, Ended, Objected

MOST_OBJECTIONS = 1_000
"""Of one session: what is amiss with it is plain by then."""

MOST_CAPTURED = 512 << 20
"""Bytes of media in the captures of all sessions together."""


def media_room(reserved: Iterable[int], *, bound: int = MOST_CAPTURED) -> int:
    """How many bytes the next session's capture may take: never more than half of what is left.

    Args:
        reserved: What each of the others may take.
        bound: For all together.
    """
    return min(MOST_MEDIA_BYTES, (bound - sum(reserved)) // 2)


class Kept:
    """One session's media and papers; to be closed.

    Attributes:
        taking: Its media.
        record: What was on the wire.
        room: Bytes that its capture may take.
    """

    def __init__(
        self,
        began: Began,
        *,
        folder: Path | None,
        room: int,
        randomness: Randomness,
        clock: Callable[[], Instant],
    ) -> None:
        """Begin to keep.

        Args:
            began: Its first INVITE.
            folder: Of its own; made here. None keeps nothing on disk.
            room: Bytes for the media of its capture, which is kept in memory until it ends.
            randomness: Draws ports and sources.
            clock: Wall time.

        Raises:
            OSError: The folder can't be made.
        """
        if folder is not None:
            folder.mkdir(parents=True)
        self.room = 0 if folder is None else room
        self.record = Record(keeps_media=folder is not None, most_media_bytes=self.room)
        self.taking = Taking(folder=folder, randomness=randomness, clock=clock, keep=self.record.add)
        self._began = began
        self._began_at = clock()
        self._folder = folder
        self._documents = 0
        self._objections: list[Objection] = []

    def object(self, objected: Objected) -> None:
        """Remember what a message did, of the first ``MOST_OBJECTIONS``."""
        room = MOST_OBJECTIONS - len(self._objections)
        kept = objected.violations[:room]
        self._objections += [Objection(message=objected.message, violation=one) for one in kept]

    def keep_metadata(self, data: bytes) -> None:
        """Keep a document as it came.

        Raises:
            OSError: The disk does not take it.
        """
        self._documents += 1
        if self._folder is not None:
            (self._folder / f"metadata-{self._documents}.xml").write_bytes(data)

    def finish(self, ended: Ended, now: Instant) -> Summary:
        """Say goodbye to the media, close their files and sum up.

        Raises:
            OSError: The disk does not take the last of them.
        """
        self.taking.leave()
        summary = Summary(
            number=ended.session,
            caller=self._began.caller,
            call_id=self._began.call_id,
            how=ended.how,
            status=ended.status,
            lasted=now - self._began_at,
            tracks=self.taking.tracks(),
            objections=tuple(self._objections),
            documents=self._documents,
            folder=self._folder,
        )
        self.taking.close()
        return summary

    def write(self, summary: Summary) -> None:
        """Write the session's papers; of a long one it takes a while, and may be called in a thread.

        Raises:
            OSError: The disk does not take it.
        """
        if self._folder is None:
            return
        packets = self.record.packets
        (self._folder / "sip.txt").write_text(ladder.drawn(packets, Party.SRS), encoding="utf-8")
        with (self._folder / "session.pcap").open("wb") as capture:
            capture.writelines(pcap.written(packets))
        told = orjson.dumps(document(summary), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        (self._folder / "session.json").write_bytes(told)
