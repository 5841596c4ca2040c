"""The one exception tree of the emulator; each error carries its facts, and the HTTP status it answers.

::

    EmulatorError
    ├── ApiError                 answers a request with Telnyx's error document
    │   ├── Unauthenticated      401  10009
    │   ├── UnknownRoute         404  10005, meta names what is not covered
    │   ├── MethodNotAllowed     405  10030
    │   ├── Malformed            400  10015, 10023 or 10028
    │   ├── UnsupportedMedia     415  10014
    │   ├── BodyTooLarge         413  10015
    │   ├── Invalid              422  one item a violation
    │   ├── UnknownCall          422  90015
    │   ├── CallEnded            422  90018
    │   ├── CallNotAnswered      422  90034
    │   ├── UnknownConnector     422  10005, a start that names a connector which does not exist
    │   ├── RecordingRefused     422  10027, strict realism: already running, or none to stop
    │   ├── UnknownScenario      422  10005, the emulator's own
    │   ├── ConnectorNotFound    404  404 (int)
    │   ├── ConnectorInvalid     422  422 (int)
    │   ├── TexmlNotFound        404  detail alone
    │   ├── LimitReached         503  10007, a bound of the emulator itself
    │   ├── Stopping             503  10007, the emulator ends
    │   ├── Fault                500  10007, a fault of the emulator: it is a bug if anybody sees one
    │   └── ControlError         4xx  the control API's own refusals
    ├── LanguageError            a file in one of our languages is wrong: file, line, column, what was meant
    │   ├── ScenarioError
    │   └── ConfigError          a flag or environment variable too
    ├── TargetRefused            a webhook target that policy forbids
    └── ClientError              what a program that drives an emulator meets
        ├── ControlUnreachable   nothing answers at that URL
        └── ControlRefused       the control API answered with an error, or with something else than its own

Texts and codes: Telnyx's error catalogue and OpenAPI examples. Must not render: ``documents.py`` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from emulator.core.models import HeaderList

ERRORS_URL = "https://developers.telnyx.com/docs/overview/errors/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorItem:
    """One entry of an error document.

    Attributes:
        code: A string of digits in call control, an int for connectors, None where TeXML gives a detail alone.
        pointer: RFC 6901, into the request body; None when no field is at fault.
        url: For ``meta.url``; None leaves meta out.
        note: For ``meta.emulator``: what only the emulator has to say.
    """

    code: str | int | None
    title: str | None
    detail: str | None = None
    pointer: str | None = None
    url: str | None = None
    note: str | None = None


class EmulatorError(Exception):
    """The root: catching it catches everything the emulator raises on purpose."""


class ApiError(EmulatorError):
    """Answers a request with an error document.

    Attributes:
        status: HTTP status.
        items: What the document lists, at least one.
        headers: Extra response headers.
        hint: What the emulator has to say beside Telnyx's words; goes into ``X-Emulator-Hint`` and the journal.
    """

    status: int = 500

    def __init__(self, items: Iterable[ErrorItem], *, headers: HeaderList = (), hint: str = "") -> None:
        """Keep the facts; the message is the first item's detail."""
        self.items = tuple(items)
        self.headers = headers
        self.hint = hint
        super().__init__(self.items[0].detail or self.items[0].title or "")


def _linked(code: str, title: str, detail: str, note: str | None = None) -> ErrorItem:
    """An item with ``meta.url``, as gateway errors were seen to carry (facts: shape of errors)."""
    return ErrorItem(code=code, title=title, detail=detail, url=ERRORS_URL + code, note=note)


class Unauthenticated(ApiError):
    """No credentials, garbled ones, or a key that the emulator was not given."""

    status = 401

    def __init__(self, detail: str = "Could not understand the provided credentials.") -> None:
        """``detail`` tells a garbled header from an unknown key."""
        super().__init__([_linked("10009", "Authentication failed", detail)])


class UnknownRoute(ApiError):
    """The path is none that the emulator covers."""

    status = 404

    def __init__(self, note: str | None = None) -> None:
        """``note`` tells a reader that this is the emulator's limit, not necessarily Telnyx's."""
        super().__init__(
            [_linked("10005", "Resource not found", "The requested resource or URL could not be found.", note)]
        )


class MethodNotAllowed(ApiError):
    """The path exists, the method does not."""

    status = 405

    def __init__(self, allowed: Iterable[str]) -> None:
        """``allowed`` becomes the Allow header (RFC 9110 section 15.5.6)."""
        super().__init__(
            [_linked("10030", "Method not allowed", "The URL is valid, but the method is not allowed.")],
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
        super().__init__([_linked(code, title, detail)], hint=hint)

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
            [_linked("10014", "Unsupported Media Type", f"The request must be encoded as '{expected}'.")]
        )


class BodyTooLarge(ApiError):
    """The body is over the emulator's bound."""

    status = 413

    def __init__(self, limit: int) -> None:
        """``limit`` in bytes."""
        super().__init__([_linked("10015", "Bad Request", f"The request body is larger than {limit} bytes.")])


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


class TexmlNotFound(ApiError):
    """A TeXML call or session that does not exist: the document has a detail and nothing else."""

    status = 404

    def __init__(self) -> None:
        """Telnyx's documented example."""
        super().__init__([ErrorItem(code=None, title=None, detail="Resource not found")])


class LimitReached(ApiError):
    """A bound of the emulator itself; raise it with the setting that the detail names."""

    status = 503

    def __init__(self, what: str, *, limit: int, setting: str) -> None:
        """Name the bound and the setting that moves it."""
        super().__init__(
            [
                ErrorItem(
                    code="10007",
                    title="Service unavailable",
                    detail=f"The emulator holds at most {limit} {what}; {setting} raises it.",
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


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One complaint about a file, sortable by place.

    Attributes:
        file: The file; or the flag or environment variable, for what stands in none.
        line: From 1; 0 when the complaint has no place within ``file``.
        column: From 1; 0 with line 0.
    """

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        """``file:line:column: message``, which editors turn into a link."""
        if not self.line:
            return f"{self.file}: {self.message}"
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class LanguageError(EmulatorError):
    """A scenario or configuration file is wrong.

    Attributes:
        problems: Every complaint, in the order of the file.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        """The message is one problem a line."""
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


class ScenarioError(LanguageError):
    """A scenario file is wrong."""


class ConfigError(LanguageError):
    """A configuration file, flag or environment variable is wrong."""


class TargetRefused(EmulatorError):
    """A webhook target that policy forbids.

    Attributes:
        target: The host or address refused.
        reason: Why, and what would allow it.
    """

    def __init__(self, target: str, reason: str) -> None:
        """Keep both facts; the message joins them."""
        self.target = target
        self.reason = reason
        super().__init__(f"{target}: {reason}")


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
