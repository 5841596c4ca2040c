"""Whether a process runs in a container, by what can be seen from inside of one.

Owns the signs and what they mean. Must not look anywhere by itself: ``look`` is told the environment and the root
folder, ``recognise`` the signs. No sign is proof, and a container may show none, so advice alone may rest on it.

Sources: Docker puts ``/.dockerenv`` into every container; Podman ``/run/.containerenv`` (podman-run(1)) and the
variable ``container`` (systemd's "Container Interface"); Kubernetes the variables of its API's service ("Service",
"Discovering services"). A path in ``/proc/self/cgroup`` (cgroups(7)) holds the container's id, of 64 hexadecimal
digits, unless a cgroup namespace hides it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_CONTAINER_ID = re.compile(r"[0-9a-f]{64}")


class Container(Enum):
    """What runs it."""

    DOCKER = "docker"
    PODMAN = "podman"
    KUBERNETES = "kubernetes"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What was seen.

    Attributes:
        in_cluster: Whether ``KUBERNETES_SERVICE_HOST`` is set.
        variable: The variable ``container``.
        dockerenv: Whether ``/.dockerenv`` is there.
        containerenv: Whether ``/run/.containerenv`` is there.
        cgroups: The text of ``/proc/self/cgroup``; empty where there is none.
    """

    in_cluster: bool = False
    variable: str = ""
    dockerenv: bool = False
    containerenv: bool = False
    cgroups: str = ""


def look(environ: Mapping[str, str], root: Path) -> Signs:
    """See what there is.

    Args:
        environ: The process's environment.
        root: ``/``, except in tests.
    """
    return Signs(
        in_cluster=bool(environ.get("KUBERNETES_SERVICE_HOST")),
        variable=environ.get("container", ""),
        dockerenv=(root / ".dockerenv").exists(),
        containerenv=(root / "run" / ".containerenv").exists(),
        cgroups=_text(root / "proc" / "self" / "cgroup"),
    )


def recognise(signs: Signs) -> Container | None:
    """The container that the signs tell of; None: they tell of none.

    A pod's containers are run by Docker or its like, so what tells of a pod goes before what tells of those.
    """
    found = _CONTAINER_ID.search(signs.cgroups) is not None
    if signs.in_cluster or (found and "/kubepods" in signs.cgroups):
        return Container.KUBERNETES
    if signs.containerenv or signs.variable == "podman" or (found and "libpod-" in signs.cgroups):
        return Container.PODMAN
    if signs.dockerenv or (found and "docker" in signs.cgroups):
        return Container.DOCKER
    return Container.OTHER if found or signs.variable == "oci" else None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
