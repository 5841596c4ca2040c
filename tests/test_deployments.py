"""The files that put the emulator into containers: what can be seen of them without an engine holds."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from emulator.config import Settings, load
from emulator.core.durations import parse_duration
from emulator.core.models import SECOND
from emulator.core.signing import Signer, parse_seed
from emulator.options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.web.server import Server

ROOT = Path(__file__).parent.parent
COMPOSE = sorted((*ROOT.glob("compose.yaml"), *ROOT.glob("examples/*/compose.yaml")))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
PORT = Settings().port
VARIABLES = {option.variable for option in OPTIONS}
OF_CLIENTS = {"SIPREC_EMULATOR_URL"}
"""What tests and the pytest plugin read, and no server."""

each_file = pytest.mark.parametrize("file", COMPOSE, ids=lambda file: str(file.relative_to(ROOT)))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def services(file: Path) -> dict[str, dict[str, Any]]:
    """Its own services: what is built as context and Dockerfile, variables as they are when nobody sets them."""
    parsed: dict[str, dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))["services"]
    return {name: dict(_plain(file, service)) for name, service in parsed.items()}


def _plain(file: Path, service: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in service.items():
        if key == "build":
            given = {"context": value} if isinstance(value, str) else value
            context = file.parent / given["context"]
            yield key, (context.resolve(), (context / given.get("dockerfile", "Dockerfile")).resolve())
        elif key == "environment":
            yield key, {one: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text) for one, text in value.items()}
        else:
            yield key, value


def model(file: Path) -> dict[str, dict[str, Any]]:
    """All services that it starts, those of included files too."""
    found = services(file)
    for other in yaml.safe_load(file.read_text(encoding="utf-8")).get("include", []):
        found |= model(file.parent / other)
    return found


def is_emulator(service: dict[str, Any]) -> bool:
    """Whether it runs the project's own image."""
    return service.get("build") == (ROOT, ROOT / "Dockerfile")


def emulators(file: Path) -> dict[str, dict[str, Any]]:
    """The services that run the project's own image."""
    return {name: service for name, service in services(file).items() if is_emulator(service)}


def in_effect(environment: dict[str, str], mounts: dict[str, Path]) -> Settings:
    """The settings that a container's variables make, its mounted folders read where they come from."""
    environ = {name: str(mounts.get(value, value)) for name, value in environment.items()}
    return load(environ=dict(re.findall(r"(SIPREC_EMULATOR_\w+)=(\S+)", DOCKERFILE)) | environ).settings


def mounted(file: Path, service: dict[str, Any]) -> dict[str, Path]:
    """Path in the container to the path that is mounted there, all read-only."""
    found = {}
    for volume in service.get("volumes", []):
        source, target, mode = volume.split(":")
        assert mode == "ro"
        found[target] = (file.parent / source).resolve()
    return found


# --- every compose file ---


@each_file
def test_every_container_is_hardened_and_open_to_this_machine_alone(file: Path) -> None:
    for service in services(file).values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service)


@each_file
def test_every_path_exists(file: Path) -> None:
    for other in yaml.safe_load(file.read_text(encoding="utf-8")).get("include", []):
        assert (file.parent / other).resolve() in COMPOSE
    for service in services(file).values():
        assert all(path.exists() for path in service.get("build", ()))
        assert all(path.exists() for path in mounted(file, service).values())


@each_file
def test_every_variable_of_the_emulator_is_a_setting_with_a_good_value(file: Path) -> None:
    for name, service in services(file).items():
        given = {key for key in service.get("environment", {}) if key.startswith("SIPREC_EMULATOR_")}
        assert given <= (VARIABLES if name in emulators(file) else OF_CLIENTS)
    for service in emulators(file).values():
        assert in_effect(service["environment"], mounted(file, service)).port == PORT


@each_file
def test_who_waits_for_health_waits_for_one_that_tells_of_it(file: Path) -> None:
    known = model(file)
    checked = {name for name, service in known.items() if "healthcheck" in service or is_emulator(service)}
    waiting = [one for service in services(file).values() for one in service.get("depends_on", {}).items()]
    assert waiting
    for name, how in waiting:
        assert how == {"condition": "service_healthy"}
        assert name in checked


@each_file
def test_an_image_of_somebody_else_is_named_with_its_version(file: Path) -> None:
    for service in services(file).values():
        assert "build" in service or re.fullmatch(r"[a-z]+:\d+\.\d+\S*", service["image"])


@each_file
def test_no_two_services_want_the_same_port(file: Path) -> None:
    ports = [port.split(":")[1] for service in model(file).values() for port in service.get("ports", [])]
    assert ports
    assert len(ports) == len(set(ports))


