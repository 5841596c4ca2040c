"""The calls of the control API as methods: they come in, are shown, are hung up, and TeXML documents run on them.

Owns what users are told of each; a part of ``EmulatorClient``, apart only since the whole is long. Must not know
what a route is asked, which ``calls.py`` does, nor touch a connection: ``wire.py`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.client import calls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.client.answers import Document
    from emulator.client.wire import Wire


class Calling:
    """The methods of calls; every one raises what ``EmulatorClient`` says."""

    _wire: Wire

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

    def texml(
        self,
        call_control_id: str,
        document: str | bytes,
        *,
        account_sid: str | None = None,
        file: str | None = None,
        namespace: str | None = None,
    ) -> Document:
        """Carry out what a TeXML document asks for on a call: its recordings start and stop.

        Args:
            call_control_id: TeXML's CallSid.
            document: The XML.
            account_sid: What callbacks say; left out, a UUID of the namespace's own.
            file: What problems and warnings call the document.
            namespace: Whose.

        Returns:
            ``verbs``, each with its place and ``result`` (started, stopped, none or refused), and ``warnings`` of
            what was skipped.

        Raises:
            ControlRefused: The document is wrong; its ``detail`` names every place. Nothing was carried out.
        """
        return self._wire.carry_out(
            calls.texml(call_control_id, document, account_sid=account_sid, file=file, namespace=namespace)
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
