"""Webhooks to loopback out of a container: they reach the container itself, which is seldom meant.

Owns which URLs these are and what is said of them. Must not refuse them: the app may share the container's
network, as in a pod or with Docker's ``--network host``.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from emulator.container import Container

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.config import Settings

_BY_NAME = "name the app's service instead"
_INSTEAD = {
    Container.DOCKER: f"{_BY_NAME}, or host.docker.internal for an app on the host "
    "(on Linux with --add-host host.docker.internal:host-gateway)",
    Container.PODMAN: f"{_BY_NAME}, or host.containers.internal for an app on the host",
    Container.KUBERNETES: "name the app's Service instead, unless it runs in the same pod",
    Container.OTHER: f"{_BY_NAME}, or its host",
}


def is_loopback(host: str) -> bool:
    """Whether a URL's host, a name or an address, leads to this very machine (RFC 6761 section 6.3, RFC 6890).

    To dial an unspecified address is to dial loopback.
    """
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    dialled = getattr(address, "ipv4_mapped", None) or address
    return bool(dialled.is_loopback or dialled.is_unspecified)


def advice(host: str, container: Container) -> str:
    """What a loopback host means in such a container, and what to write instead."""
    return f"the emulator runs in a container, and {host} is that container: {_INSTEAD[container]}"


def doubts(settings: Settings, container: Container, own_port: int) -> Iterator[tuple[str, str]]:
    """Settings that send webhooks to loopback out of a container, each with the advice.

    Args:
        settings: In effect.
        container: That the server runs in.
        own_port: That it listens on: a webhook to itself is meant for the built-in receiver.
    """
    for flag, url in (
        ("--webhook-url", settings.webhook_url),
        ("--webhook-failover-url", settings.webhook_failover_url),
    ):
        parts = urlsplit(url or "")
        host = parts.hostname or ""
        if is_loopback(host) and parts.port != own_port:
            yield flag, advice(host, container)
