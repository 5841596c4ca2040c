"""What both sides agree on about media as descriptions go to and fro (RFC 3264), and telling of it.

Owns which description belongs to which streams. The rules of offer and answer are ``sdp/``'s.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core.errors import GarbledSdp
from emulator.siprec.sdp.answer import answered
from emulator.siprec.sdp.description import revised
from emulator.siprec.sdp.offer import accepted
from emulator.siprec.sdp.streams import OfferedStream
from emulator.siprec.src.actions import ChangeMedia, MediaChanged
from emulator.siprec.src.bodies import description_in

if TYPE_CHECKING:
    from emulator.siprec.sdp.description import SessionDescription
    from emulator.siprec.sdp.streams import NegotiatedStream
    from emulator.siprec.sip.message import Message
    from emulator.siprec.src.state import Conduct
    from emulator.siprec.src.turn import Turn

_NO_STREAM = OfferedStream(label=None, port=0, rtcp_port=0)
"""A line that the SRS added and this side refused; it stays where it is (RFC 3264 section 8)."""


def agreed_by(conduct: Conduct, message: Message) -> tuple[NegotiatedStream, ...] | None:
    """What the answer in a message makes of the description that this side sent last.

    Returns:
        One stream for each track; None where the message has no description.

    Raises:
        Garbled: It can't be read, or does not fit.
    """
    description = description_in(message)
    if description is None:
        return None
    added = len(conduct.said.media) - len(conduct.streams)
    streams = accepted((*conduct.streams, *([_NO_STREAM] * added)), description)
    return streams[: len(conduct.streams)]


def answer_to(turn: Turn, offer: SessionDescription) -> SessionDescription | None:
    """Answer an offer of the SRS's, and go on as it says.

    Returns:
        What to answer; None where nothing of it can be taken, though something was offered.

    Raises:
        GarbledSdp: It does not fit what was said before.
    """
    conduct = turn.conduct
    if len(offer.media) < len(conduct.said.media):
        raise GarbledSdp("the offer has fewer m= lines than there were")
    origin = conduct.said.origin
    made = answered(offer, conduct.streams, host=conduct.whereabouts.media_host, session=int(origin.session))
    offered_any = any(media.port for media in offer.media)
    if offered_any and not any(stream.active for stream in made.streams):
        return None
    said = revised(conduct.said, made.description)
    turn.conduct = replace(conduct, said=said)
    follow(turn, made.streams[: len(conduct.streams)])
    return said


def follow(turn: Turn, streams: tuple[NegotiatedStream, ...]) -> None:
    """Send as agreed on from now on, and tell of it if it is another agreement."""
    if streams == turn.conduct.agreed:
        return
    turn.conduct = replace(turn.conduct, agreed=streams)
    turn.actions.append(ChangeMedia(streams=streams))
    turn.tell(MediaChanged(streams=streams))
