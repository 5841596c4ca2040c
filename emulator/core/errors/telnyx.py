"""What Telnyx answers, and the emulator in its words: one class a case (facts: Telnyx's catalogue and examples).

Must not render: ``documents.py`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.errors.base import ApiError, ErrorItem, linked

if TYPE_CHECKING:
    from collections.abc import Iterable


class Unauthenticated(ApiError):
    """No credentials, garbled ones, or a key that the emulator was not given."""

    status = 401

    def __init__(self, detail: str = "Could not understand the provided credentials.") -> None:
        """``detail`` tells a garbled header from an unknown key."""
        super().__init__([linked("10009", "Authentication failed", detail)])


class UnknownRoute(ApiError):
    """The path is none that the emulator covers."""

    status = 404

    def __init__(self, note: str | None = None) -> None:
        """``note`` tells a reader that this is the emulator's limit, not necessarily Telnyx's."""
        super().__init__(
            [linked("10005", "Resource not found", "The requested resource or URL could not be found.", note)]
        )


class MethodNotAllowed(ApiError):
    """The path exists, the method does not."""

    status = 405

    def __init__(self, allowed: Iterable[str]) -> None:
        """``allowed`` becomes the Allow header (RFC 9110 section 15.5.6)."""
        super().__init__(
            [linked("10030", "Method not allowed", "The URL is valid, but the method is not allowed.")],
            headers=(("Allow", ", ".join(sorted(allowed))),),
        )


class Malformed(ApiError):
    """The body can't be read as what it claims to be."""

    status = 400

    def __init__(
        self,
        detail: str = "The request failed because it was not well-formed.",
        *,
        code: str = "10015",
        title: str = "Bad Request",
        hint: str = "",
    ) -> None:
        """``code`` is 10015 unless a sharper one exists; ``hint`` says what Telnyx does not."""
        super().__init__([linked(code, title, detail)], hint=hint)

    @classmethod
    def undecodable(cls, position: int) -> Malformed:
        """Bytes that are not UTF-8, from ``position`` on (10028)."""
        return cls(
            f"Error decoding request body at position {position}",
            code="10028",
            title="Character encoding error",
        )


class UnsupportedMedia(ApiError):
    """A content type that the route does not read."""

    status = 415

    def __init__(self, expected: str) -> None:
        """``expected`` is the media type that the route does read."""
        super().__init__(
            [linked("10014", "Unsupported Media Type", f"The request must be encoded as '{expected}'.")]
        )


class BodyTooLarge(ApiError):
    """The body is over the emulator's bound."""

    status = 413

    def __init__(self, limit: int) -> None:
        """``limit`` in bytes."""
        super().__init__([linked("10015", "Bad Request", f"The request body is larger than {limit} bytes.")])


class Invalid(ApiError):
    """A body that breaks its schema: one item a violation."""

    status = 422


class UnknownCall(ApiError):
    """A call_control_id that names no call (strict realism)."""

    status = 422

    def __init__(self) -> None:
        """Telnyx's documented example."""
        super().__init__(
            [
                ErrorItem(
                    code="90015",
                    title="Invalid Call Control ID",
                    detail="The call_control_id provided was not valid.",
                    pointer="/call_control_id",
                )
            ]
        )


class CallEnded(ApiError):
    """The call is over: no source and no meta, as seen in real logs."""

    status = 422

    def __init__(self) -> None:
        """Telnyx's documented example."""
        super().__init__(
            [
                ErrorItem(
                    code="90018",
                    title="Call has already ended",
                    detail="This call is no longer active and can't receive commands.",
                )
            ]
        )


class CallNotAnswered(ApiError):
    """The call still rings (strict realism)."""

    status = 422

    def __init__(self) -> None:
        """Telnyx's documented example."""
        super().__init__(
            [
                ErrorItem(
                    code="90034",
                    title="Call not answered yet",
                    detail="This call can't receive this command because it has not been answered yet.",
                )
            ]
        )


class AnswerOfOutbound(ApiError):
    """An answer to a call that was dialled (Telnyx's catalogue; the status is that of its siblings)."""

    status = 422

    def __init__(self) -> None:
        """Telnyx's title; the detail says the same."""
        super().__init__(
            [
                ErrorItem(
                    code="90102",
                    title="Answer cannot be issued for outbound calls",
                    detail="The answer command cannot be issued for outbound calls.",
                )
            ]
        )


class InvalidConnection(ApiError):
    """A connection_id that names no connection (strict realism)."""

    status = 422

    def __init__(self) -> None:
        """Telnyx's documented example."""
        super().__init__(
            [
                ErrorItem(
                    code="10015",
                    title="Invalid value for connection_id (Call Control App ID)",
                    detail=(
                        "The requested connection_id (Call Control App ID) is either invalid or does not exist. "
                        "Only Call Control Apps with valid webhook URL are accepted."
                    ),
                    pointer="/connection_id",
                )
            ]
        )


