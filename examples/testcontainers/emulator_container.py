"""The emulator as a container of Testcontainers: started for a test run, on a port of its own, gone afterwards.

It needs ``pip install testcontainers``, an engine, and the image (``docker build -t siprec-emulator .``).

Webhooks come out of the container, where "localhost" is the container itself. So they are sent to
``host.docker.internal``, which Docker Desktop knows and which ``extra_hosts`` makes known on Linux too. There it
is the address of Docker's bridge: an app that listens on 127.0.0.1 is not reached by it, one on 0.0.0.0 is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy

from emulator.client import EmulatorClient

if TYPE_CHECKING:
    from pathlib import Path

PORT = 12111
HOST = "host.docker.internal"


class EmulatorContainer(DockerContainer):
    """The emulator; ``with EmulatorContainer() as emulator:`` waits until it takes commands."""

    def __init__(
        self,
        image: str = "siprec-emulator:latest",
        *,
        webhook_port: int | None = None,
        webhook_path: str = "/webhooks",
        scenarios: Path | None = None,
        **settings: str,
    ) -> None:
        """Start nothing yet.

        Args:
            image: Its name.
            webhook_port: Where the app under test listens on this machine; None: webhooks go to the emulator's own
                receiver, which checks their signatures.
            webhook_path: Where it takes webhooks.
            scenarios: A folder to mount.
            settings: As docs/configuration.md lists them, with underscores: ``default_scenario="srs-busy"``.
        """
        super().__init__(image)
        self.with_exposed_ports(PORT)
        ready = HttpWaitStrategy(PORT, "/_emulator/ready")
        self.waiting_for(ready.with_startup_timeout(30).with_poll_interval(0.1))
        self.with_kwargs(
            extra_hosts={HOST: "host-gateway"},
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges:true"],
        )
        if webhook_port is not None:
            settings["webhook_url"] = f"http://{HOST}:{webhook_port}{webhook_path}"
        if scenarios is not None:
            self.with_volume_mapping(scenarios.resolve(), "/scenarios")
            settings["scenarios"] = "/scenarios"
        for name, value in settings.items():
            self.with_env(f"SIPREC_EMULATOR_{name.upper()}", value)

    @property
    def url(self) -> str:
        """Where the tests reach it, without ``/v2``."""
        return f"http://{self.get_container_host_ip()}:{self.get_exposed_port(PORT)}"

    def client(self, api_key: str) -> EmulatorClient:
        """The control API, as an API key."""
        return EmulatorClient(self.url, api_key=api_key)

    def environment(self, api_key: str) -> dict[str, str]:
        """What points an official SDK at it: each test takes an API key of its own."""
        return {
            "TELNYX_BASE_URL": f"{self.url}/v2",
            "TELNYX_API_KEY": api_key,
            "TELNYX_PUBLIC_KEY": str(self.client(api_key).info()["public_key"]),
        }
