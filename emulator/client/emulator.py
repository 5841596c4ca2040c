"""The control API's routes as methods.

Owns what each route is asked and what of its answer counts; documents stay as the server sends them
(``docs/control-api.md`` describes them). Must not touch a connection: ``wire.py`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from emulator.client.events import STREAM_TIMEOUT_SECS, EventStream
from emulator.client.wire import Document, Wire, at, refusal
from emulator.core.durations import parse_duration
from emulator.core.models import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TIMEOUT_SECS = 10.0
LONGEST_WAIT_SECS = 60.0
"""The longest that the server lets a request wait; also how long an advance may take, which awaits deliveries."""

_DEFAULT_WAIT_SECS = 10.0
_OK = 200
_UNAVAILABLE = 503

Span: TypeAlias = "str | float"
"""A duration: a text such as ``250ms`` or ``30s``, or a number of seconds."""


class EmulatorClient:
    """A running emulator's control API. Each call makes a connection of its own, so threads may share a client.

    Every method raises ``ControlUnreachable`` when nothing answers, and ``ControlRefused`` when the answer is an
    error or no answer of an emulator. A ``namespace`` is an id, as the journal shows it; left out, it is the one
    of the API key. Clocks, faults and the queue are always of one namespace.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        api_key: str | None = None,
        timeout: float = TIMEOUT_SECS,
    ) -> None:
        """Connect to nothing yet.

        Args:
            base_url: Such as ``http://127.0.0.1:12111``; what follows the port does not count.
            token: The admin token where one is set; else an API key, which narrows what is seen to its namespace.
            api_key: The API key, where the token is the admin token.
            timeout: Seconds, for each answer, beside what the server itself was asked to wait.

        Raises:
            ValueError: The API key has spaces.
        """
        self._wire = Wire(base_url, token, api_key, timeout)

    @property
    def base_url(self) -> str:
        """Scheme, host and port."""
        return self._wire.base_url

    # --- the server ---

    def health(self) -> bool:
        """Whether the server answers that it is alive."""
        return self._wire.ask("GET", "/health").get("status") == "ok"

    def ready(self) -> bool:
        """Whether it takes commands; False while it starts or stops."""
        status, document = self._wire.exchange("GET", "/ready")
        if status not in {_OK, _UNAVAILABLE}:
            raise refusal(status, document)
        return status == _OK

    def info(self) -> Document:
        """Name, version, URL, public key and main settings."""
        return self._wire.ask("GET", "/info")

    def reset(self, namespace: str | None = None) -> str:
        """Forget everything: of one namespace, else of all that the token can see.

        Returns:
            The namespace that was reset, or ``all``.
        """
        return str(self._wire.ask("POST", at("reset", namespace=namespace)).get("reset"))

    def events(self, namespace: str | None = None, *, timeout: float = STREAM_TIMEOUT_SECS) -> EventStream:
        """Subscribe to what happens from now on; once this returns, nothing is missed.

        Args:
            namespace: Its events only.
            timeout: Seconds of silence after which the connection counts as broken.
        """
        return EventStream.subscribe(self._wire, at("events", namespace=namespace), timeout)

    # --- what happened ---

    def requests(self, **filters: str) -> list[Document]:
        """The latest requests, oldest first; ``filters`` as in docs/control-api.md, such as ``namespace``."""
        return self._wire.listed(at("requests", **filters))

    def webhooks(self, **filters: str) -> list[Document]:
        """The latest events and how their deliveries stand, oldest first."""
        return self._wire.listed(at("webhooks", **filters))

    def sessions(self, **filters: str) -> list[Document]:
        """The latest recording sessions, oldest first."""
        return self._wire.listed(at("sessions", **filters))

    def near_misses(self, namespace: str | None = None) -> list[Document]:
        """Requests that no scenario's ``match`` or no route took, latest first, each with what came near."""
        return self._wire.listed(at("requests", "near-misses", namespace=namespace))

    def verify(
        self,
        kind: str,
        matchers: Mapping[str, object] | None = None,
        *,
        count: int | Mapping[str, int] | None = None,
        last: Span | None = None,
        within: Span | None = None,
        namespace: str | None = None,
    ) -> Document:
        """See that something happened.

        Args:
            kind: ``requests``, ``webhooks``, ``received`` or ``sessions``.
            matchers: What they must hold, in the scenario language's matchers, such as
                ``{"event_type": "siprec.failed", "payload": {"failure_cause": "user_busy"}}``; None: any will do.
            count: How many must: so many exactly, or ``{"at_least": 1, "at_most": 3}``; None: at least one.
            last: Only what is no older, in the namespace's time.
            within: How long it may take to become true, in real time; at most 60 s.
            namespace: Whose.

        Returns:
            ``count`` that match and what was ``wanted``, in words.

        Raises:
            NotVerified: As many do not match.
        """
        body = _given(count=count, last=_span(last), within=_span(within))
        return self._wire.data(
            "POST",
            at("verify", namespace=namespace),
            {kind: dict(matchers or {}), **body},
            timeout=self._patience(within, 0),
        )

    def wait(
        self,
        kind: str,
        matchers: Mapping[str, object] | None = None,
        *,
        count: int | None = None,
        timeout: Span | None = None,
        namespace: str | None = None,
    ) -> Document:
        """Wait until something has happened; a namespace's clock that is ``auto`` goes on meanwhile.

        Args:
            kind: ``webhook`` (a delivered one, unless the matchers name a ``state``), ``session``, or ``idle``:
                until nothing is left to do, which takes no matchers.
            matchers: What it must hold, as of ``verify``.
            count: How many; None: one.
            timeout: In real time, at most 60 s; None: 10 s.
            namespace: Whose.

        Returns:
            ``count`` and ``matched``, or ``idle``.

        Raises:
            WaitTimeout: It did not happen in time.
        """
        awaited: object = True if kind == "idle" and not matchers else dict(matchers or {})
        return self._wire.data(
            "POST",
            at("wait", namespace=namespace),
            {kind: awaited, **_given(count=count, timeout=_span(timeout))},
            timeout=self._patience(timeout, _DEFAULT_WAIT_SECS),
        )

    # --- time ---

    def clock(self, namespace: str | None = None) -> Document:
        """Where a namespace's clock stands, how it goes, and what falls due next."""
        return self._wire.data("GET", at("clock", namespace=namespace))

    def set_clock(
        self,
        *,
        mode: str | None = None,
        speed: float | None = None,
        time: str | None = None,
        namespace: str | None = None,
    ) -> Document:
        """Let a clock go another way; what is left out stays.

        Args:
            mode: ``running``, ``manual`` or ``auto``.
            speed: Seconds of the namespace in a second of wall time, while it runs.
            time: What it shows, in UTC: ``2025-01-01T00:00:00Z``.
            namespace: Whose.

        Returns:
            As of ``clock``.
        """
        return self._wire.data("PUT", at("clock", namespace=namespace), _given(mode=mode, speed=speed, time=time))

    def advance(
        self,
        by: Span | None = None,
        *,
        to: str | None = None,
        until: str | None = None,
        namespace: str | None = None,
    ) -> Document:
        """Move a clock forward; all that falls due on the way happens in its order, each delivery awaited.

        Args:
            by: So much.
            to: To this time, in UTC; this or ``by`` or ``until``.
            until: ``next`` (to what falls due next) or ``idle`` (until nothing does).
            namespace: Whose.

        Returns:
            ``from``, ``to``, what ``fired``, and how many more things are ``untold`` where there were very many.
        """
        document = self._wire.ask(
            "POST",
            at("clock", "advance", namespace=namespace),
            _given(by=_span(by), to=to, until=until),
            timeout=self._wire.timeout + LONGEST_WAIT_SECS,
        )
        if not isinstance(document.get("data"), dict):
            raise refusal(_OK, document)
        return {**document["data"], **document.get("meta", {})}

    # --- scenarios and settings ---

    def put_scenario(
        self, scenario: str | Mapping[str, object], name: str, *, namespace: str | None = None
    ) -> Document:
        """Load a scenario, for one namespace or, without any, for all.

        Args:
            scenario: YAML; or the same as values, whose ``version`` and ``name`` may be left out.
            name: Its name.
            namespace: Whose it is.

        Returns:
            The scenario in short, with what it is warned of.
        """
        text = scenario if isinstance(scenario, str) else {"version": 1, "name": name, **scenario}
        return self._wire.data("PUT", at("scenarios", name, namespace=namespace), text)

    def explain(
        self,
        name: str,
        *,
        call_control_id: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        namespace: str | None = None,
    ) -> Document:
        """What a ``siprec_start`` would get from a scenario; nothing is run.

        Args:
            name: The scenario's.
            call_control_id: The request's; None: any.
            headers: The request's.
            body: The request's.
            namespace: Who would send it.
        """
        return self._wire.data(
            "POST",
            at("scenarios", name, "explain", namespace=namespace),
            _given(call_control_id=call_control_id, headers=headers, body=body),
        )

    def queue(
        self,
        scenario: str | Mapping[str, object],
        *,
        match: Mapping[str, object] | None = None,
        times: int | None = None,
        namespace: str | None = None,
    ) -> Document:
        """Let the next starts play a scenario.

        Args:
            scenario: The name of a loaded one, or one written out as values.
            match: Which starts it is for, as in a scenario; None: any.
            times: How many starts; None: one.
            namespace: Whose starts.

        Returns:
            Its place in the queue.
        """
        return self._wire.data(
            "POST", at("queue", namespace=namespace), _given(scenario=scenario, match=match, times=times)
        )

    def queued(self, namespace: str | None = None) -> list[Document]:
        """The scenarios that wait for their start, first one first."""
        return self._wire.listed(at("queue", namespace=namespace))

    def clear_queue(self, namespace: str | None = None) -> None:
        """Let none wait any more."""
        self._wire.ask("DELETE", at("queue", namespace=namespace))

    def faults(self, namespace: str | None = None) -> Document:
        """The faults that are switched on, and how often each has struck."""
        return self._wire.data("GET", at("faults", namespace=namespace))

    def set_faults(self, faults: Mapping[str, object], *, namespace: str | None = None) -> Document:
        """Let things go wrong from now on, in place of what did before.

        Args:
            faults: ``requests`` and ``webhooks``, as in docs/control-api.md.
            namespace: Whose.

        Returns:
            As of ``faults``.
        """
        return self._wire.data("PUT", at("faults", namespace=namespace), dict(faults))

    def clear_faults(self, namespace: str | None = None) -> None:
        """Let nothing go wrong any more."""
        self._wire.ask("DELETE", at("faults", namespace=namespace))

    def namespaces(self, namespace: str | None = None) -> list[Document]:
        """The namespaces in use."""
        return self._wire.listed(at("namespaces", namespace=namespace))

    def configure_namespace(self, namespace: str = "self", /, **settings: object) -> Document:
        """Set what a namespace does differently; what is left out goes back to the server's own.

        Args:
            namespace: Its id; ``self`` is the API key's.
            settings: Such as ``webhook_url``, ``realism``, ``seed`` and ``clock``.

        Returns:
            The namespace.
        """
        return self._wire.data("PUT", at("namespaces", namespace), settings)

    # --- by hand ---

    def replay(
        self,
        webhook_id: str,
        *,
        set: Mapping[str, object] | None = None,  # noqa: A002 - as the control API calls it
        remove: Iterable[str] = (),
        new_id: bool = False,
        deliver: Mapping[str, object] | None = None,
        sign: Mapping[str, object] | None = None,
        namespace: str | None = None,
    ) -> Document:
        """Send a webhook again.

        Args:
            webhook_id: Its event id, or its ``seq``.
            set: Payload fields to lay over.
            remove: Payload fields to leave out.
            new_id: Whether it gets an event id of its own.
            deliver: How, as in a scenario's step: ``{"url": ...}``.
            sign: How it is signed, as there.
            namespace: Whose.

        Returns:
            The webhook, just made.
        """
        body = _given(set=set, remove=list(remove) or None, new_id=new_id or None, deliver=deliver, sign=sign)
        return self._wire.data("POST", at("webhooks", webhook_id, "replay", namespace=namespace), body)

    def emit(
        self,
        session_id: str,
        event_type: str,
        *,
        set: Mapping[str, object] | None = None,  # noqa: A002 - as the control API calls it
        remove: Iterable[str] = (),
        deliver: Mapping[str, object] | None = None,
        sign: Mapping[str, object] | None = None,
        namespace: str | None = None,
    ) -> Document:
        """Let an event occur in a session; arguments and result as of ``replay``.

        Args:
            session_id: Whose.
            event_type: Such as ``siprec.failed``.
            set: Payload fields to lay over.
            remove: Payload fields to leave out.
            deliver: As in a scenario's step.
            sign: As there.
            namespace: The session's.
        """
        body = _given(event_type=event_type, set=set, remove=list(remove) or None, deliver=deliver, sign=sign)
        return self._wire.data("POST", at("sessions", session_id, "events", namespace=namespace), body)

    def _patience(self, wait: Span | None, default: float) -> float:
        """Seconds until an answer must be there that the server itself may hold back."""
        return self._wire.timeout + (default if wait is None else _seconds(wait))


def _given(**fields: object) -> Document:
    return {name: value for name, value in fields.items() if value is not None}


def _span(span: Span | None) -> str | None:
    """A duration as the control API reads it."""
    return span if span is None or isinstance(span, str) else f"{span:.6f}s"


def _seconds(span: Span) -> float:
    """The server refuses at once what is no duration or is too long, so any bound will do for those."""
    try:
        return parse_duration(span) / SECOND if isinstance(span, str) else span
    except ValueError:
        return LONGEST_WAIT_SECS