@each_file
def test_urls_between_containers_name_services_and_their_ports(file: Path) -> None:
    known = model(file)
    ports = {"app": 8080} | dict.fromkeys(emulators(ROOT / "compose.yaml"), PORT)
    for service in services(file).values():
        for value in service.get("environment", {}).values():
            for host, port in re.findall(r"^http://([^:/]+):(\d+)", value):
                assert host in known
                assert int(port) == ports[host]


@pytest.mark.parametrize("name", ["examples/docker/Dockerfile", "examples/app/Dockerfile"])
def test_the_images_of_the_examples_run_as_nobody(name: str) -> None:
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", text(name), re.MULTILINE)


def test_the_image_of_the_tests_copies_what_the_build_context_lets_in() -> None:
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", text("examples/docker/Dockerfile"), re.MULTILINE)
    assert copied
    let_in = {line[1:] for line in text(".dockerignore").splitlines() if line.startswith("!")}
    assert {name for line in copied for name in line.split()} <= let_in


def test_the_tests_of_the_example_see_the_namespace_of_the_app() -> None:
    known = model(ROOT / "examples" / "docker" / "compose.yaml")
    assert known["tests"]["environment"]["TELNYX_API_KEY"] == known["app"]["environment"]["TELNYX_API_KEY"]
    assert known["tests"]["volumes"] == ["./tests:/tests:ro"]
    assert "WORKDIR /tests" in text("examples/docker/Dockerfile")


# --- several emulators ---


def test_the_balancer_knows_every_replica_and_no_other() -> None:
    file = ROOT / "examples" / "scale" / "compose.yaml"
    replicas = emulators(file)
    listed = re.findall(r"server (\S+):(\d+) max_fails=0;", text("examples/scale/nginx.conf"))
    assert listed == [(name, str(PORT)) for name in replicas]
    assert set(services(file)["balancer"]["depends_on"]) == set(replicas)


def test_the_replicas_differ_in_nothing_but_their_published_ports_and_sign_alike() -> None:
    replicas = emulators(ROOT / "examples" / "scale" / "compose.yaml").values()
    alike = [{key: value for key, value in one.items() if key != "ports"} for one in replicas]
    assert len(alike) > 1
    assert all(one == alike[0] for one in alike)
    assert parse_seed(alike[0]["environment"]["SIPREC_EMULATOR_SIGNING_KEY"])


