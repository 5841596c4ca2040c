"""The door to real recording sessions, shut until the first one is asked for.

Owns that nothing of ``emulator.siprec`` is loaded before: a server that dials nobody starts the sooner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.config import Settings
    from emulator.core.models import JsonValue
    from emulator.core.srs import AskedOfLine, SrsReport
    from emulator.web.live.calls import LiveCalls
    from emulator.web.live.line import Line


class LiveDoor:
    """Where the driver leaves what it is asked of the line, and where the control API asks what came of it."""

    def __init__(
        self,
        settings: Settings,
        *,
        told: Callable[[SrsReport], None],
        open_line: Callable[[Settings], Line] | None = None,
    ) -> None:
        """Keep it shut.

        Args:
            settings: Of the line.
            told: Takes what comes of calls.
            open_line: Makes the line; None: the real one.
        """
        self._settings = settings
        self._told = told
        self._open_line = open_line
        self._calls: LiveCalls | None = None

    def demand_settings(self) -> None:
        """Find out now what would otherwise fail the first session.

        Raises:
            ConfigError: A setting can't be used, or goes with another that is not given.
        """
        settings = self._settings
        if settings.sip_password is not None and settings.sip_user is None:
            raise ConfigError.of("--sip-password", "goes with --sip-user")
        if any((settings.sip_ca, settings.sip_cert, settings.sip_key)):
            from emulator.web.live.opening import demand_tls  # noqa: PLC0415 - loads the line

            demand_tls(settings)

    def ask(self, effect: AskedOfLine) -> None:
        """Do what the engine asks for."""
        self._opened().ask(effect)

    async def close(self, secs: float) -> None:
        """Hang up everywhere, within a time, and let go of the line."""
        if self._calls is not None:
            await self._calls.close(secs)

    def view(self, session_id: str) -> JsonValue:
        """A session's latest call; None where it has none, or none any more."""
        if self._calls is None:
            return None
        from emulator.web.live.views import live_view  # noqa: PLC0415 - loads the line

        return live_view(self._calls.of_session(session_id))

    def messages(self, session_id: str) -> JsonValue:
        """What a session's calls sent and received by SIP; None where it has none."""
        if self._calls is None:
            return None
        from emulator.web.live.views import messages_view  # noqa: PLC0415 - loads the line

        return messages_view(self._calls.of_session(session_id))

    def ladder(self, session_id: str) -> str | None:
        """The same as a drawing."""
        if self._calls is None:
            return None
        from emulator.web.live.views import ladder  # noqa: PLC0415 - loads the line

        return ladder(self._calls.of_session(session_id))

    def pcap(self, session_id: str) -> bytes | None:
        """The same, and media, as a capture."""
        if self._calls is None:
            return None
        from emulator.web.live.views import capture  # noqa: PLC0415 - loads the line

        return capture(self._calls.of_session(session_id))

    def _opened(self) -> LiveCalls:
        if self._calls is None:
            from emulator.web.live.calls import LiveCalls  # noqa: PLC0415 - loads the line

            self._calls = LiveCalls(self._settings, told=self._told, open_line=self._open)
        return self._calls

    def _open(self) -> Line:
        if self._open_line is not None:
            return self._open_line(self._settings)
        from emulator.web.live.opening import open_line  # noqa: PLC0415 - loads the line

        return open_line(self._settings)
