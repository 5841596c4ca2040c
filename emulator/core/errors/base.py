"""The root of the exception tree, and what an error document lists. Must not hold single errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.core.models import HeaderList
    from emulator.core.violations import Violation

ERRORS_URL = "https://developers.telnyx.com/docs/overview/errors/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorItem:
    """One entry of an error document.

    Attributes:
        code: A string of digits in call control, an int for connectors, None where TeXML gives a detail alone.
        pointer: RFC 6901, into the request body; None when no field is at fault.
        parameter: The query's parameter at fault; None when none is.
        url: For ``meta.url``; None leaves meta out.
        note: For ``meta.emulator``: what only the emulator has to say.
    """

    code: str | int | None
    title: str | None
    detail: str | None = None
    pointer: str | None = None
    parameter: str | None = None
    url: str | None = None
    note: str | None = None


def linked(code: str, title: str, detail: str, note: str | None = None) -> ErrorItem:
    """An item with ``meta.url``, as gateway errors were seen to carry (facts: shape of errors)."""
    return ErrorItem(code=code, title=title, detail=detail, url=ERRORS_URL + code, note=note)


class EmulatorError(Exception):
    """The root: catching it catches everything the emulator raises on purpose."""


class ApiError(EmulatorError):
    """Answers a request with an error document.

    Attributes:
        status: HTTP status.
        items: What the document lists, at least one.
        headers: Extra response headers.
        hint: What the emulator has to say beside Telnyx's words; goes into ``X-Emulator-Hint`` and the journal.
        violations: What a schema found, for the journal; empty where none was asked.
    """

    status: int = 500
    violations: tuple[Violation, ...] = ()

    def __init__(self, items: Iterable[ErrorItem], *, headers: HeaderList = (), hint: str = "") -> None:
        """Keep the facts; the message is the first item's detail."""
        self.items = tuple(items)
        self.headers = headers
        self.hint = hint
        super().__init__(self.items[0].detail or self.items[0].title or "")
