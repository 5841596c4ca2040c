"""The control API's refusals, and what a program that drives an emulator meets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.errors.base import ApiError, EmulatorError, ErrorItem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from emulator.core.models import JsonValue


class ControlError(ApiError):
    """A refusal of the control API; its status is per error."""

    def __init__(self, status: int, detail: str, *, pointer: str | None = None) -> None:
        """``status`` is the HTTP status; title and code follow from it."""
        code, title = _CONTROL_TITLES[status]
        super().__init__([ErrorItem(code=code, title=title, detail=detail, pointer=pointer)])
        self.status = status


_CONTROL_TITLES: Mapping[int, tuple[str, str]] = {
    400: ("10015", "Bad Request"),
    503: ("10007", "Service unavailable"),
    401: ("10009", "Authentication failed"),
    403: ("10010", "Authorization failed"),
    404: ("10005", "Resource not found"),
    409: ("10012", "Duplicate resource"),
    413: ("10015", "Bad Request"),
    422: ("10027", "Unprocessable Entity"),
}


class ClientError(EmulatorError):
    """What a program that drives an emulator through its control API meets."""


class ControlUnreachable(ClientError):
    """Nothing answers at the emulator's URL, or the connection broke.

    Attributes:
        url: The emulator's base URL.
        reason: What the connection failed with.
    """

    def __init__(self, url: str, reason: str) -> None:
        """Keep both facts; the message joins them."""
        self.url = url
        self.reason = reason
        super().__init__(f"no emulator answers at {url}: {reason}")


class ControlRefused(ClientError):
    """The control API answered with an error, or with what no emulator sends.

    Attributes:
        status: HTTP status of the answer.
        detail: What the answer said.
    """

    def __init__(self, status: int, detail: str) -> None:
        """Keep both facts; the message joins them."""
        self.status = status
        self.detail = detail
        super().__init__(f"the emulator answered {status}: {detail}")


class Unanswered(ClientError):
    """A question to the control API that was not answered as wanted.

    Attributes:
        detail: What the answer said, in words.
        count: How many matched.
        near_misses: Those that came nearest, nearest first: each an object with ``entry``, ``held`` and
            ``differences``, as the control API shows it.
    """

    def __init__(self, detail: str, *, count: int, near_misses: Sequence[JsonValue]) -> None:
        """Keep the facts; the message tells the near misses a line each."""
        self.detail = detail
        self.count = count
        self.near_misses = list(near_misses)
        super().__init__("\n".join(map(_printable, (detail, *map(_near_miss_line, near_misses)))))


class NotVerified(Unanswered):
    """So many as were wanted did not match."""


class WaitTimeout(Unanswered):
    """What was waited for did not come in time."""


def _near_miss_line(miss: JsonValue) -> str:
    differences = "; ".join(
        f"{one.get('field')}: found {one.get('found')}, wanted {one.get('expected')}"
        for one in miss.get("differences", ())
    )
    return f"  near: {' '.join(_names(miss.get('entry', {})))}: {differences}"


def _printable(line: str) -> str:
    """A line that no request can break, nor a terminal take for a command."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in line)


def _names(entry: JsonValue) -> Iterator[str]:
    """What tells an entry from others, whatever its kind."""
    for key in ("id", "method", "target", "event_type", "call_control_id", "state"):
        if entry.get(key) is not None:
            yield str(entry[key])
