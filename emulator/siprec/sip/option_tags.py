"""Option tags: what a message requires and supports (RFC 3261 sections 19.2, 20.32 and 20.37).

Owns reading them, leniently. Must not know which are understood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.siprec.sip.message import Message


def option_tags(message: Message, name: str) -> tuple[str, ...]:
    """The tags of a header, in lower case and in order, over however many fields and commas they are spread.

    Args:
        message: Any.
        name: ``Require``, ``Supported``, ``Unsupported`` and such.
    """
    words = (word.strip().lower() for value in message.headers.every(name) for word in value.split(","))
    return tuple(word for word in words if word)
