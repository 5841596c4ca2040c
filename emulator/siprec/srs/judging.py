"""Holding what a client says against the RFCs, over the length of a session.

Owns all that the client has said so far in its metadata. Must not answer, nor know transactions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.siprec.metadata.checking import check
from emulator.siprec.srs.actions import MetadataCame, Objected
from emulator.siprec.srs.checking import check_first, check_within
from emulator.siprec.srs.contents import contents_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.siprec.metadata.model import Recording
    from emulator.siprec.metadata.violations import Violation
    from emulator.siprec.sdp.description import SessionDescription
    from emulator.siprec.sip.message import Message, Request
    from emulator.siprec.srs.contents import Contents


class Judge:
    """What one session's client is held to.

    Attributes:
        known: All that its metadata said; None before the first document that can be read.
        description: What it offered last.
    """

    def __init__(self, number: int) -> None:
        """Begin with nothing said.

        Args:
            number: The session's, for actions.
        """
        self.known: Recording | None = None
        self.description: SessionDescription | None = None
        self._number = number

    def first(self, invite: Request, contents: Contents) -> Iterator[MetadataCame | Objected]:
        """Take the INVITE that begins the session."""
        yield from self._objected(invite.method, check_first(invite, contents))
        yield from self._told(invite.method, contents)

    def within(self, request: Request, contents: Contents) -> Iterator[MetadataCame | Objected]:
        """Take an INVITE or UPDATE within it."""
        yield from self._objected(request.method, check_within(request, contents))
        yield from self._told(request.method, contents)

    def other(self, message: Message, what: str) -> Iterator[MetadataCame | Objected]:
        """Take any other message, which may have metadata: a BYE, an answer."""
        yield from self._told(what, contents_of(message))

    def _told(self, what: str, contents: Contents) -> Iterator[MetadataCame | Objected]:
        if contents.description is not None:
            self.description = contents.description
        if contents.metadata is None:
            return
        yield MetadataCame(session=self._number, document=contents.metadata)
        checked = check(contents.metadata, description=self.description, before=self.known)
        self.known = checked.recording
        yield from self._objected(what, checked.violations)

    def _objected(self, what: str, violations: tuple[Violation, ...]) -> Iterator[Objected]:
        if violations:
            yield Objected(session=self._number, message=what, violations=violations)
