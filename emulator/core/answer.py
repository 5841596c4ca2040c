"""What an operation comes to: a reply, and what the journal wants to know of it.

Owns the shape alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.core.effects import Reply
    from emulator.core.journal import Selected


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A reply and what the journal wants to know of it.

    Attributes:
        selected: How the scenario was chosen, where one was asked.
        session_id: The session that the request began, stopped or met.
        hint: What Telnyx would not say.
        call_control_id: Of the call that it is about, where the path does not say.
    """

    reply: Reply
    selected: Selected | None = None
    session_id: str | None = None
    hint: str = ""
    call_control_id: str | None = None