class CommandRefused(ApiError):
    """A command to a call that would change nothing, where strict realism refuses it (inferred)."""

    status = 422

    def __init__(self, detail: str) -> None:
        """``detail`` says why."""
        super().__init__([ErrorItem(code="10027", title="Unprocessable Entity", detail=detail)])


class UnknownConnector(ApiError):
    """A start that names a connector which does not exist (strict realism; inferred, docs/fidelity.md)."""

    status = 422

    def __init__(self, pointer: str) -> None:
        """``pointer`` names the field as the request spelled it."""
        super().__init__(
            [
                ErrorItem(
                    code="10005",
                    title="Resource not found",
                    detail="The requested resource or URL could not be found.",
                    pointer=pointer,
                )
            ]
        )


class RecordingRefused(ApiError):
    """A start while recording, or a stop while not, where strict realism refuses it (inferred)."""

    status = 422

    def __init__(self, detail: str) -> None:
        """``detail`` says which of the two."""
        super().__init__([ErrorItem(code="10027", title="Unprocessable Entity", detail=detail)])


class UnknownScenario(ApiError):
    """A header or a magic connector names a scenario that is not loaded."""

    status = 422

    def __init__(self, name: str, *, source: str, meant: str | None = None) -> None:
        """``source`` is where the name stood, ``meant`` the nearest name that exists."""
        hint = f" Did you mean '{meant}'?" if meant else ""
        super().__init__(
            [
                ErrorItem(
                    code="10005",
                    title="Resource not found",
                    detail=f"No scenario named '{name}' is loaded.{hint}",
                    note=f"{source} names a scenario; GET /_emulator/scenarios lists those there are.",
                )
            ]
        )


class WrongScenario(ApiError):
    """A header, a magic connector or a magic callee names a scenario that is for something else."""

    status = 422

    def __init__(self, name: str, *, source: str, plays: str, wanted: str) -> None:
        """``plays`` and ``wanted`` say in words what it is for, and what was asked for."""
        super().__init__(
            [
                ErrorItem(
                    code="10027",
                    title="Unprocessable Entity",
                    detail=f"The scenario '{name}' plays {plays}, not {wanted}.",
                    note=f"{source} names it; GET /_emulator/scenarios tells what each one plays.",
                )
            ]
        )


class ConnectorNotFound(ApiError):
    """GET, PUT or DELETE of a connector that is not stored."""

    status = 404

    def __init__(self) -> None:
        """Telnyx's documented example; the code is an int."""
        super().__init__([ErrorItem(code=404, title="Not Found", detail="The requested resource does not exist")])


class ConnectorInvalid(ApiError):
    """A connector body that breaks its schema, or a name that is taken."""

    status = 422

    def __init__(self, items: Iterable[tuple[str | None, str]] = ()) -> None:
        """``items``: pointer and detail of each violation; none gives the documented example alone."""
        found = tuple(items) or ((None, "The request parameters failed validation"),)
        super().__init__(
            ErrorItem(code=422, title="Unprocessable Entity", detail=detail, pointer=pointer)
            for pointer, detail in found
        )


class DeliveryNotFound(ApiError):
    """A webhook delivery that the journal does not hold (any more)."""

    status = 404

    def __init__(self) -> None:
        """Telnyx's documented text for what is not there."""
        super().__init__(
            [linked("10005", "Resource not found", "The requested resource or URL could not be found.")]
        )


class TexmlNotFound(ApiError):
    """A TeXML call or session that does not exist: the document has a detail and nothing else."""

    status = 404

    def __init__(self) -> None:
        """Telnyx's documented example."""
        super().__init__([ErrorItem(code=None, title=None, detail="Resource not found")])


class LimitReached(ApiError):
    """A bound of the emulator itself; raise it with the setting that the detail names."""

    status = 503

    def __init__(self, what: str, *, limit: int, setting: str | None = None) -> None:
        """Name the bound and the setting that moves it, where one does."""
        raised = f"; {setting} raises it" if setting else ""
        super().__init__(
            [
                ErrorItem(
                    code="10007",
                    title="Service unavailable",
                    detail=f"The emulator holds at most {limit} {what}{raised}.",
                )
            ],
            headers=(("x-should-retry", "false"),),
        )


class Stopping(ApiError):
    """A command that came while the emulator ends."""

    status = 503

    def __init__(self) -> None:
        """Telnyx's documented code for a service that is away."""
        super().__init__(
            [ErrorItem(code="10007", title="Service unavailable", detail="The emulator is stopping.")]
        )


class Fault(ApiError):
    """Something in the emulator that must not happen; the log has the traceback."""

    status = 500

    def __init__(self) -> None:
        """Telnyx's documented code for an internal error."""
        detail = "The emulator met a fault of its own; its log says more."
        super().__init__(
            [ErrorItem(code="10007", title="Internal server error", detail=detail)],
            headers=(("x-should-retry", "false"),),
        )
