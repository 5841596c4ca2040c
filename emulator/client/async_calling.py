"""The methods of calls as coroutines: ``Calling``'s twins.

Owns nothing that ``calls.py`` does not; a part of ``AsyncEmulatorClient``, apart only since the whole is long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.client import calls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.client.answers import Document
    from emulator.client.async_wire import AsyncWire


class AsyncCalling:
    """The methods of calls; arguments, results and errors as of ``EmulatorClient``."""

    _wire: AsyncWire

    async def call(
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
        """As ``EmulatorClient.call``."""
        return await self._wire.carry_out(
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

    async def calls(self, **filters: str) -> list[Document]:
        """As ``EmulatorClient.calls``."""
        return await self._wire.carry_out(calls.phone_calls(filters))

    async def show_call(self, call_control_id: str, *, namespace: str | None = None) -> Document:
        """As ``EmulatorClient.show_call``."""
        return await self._wire.carry_out(calls.phone_call(call_control_id, namespace=namespace))

    async def hang_up(
        self,
        call_control_id: str,
        *,
        hangup_cause: str | None = None,
        sip_hangup_cause: str | None = None,
        namespace: str | None = None,
    ) -> Document:
        """As ``EmulatorClient.hang_up``."""
        return await self._wire.carry_out(
            calls.hang_up(
                call_control_id,
                hangup_cause=hangup_cause,
                sip_hangup_cause=sip_hangup_cause,
                namespace=namespace,
            )
        )

    async def texml(
        self,
        call_control_id: str,
        document: str | bytes,
        *,
        account_sid: str | None = None,
        file: str | None = None,
        namespace: str | None = None,
    ) -> Document:
        """As ``EmulatorClient.texml``."""
        return await self._wire.carry_out(
            calls.texml(call_control_id, document, account_sid=account_sid, file=file, namespace=namespace)
        )

    async def connections(self, namespace: str | None = None) -> list[Document]:
        """As ``EmulatorClient.connections``."""
        return await self._wire.carry_out(calls.connections(namespace))

    async def put_connection(
        self,
        connection_id: str,
        *,
        webhook_event_url: str | None = None,
        webhook_event_failover_url: str | None = None,
        webhook_timeout_secs: int | None = None,
        namespace: str | None = None,
    ) -> Document:
        """As ``EmulatorClient.put_connection``."""
        settings = {
            "webhook_event_url": webhook_event_url,
            "webhook_event_failover_url": webhook_event_failover_url,
            "webhook_timeout_secs": webhook_timeout_secs,
        }
        return await self._wire.carry_out(calls.put_connection(connection_id, settings, namespace=namespace))

    async def remove_connection(self, connection_id: str, *, namespace: str | None = None) -> None:
        """As ``EmulatorClient.remove_connection``."""
        await self._wire.carry_out(calls.remove_connection(connection_id, namespace=namespace))