def test_the_balancer_is_told_its_file_and_a_folder_that_it_may_write_to() -> None:
    file = ROOT / "examples" / "scale" / "compose.yaml"
    balancer = services(file)["balancer"]
    command = balancer["command"]
    assert command[command.index("-c") + 1] in mounted(file, balancer)
    assert command[command.index("-p") + 1] in balancer["tmpfs"]
    configuration = text("examples/scale/nginx.conf")
    written = re.findall(r"^\s*(?:pid|\w+_temp_path) (\S+);", configuration, re.MULTILINE)
    assert len(written) == 6
    assert not any(path.startswith("/") for path in written)
    assert f"listen {PORT};" in configuration
    assert balancer["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]


# --- GitHub Actions ---


@pytest.fixture(scope="module")
def job() -> dict[str, Any]:
    """The one of the example."""
    parsed: dict[str, Any] = yaml.safe_load(text("examples/github-actions.yml"))["jobs"]["test"]
    return parsed


def test_the_service_of_the_workflow_has_real_settings(job: dict[str, Any]) -> None:
    environment = job["services"]["emulator"]["env"]
    assert set(environment) <= VARIABLES
    settings = load(environ=environment).settings
    assert settings.signing_key is not None
    assert Signer(seed=settings.signing_key).public_key == job["env"]["TELNYX_PUBLIC_KEY"]
    assert settings.webhook_url == "http://host.docker.internal:8080/webhooks"


def test_the_service_of_the_workflow_is_waited_for_by_its_own_command(job: dict[str, Any]) -> None:
    options = shlex.split(job["services"]["emulator"]["options"])
    flags = dict(zip(options[::2], options[1::2], strict=True))
    assert flags["--health-cmd"] == "siprec-emulator health"
    assert flags["--add-host"] == "host.docker.internal:host-gateway"
    assert {"--health-interval", "--health-timeout", "--health-retries"} <= set(flags)


def test_the_steps_of_the_workflow_find_the_service_at_its_port(job: dict[str, Any]) -> None:
    assert job["services"]["emulator"]["ports"] == [f"{PORT}:{PORT}"]
    assert job["env"]["TELNYX_BASE_URL"] == f"http://127.0.0.1:{PORT}/v2"
    assert job["env"]["SIPREC_EMULATOR_URL"] == f"http://127.0.0.1:{PORT}"


# --- Kubernetes ---


@pytest.fixture(scope="module")
def manifests() -> dict[str, dict[str, Any]]:
    """Kind to manifest."""
    return {one["kind"]: one for one in yaml.safe_load_all(text("examples/kubernetes.yaml"))}


@pytest.fixture(scope="module")
def pod(manifests: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What the deployment runs."""
    spec: dict[str, Any] = manifests["Deployment"]["spec"]["template"]["spec"]
    return spec


@pytest.fixture(scope="module")
def container(pod: dict[str, Any]) -> dict[str, Any]:
    """Its only one."""
    [only] = pod["containers"]
    found: dict[str, Any] = only
    return found


@pytest.fixture(scope="module")
def environment(manifests: dict[str, dict[str, Any]], container: dict[str, Any]) -> dict[str, str]:
    """The container's variables, those of the secret too."""
    secret = manifests["Secret"]
    found = {}
    for one in container["env"]:
        reference = one.get("valueFrom", {}).get("secretKeyRef")
        if reference is not None:
            assert reference["name"] == secret["metadata"]["name"]
        found[one["name"]] = one["value"] if reference is None else secret["stringData"][reference["key"]]
    return found


def test_the_pod_has_real_settings(environment: dict[str, str], container: dict[str, Any]) -> None:
    assert set(environment) <= VARIABLES
    [mount] = container["volumeMounts"]
    settings = in_effect(environment, {mount["mountPath"]: ROOT / "examples" / "scenarios"})
    assert environment["SIPREC_EMULATOR_SCENARIOS"] == mount["mountPath"]
    assert container["ports"] == [{"name": "http", "containerPort": settings.port}]


async def test_the_probes_ask_routes_that_answer_them(
    container: dict[str, Any], server: Server, http: Any
) -> None:
    """Ready and alive; once it stops, alive and no more ready."""
    probes = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")}
    assert {probe["port"] for probe in probes.values()} == {"http"}

    async def statuses() -> list[int]:
        # the kubelet names the pod's address, and no API key
        return [
            (await http.get(one["path"], headers={"Host": "10.1.2.3:12111"})).status for one in probes.values()
        ]

    assert await statuses() == [200, 200, 200]
    server._stopping = True  # noqa: SLF001 - as while it drains
    assert await statuses() == [503, 503, 200]


def test_the_pod_gets_the_time_that_its_end_takes(
    pod: dict[str, Any], container: dict[str, Any], environment: dict[str, str]
) -> None:
    command, seconds = container["lifecycle"]["preStop"]["exec"]["command"]
    assert command == "sleep"
    drain = parse_duration(environment["SIPREC_EMULATOR_DRAIN"]) / SECOND
    answers_under_way = 5
    assert pod["terminationGracePeriodSeconds"] >= float(seconds) + drain + answers_under_way


def test_the_pod_is_hardened_and_runs_as_the_image_says(pod: dict[str, Any], container: dict[str, Any]) -> None:
    security = pod["securityContext"] | container["securityContext"]
    user, group = security["runAsUser"], security["runAsGroup"]
    assert f"USER {user}:{group}\n" in DOCKERFILE
    assert security["runAsNonRoot"] is True
    assert security["readOnlyRootFilesystem"] is True
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert {"requests", "limits"} == set(container["resources"])


def test_the_service_leads_to_the_pod_and_its_name_disturbs_no_setting(
    manifests: dict[str, dict[str, Any]], pod: dict[str, Any]
) -> None:
    service, deployment = manifests["Service"], manifests["Deployment"]["spec"]
    assert service["spec"]["selector"] == deployment["template"]["metadata"]["labels"]
    assert service["spec"]["selector"] == deployment["selector"]["matchLabels"]
    assert service["spec"]["ports"] == [{"name": "http", "port": PORT, "targetPort": "http"}]
    assert service["metadata"]["name"] == "siprec-emulator"
    assert pod["enableServiceLinks"] is False


def test_the_deployment_never_runs_two_that_know_different_things(manifests: dict[str, dict[str, Any]]) -> None:
    spec = manifests["Deployment"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


# --- all of them ---


def keys() -> Iterator[tuple[str, str]]:
    for name in (
        "compose.yaml",
        "examples/github-actions.yml",
        "examples/kubernetes.yaml",
        "examples/scale/compose.yaml",
    ):
        for key in re.findall(r"\b[A-Za-z0-9+/]{43}=", text(name)):
            yield name, key


def test_every_key_is_the_sample_that_everyone_knows_or_its_public_key() -> None:
    seed = parse_seed("c2lwcmVjIGVtdWxhdG9yJ3MgY29tcG9zZSBzYW1wbGU=")
    assert seed == b"siprec emulator's compose sample"
    known = {"c2lwcmVjIGVtdWxhdG9yJ3MgY29tcG9zZSBzYW1wbGU=", Signer(seed=seed).public_key}
    found = list(keys())
    assert len({name for name, _ in found}) == 4
    assert {key for _, key in found} == known
