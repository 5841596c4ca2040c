"""What a ``wait_for`` waits for, in words; warnings and explanations say it alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.scenario.model import CallSeen, CommandSeen, SrsDid, SrsSeen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.scenario.model import Condition

_SRS: Mapping[SrsDid, str] = {
    SrsDid.BYE: "the recording server to hang up",
    SrsDid.ENDED: "the recording server's session to be over",
    SrsDid.MEDIA_CHANGED: "the recording server to change its media",
}


def in_words(condition: Condition) -> str:
    """To be read after "waits for"."""
    match condition:
        case CallSeen():
            return f"the call to be {condition.state}"
        case CommandSeen():
            return str(condition.command)
        case SrsSeen():
            return _SRS[condition.did]
        case _:
            return f"{condition.event} to be acknowledged"
