"""The control API's routes as methods.

Owns what users are told of each; documents stay as the server sends them (``docs/control-api.md`` describes them).
Must not know what a route is asked, which ``calls.py`` does, nor touch a connection: ``wire.py`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.client import calls
from emulator.client.events import STREAM_TIMEOUT_SECS, EventStream
from emulator.client.wire import Wire, peer_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from emulator.client.answers import Document
    from emulator.client.calls import Span

TIMEOUT_SECS = 10.0


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
        self._wire = Wire(peer_at(base_url, token, api_key, timeout))

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
        return EventStream.subscribe(self._wire, calls.at("events", namespace=namespace), timeout)

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
            namespace: Whose.

        Returns:
            ``count`` that match and what was ``wanted``, in words.

        Raises:
            NotVerified: As many do not match.
        """
        return self._wire.carry_out(
            calls.verify(kind, matchers, count=count, last=last, within=within, namespace=namespace)
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
        return self._wire.carry_out(calls.wait(kind, matchers, count=count, timeout=timeout, namespace=namespace))

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
        return self._wire.carry_out(calls.put_scenario(scenario, name, namespace=namespace))

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
        return self._wire.carry_out(
            calls.explain(name, call_control_id=call_control_id, headers=headers, body=body, namespace=namespace)
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
        return self._wire.carry_out(calls.queue(scenario, match=match, times=times, namespace=namespace))

    def queued(self, namespace: str | None = None) -> list[Document]:
        """The scenarios that wait for their start, first one first."""
        return self._wire.carry_out(calls.queued(namespace))

    def clear_queue(self, namespace: str | None = None) -> None:
        """Let none wait any more."""
        self._wire.carry_out(calls.clear_queue(namespace))

    def faults(self, namespace: str | None = None) -> Document:
        """The faults that are switched on, and how often each has struck."""
        return self._wire.carry_out(calls.faults(namespace))

    def set_faults(self, faults: Mapping[str, object], *, namespace: str | None = None) -> Document:
        """Let things go wrong from now on, in place of what did before.

        Args:
            faults: ``requests`` and ``webhooks``, as in docs/control-api.md.
            namespace: Whose.

        Returns:
            As of ``faults``.
        """
        return self._wire.carry_out(calls.set_faults(faults, namespace=namespace))

    def clear_faults(self, namespace: str | None = None) -> None:
        """Let nothing go wrong any more."""
        self._wire.carry_out(calls.clear_faults(namespace))

    def namespaces(self, namespace: str | None = None) -> list[Document]:
        """The namespaces in use."""
        return self._wire.carry_out(calls.namespaces(namespace))

    def configure_namespace(self, namespace: str = "self", /, **settings: object) -> Document:
        """Set what a namespace does differently; what is left out goes back to the server's own.

        Args:
            namespace: Its id; ``self`` is the API key's.
            settings: Such as ``webhook_url``, ``realism``, ``seed`` and ``clock``.

        Returns:
            The namespace.
        """
        return self._wire.carry_out(calls.configure_namespace(namespace, settings))

    # --- calls ---

    def call(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        connection_id: str | None = None,
        custom_headers: Mapping[str, str] | None = None,
        caller_id_name: str | None = None,
        scenario: str | None = None,
        namespace: str | None = None,
    ) -> Document:
        """Let a call come in: the app is told by ``call.initiated``, and may answer.

        Args:
            from_: Who calls, a number or a SIP URI; None: a number that nobody has.
            to: Who is called, likewise.
            connection_id: To which connection; None: to the one that is declared, else to the namespace's own.
            custom_headers: SIP headers of its INVITE.
            caller_id_name: What the caller calls itself; None: its number.
            scenario: What its far end plays, such as ``caller-hangs-up``; None leaves that to the rules.
            namespace: Whose call.

        Returns:
            The call, ringing; commands name it by its ``call_control_id``.
        """
        return self._wire.carry_out(
            calls.arrive(
                from_=from_,
                to=to,
                connection_id=connection_id,
                custom_headers=custom_headers,
                caller_id_name=caller_id_name,
                scenario=scenario,
                namespace=namespace,
            )
        )

    def calls(self, **filters: str) -> list[Document]:
        """The latest calls, oldest first; ``filters`` as in docs/control-api.md, such as ``state``."""
        return self._wire.carry_out(calls.phone_calls(filters))

    def show_call(self, call_control_id: str, *, namespace: str | None = None) -> Document:
        """A call with its changes, its recordings and its webhooks.

        Args:
            call_control_id: Which.
            namespace: Whose.
        """
        return self._wire.carry_out(calls.phone_call(call_control_id, namespace=namespace))

    def hang_up(
        self,
        call_control_id: str,
        *,
        hangup_cause: str | None = None,
        sip_hangup_cause: str | None = None,
        namespace: str | None = None,
    ) -> Document:
        """Let the far end of a call hang up.

        Args:
            call_control_id: Which.
            hangup_cause: Such as ``user_busy``; None: as whoever is there usually does.
            sip_hangup_cause: The SIP status; None: the one that goes with the cause.
            namespace: Whose.

        Returns:
            The call, ended.
        """
        return self._wire.carry_out(
            calls.hang_up(
                call_control_id,
                hangup_cause=hangup_cause,
                sip_hangup_cause=sip_hangup_cause,
                namespace=namespace,
            )
        )

    def connections(self, namespace: str | None = None) -> list[Document]:
        """The connections that are declared, each with where webhooks of its calls go."""
        return self._wire.carry_out(calls.connections(namespace))

    def put_connection(
        self,
        connection_id: str,
        *,
        webhook_event_url: str | None = None,
        webhook_event_failover_url: str | None = None,
        webhook_timeout_secs: int | None = None,
        namespace: str | None = None,
    ) -> Document:
        """Say where webhooks of a connection's calls go; an earlier saying is replaced.

        Args:
            connection_id: What dials and webhooks name it by.
            webhook_event_url: Where; None: where the namespace's or the server's go.
            webhook_event_failover_url: Where when that has failed.
            webhook_timeout_secs: For one attempt; None: as deliveries are set.
            namespace: Whose.

        Returns:
            The connection.
        """
        settings = {
            "webhook_event_url": webhook_event_url,
            "webhook_event_failover_url": webhook_event_failover_url,
            "webhook_timeout_secs": webhook_timeout_secs,
        }
        return self._wire.carry_out(calls.put_connection(connection_id, settings, namespace=namespace))

    def remove_connection(self, connection_id: str, *, namespace: str | None = None) -> None:
        """Forget a connection."""
        self._wire.carry_out(calls.remove_connection(connection_id, namespace=namespace))

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
