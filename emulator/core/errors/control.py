"""The control API's refusals, and what a program that drives an emulator meets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.errors.base import ApiError, EmulatorError, ErrorItem

if TYPE_CHECKING:
    from collections.abc import Mapping


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
