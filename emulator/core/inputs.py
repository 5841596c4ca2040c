"""What comes into the engine beside requests and results, and what comes of a request.

Owns the shapes only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.core.effects import Reply
    from emulator.core.models import HeaderList
    from emulator.core.turn import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a request: the answer, and what the edge is to do beside giving it.

    Attributes:
        held: The answer waits for the ``Release`` of this number; None: it goes at once.
    """

    reply: Reply
    effects: tuple[Effect, ...]
    held: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request that reached the built-in receiver.

    Attributes:
        verdict: On the signature, in a word; ``reason`` in a sentence.
    """

    method: str
    target: str
    headers: HeaderList
    body: bytes
    verdict: str
    reason: str
