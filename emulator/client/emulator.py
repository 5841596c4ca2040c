"""The control API's routes as methods.

Owns what users are told of each; documents stay as the server sends them (``docs/control-api.md`` describes them).
Must not know what a route is asked, which ``calls.py`` does, nor touch a connection: ``wire.py`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.client import calls
from emulator.client.call import at
from emulator.client.calling import Calling
from emulator.client.events import STREAM_TIMEOUT_SECS, EventStream
from emulator.client.setting import Setting
from emulator.client.wire import Wire, peer_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

    from emulator.client.answers import Document
    from emulator.client.call import Span
    from emulator.client.trust import Ca

TIMEOUT_SECS = 10.0


class EmulatorClient(Setting, Calling):
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
        ca: Ca = None,
    ) -> None:
        """Connect to nothing yet.

        Args:
            base_url: Such as ``http://127.0.0.1:12111``; what follows the port does not count.
            token: The admin token where one is set; else an API key, which narrows what is seen to its namespace.
            api_key: The API key, where the token is the admin token.
            timeout: Seconds, for each answer, beside what the server itself was asked to wait.
            ca: For https: what is trusted beside the system's authorities. A file of certificates in PEM, such as
                ``GET /_emulator/ca.pem`` shows, their text, or an ``ssl.SSLContext``.

        Raises:
            ValueError: The API key has spaces, or ``ca`` holds no certificates.
        """
        self._wire = Wire(peer_at(base_url, token, api_key, timeout, ca))

    @classmethod
    def over(cls, wire: Wire) -> Self:
        """A client over a wire of one's own, such as a ``KeptWire`` for programs that ask often."""
        client = cls.__new__(cls)
        client._wire = wire  # noqa: SLF001 - its own
        return client

    @property
    def base_url(self) -> str:
        """Scheme, host and port."""
        return self._wire.peer.base_url

    # --- the server ---

    def health(self) -> bool:
        """Whether the server answers that it is alive."""
        return self._wire.carry_out(calls.health())

    def ready(self) -> bool:
        """Whether it takes commands; False while it starts or stops."""
        return self._wire.carry_out(calls.ready())

    def info(self) -> Document:
        """Name, version, URL, public key and main settings."""
        return self._wire.carry_out(calls.info())

    def reset(self, namespace: str | None = None) -> str:
        """Forget everything: of one namespace, else of all that the token can see.

        Returns:
            The namespace that was reset, or ``all``.
        """
        return self._wire.carry_out(calls.reset(namespace))

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
        return self._wire.carry_out(calls.requests(filters))

    def webhooks(self, **filters: str) -> list[Document]:
        """The latest events and how their deliveries stand, oldest first."""
        return self._wire.carry_out(calls.webhooks(filters))

    def sessions(self, **filters: str) -> list[Document]:
        """The latest recording sessions, oldest first."""
        return self._wire.carry_out(calls.sessions(filters))

    def received(self, **filters: str) -> list[Document]:
        """The latest that the built-in receiver got, oldest first."""
        return self._wire.carry_out(calls.received(filters))

    def request(self, request_id: int | str, namespace: str | None = None) -> Document:
        """One request: headers, body, answer, violations, and why its scenario was chosen.

        Args:
            request_id: Its ``id`` in the list.
            namespace: Whose.
        """
        return self._wire.carry_out(calls.one("requests", request_id, namespace))

    def webhook(self, webhook_id: int | str, namespace: str | None = None) -> Document:
        """One event with every attempt.

        Args:
            webhook_id: Its event id, whose first copy is meant, or its ``seq``.
            namespace: Whose.
        """
        return self._wire.carry_out(calls.one("webhooks", webhook_id, namespace))

    def session(self, session_id: str, namespace: str | None = None) -> Document:
        """One recording session with its transitions and webhooks, and how it stands on the wire (``live``).

        Args:
            session_id: Which.
            namespace: Whose.
        """
        return self._wire.carry_out(calls.one("sessions", session_id, namespace))

    def session_story(self, session_id: str, namespace: str | None = None) -> Document:
        """All that happened to a session in one picture: requests, states, webhooks with every attempt.

        Args:
            session_id: Which.
            namespace: Whose.

        Returns:
            A story, as docs/control-api.md describes it.
        """
        return self._wire.carry_out(calls.story("sessions", session_id, namespace))

    def call_story(self, call_control_id: str, namespace: str | None = None) -> Document:
        """As ``session_story``, of a call and of all that was recorded of it."""
        return self._wire.carry_out(calls.story("calls", call_control_id, namespace))

    def webhook_story(self, webhook_id: int | str, namespace: str | None = None) -> Document:
        """As ``session_story``, of an event alone; ``webhook_id`` as of ``webhook``."""
        return self._wire.carry_out(calls.story("webhooks", webhook_id, namespace))

    def session_scenario(self, session_id: str, namespace: str | None = None) -> Document:
        """What happened to a session as a scenario that lets it happen again; arguments as of ``session``.

        Returns:
            ``name`` and ``text``, the YAML, as ``put_scenario`` takes them.
        """
        return self._wire.carry_out(calls.session_scenario(session_id, namespace))

    def sip_messages(self, session_id: str, namespace: str | None = None) -> list[Document]:
        """The SIP messages that a session sent and received, in their order; arguments as of ``session``.

        Raises:
            ControlRefused: It was not placed on the wire, or what it sent is not kept any more.
        """
        return self._wire.carry_out(calls.sip_messages(session_id, namespace))

    def pcap(self, session_id: str, namespace: str | None = None) -> bytes:
        """A capture of what a session sent and received, for Wireshark; as of ``sip_messages``."""
        return self._wire.carry_out(calls.pcap(session_id, namespace))

    def problems(self, namespace: str | None = None) -> list[Document]:
        """What went wrong that nobody scripted, oldest first: requests that no route took, for one.

        Args:
            namespace: Whose.
        """
        return self._wire.carry_out(calls.problems(namespace))

    def near_misses(self, namespace: str | None = None) -> list[Document]:
        """Requests that no scenario's ``match`` or no route took, latest first, each with what came near."""
        return self._wire.carry_out(calls.near_misses(namespace))

    def verify(
        self,
        kind: str,
        matchers: Mapping[str, object] | None = None,
        *,
        count: int | Mapping[str, int] | None = None,
        last: Span | None = None,
        within: Span | None = None,
        view: str | None = None,
        namespace: str | None = None,
    ) -> Document:
        """See that something happened.

        Args:
            kind: ``requests``, ``webhooks``, ``received``, ``sessions`` or ``calls``.
            matchers: What they must hold, in the scenario language's matchers, such as
                ``{"event_type": "siprec.failed", "payload": {"failure_cause": "user_busy"}}``; None: any will do.
            count: How many must: so many exactly, or ``{"at_least": 1, "at_most": 3}``; None: at least one.
            last: Only what is no older, in the namespace's time.
            within: How long it may take to become true, in real time; at most 60 s.
            view: ``line`` or ``whole``: tell those that match, and how; None: how many is enough.
            namespace: Whose.

        Returns:
            ``count`` that match, what was ``wanted``, in words, and with a view those that ``matched``.

        Raises:
            NotVerified: As many do not match.
        """
        return self._wire.carry_out(
            calls.verify(kind, matchers, count=count, last=last, within=within, view=view, namespace=namespace)
        )

    def wait(
        self,
        kind: str,
        matchers: Mapping[str, object] | None = None,
        *,
        count: int | None = None,
        timeout: Span | None = None,
        view: str | None = None,
        namespace: str | None = None,
    ) -> Document:
        """Wait until something has happened; a namespace's clock that is ``auto`` goes on meanwhile.

        Args:
            kind: ``webhook`` (a delivered one, unless the matchers name a ``state``), ``session``, or ``idle``:
                until nothing is left to do, which takes no matchers.
            matchers: What it must hold, as of ``verify``.
            count: How many; None: one.
            timeout: In real time, at most 60 s; None: 10 s.
            view: How ``matched`` are shown: ``line`` or ``whole``; None: in a line.
            namespace: Whose.

        Returns:
            ``count`` and ``matched``, or ``idle``.

        Raises:
            WaitTimeout: It did not happen in time.
        """
        return self._wire.carry_out(
            calls.wait(kind, matchers, count=count, timeout=timeout, view=view, namespace=namespace)
        )

    # --- time ---

    def clock(self, namespace: str | None = None) -> Document:
        """Where a namespace's clock stands, how it goes, and what falls due next."""
        return self._wire.carry_out(calls.clock(namespace))

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
        return self._wire.carry_out(calls.set_clock(mode=mode, speed=speed, time=time, namespace=namespace))

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
        return self._wire.carry_out(calls.advance(by, to=to, until=until, namespace=namespace))

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
        return self._wire.carry_out(
            calls.replay(
                webhook_id, set=set, remove=remove, new_id=new_id, deliver=deliver, sign=sign, namespace=namespace
            )
        )

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
        return self._wire.carry_out(
            calls.emit(
                session_id, event_type, set=set, remove=remove, deliver=deliver, sign=sign, namespace=namespace
            )
        )
