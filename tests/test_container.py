"""Whether it runs in a container: each kind's signs, told as facts, and read from a folder that stands for /."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.container import Container, Signs, look, recognise

if TYPE_CHECKING:
    from pathlib import Path

ID = "4f8a" * 16
HOST_CGROUPS = "0::/user.slice/user-1000.slice/session-2.scope\n"


@pytest.mark.parametrize(
    ("signs", "container"),
    [
        (Signs(), None),
        (Signs(cgroups=HOST_CGROUPS), None),
        (Signs(cgroups="0::/\n"), None),
        (Signs(cgroups="1:name=systemd:/system.slice/docker.service\n"), None),
        (Signs(cgroups="0::/system.slice/containerd.service\n"), None),
        (Signs(variable="lxc"), None),
        (Signs(dockerenv=True), Container.DOCKER),
        (Signs(dockerenv=True, cgroups="0::/\n"), Container.DOCKER),
        (Signs(cgroups=f"12:pids:/docker/{ID}\n"), Container.DOCKER),
        (Signs(cgroups=f"0::/system.slice/docker-{ID}.scope\n"), Container.DOCKER),
        (Signs(containerenv=True), Container.PODMAN),
        (Signs(containerenv=True, dockerenv=True), Container.PODMAN),
        (Signs(variable="podman"), Container.PODMAN),
        (Signs(cgroups=f"0::/machine.slice/libpod-{ID}.scope/container\n"), Container.PODMAN),
        (Signs(in_cluster=True), Container.KUBERNETES),
        (Signs(in_cluster=True, dockerenv=True, containerenv=True), Container.KUBERNETES),
        (Signs(cgroups=f"4:memory:/kubepods/burstable/pod01/{ID}\n"), Container.KUBERNETES),
        (
            Signs(cgroups=f"0::/kubepods.slice/kubepods-pod01.slice/cri-containerd-{ID}.scope\n"),
            Container.KUBERNETES,
        ),
        (Signs(cgroups=f"0::/ecs/0123456789abcdef/{ID}\n"), Container.OTHER),
        (Signs(variable="oci"), Container.OTHER),
    ],
)
def test_each_kind_is_known_by_its_signs(signs: Signs, container: Container | None) -> None:
    assert recognise(signs) is container


@given(st.text())
def test_no_text_of_cgroups_is_too_odd_to_be_read(cgroups: str) -> None:
    assert recognise(Signs(cgroups=cgroups)) in {None, *Container}


def test_a_machine_without_any_of_it_shows_no_sign(tmp_path: Path) -> None:
    assert look({}, tmp_path) == Signs()


def test_the_signs_are_seen_where_they_are_put(tmp_path: Path) -> None:
    (tmp_path / ".dockerenv").touch()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".containerenv").touch()
    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "self" / "cgroup").write_bytes(b"0::/\xff\n")
    seen = look({"KUBERNETES_SERVICE_HOST": "10.0.0.1", "container": "podman"}, tmp_path)
    assert seen == Signs(
        in_cluster=True, variable="podman", dockerenv=True, containerenv=True, cgroups="0::/\ufffd\n"
    )


def test_a_variable_that_is_empty_is_no_sign(tmp_path: Path) -> None:
    assert look({"KUBERNETES_SERVICE_HOST": "", "container": ""}, tmp_path) == Signs()
