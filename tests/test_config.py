"""Settings: their layers, their places in complaints, and what is shown of them."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from emulator.config import Settings, describe, load
from emulator.core.calls.model import CallState, Connection
from emulator.core.clock import ClockMode, ClockSetting
from emulator.core.effects import Backoff, DeliveryPolicy, SuccessRule
from emulator.core.errors import ConfigError
from emulator.core.models import MILLISECOND, SECOND, ConnectorFields
from emulator.core.policy import DeclaredCall, Limits, Policy, Realism
from emulator.core.srs import SrsAddress
from emulator.options import OPTIONS, REDACTED
from emulator.resources import load_schemas

SEED = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # Base64 of the bytes 0 to 31
ROOT = Path(__file__).parent.parent
PROPERTIES: dict[str, Any] = load_schemas()["config.schema.json"]["properties"]


def config(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "emulator.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def complaints(
    flags: dict[str, str] | None = None, environ: dict[str, str] | None = None, file: Path | None = None
) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(flags, environ=environ or {}, file=file)
    return [str(problem) for problem in caught.value.problems]


# --- layers ---


def test_nothing_given_gives_the_defaults() -> None:
    loaded = load(environ={})
    assert loaded.settings == Settings()
    assert loaded.sources == {}
    assert (loaded.settings.host, loaded.settings.port) == ("127.0.0.1", 12111)


def test_a_flag_wins_over_environment_over_file(tmp_path: Path) -> None:
    file = config(tmp_path, "port: 1\nrealism: strict\ndrain: 1s\n")
    environ = {"SIPREC_EMULATOR_PORT": "2", "SIPREC_EMULATOR_REALISM": "lenient"}
    loaded = load({"port": "3"}, environ=environ, file=file)
    assert loaded.settings.port == 3
    assert loaded.settings.realism is Realism.LENIENT
    assert loaded.settings.drain == SECOND
    assert loaded.sources == {
        "port": "--port",
        "realism": "SIPREC_EMULATOR_REALISM",
        "drain": f"{file}:3",
    }


def test_a_list_of_a_higher_layer_replaces_the_lower_one() -> None:
    environ = {"SIPREC_EMULATOR_API_KEY": "one, two"}
    assert load(environ=environ).settings.api_keys == ("one", "two")
    assert load({"api_keys": ("three",)}, environ=environ).settings.api_keys == ("three",)


def test_an_empty_variable_and_a_flag_that_was_not_given_count_as_not_set() -> None:
    loaded = load({"port": None, "api_keys": ()}, environ={"SIPREC_EMULATOR_WEBHOOK_URL": ""})
    assert loaded.settings == Settings()


def test_the_file_may_be_named_by_the_environment(tmp_path: Path) -> None:
    file = config(tmp_path, "port: 12200\n")
    assert load(environ={"SIPREC_EMULATOR_CONFIG": str(file)}).settings.port == 12200


def test_the_process_environment_is_what_is_read_when_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIPREC_EMULATOR_MAX_BODY", "512k")
    assert load().settings.max_body == 512 * 1024


def test_paths_in_a_file_count_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "seed").write_text(SEED + "\n", encoding="ascii")
    file = config(tmp_path, 'scenarios: [mine]\nsigning_key: "@seed"\n')
    settings = load(environ={}, file=file).settings
    assert settings.scenarios == (tmp_path / "mine",)
    assert settings.signing_key == bytes(range(32))


def test_calls_are_declared_in_a_file(tmp_path: Path) -> None:
    file = config(
        tmp_path,
        'calls:\n  - {call_control_id: a, state: ringing, connection_id: "7", client_state: aGk=}\n'
        "  - {call_control_id: b, state: ended}\n",
    )
    loaded = load(environ={}, file=file)
    assert loaded.settings.calls == (
        DeclaredCall(call_control_id="a", state=CallState.RINGING, connection_id="7", client_state="aGk="),
        DeclaredCall(call_control_id="b", state=CallState.ENDED),
    )
    assert loaded.sources["calls"] == f"{file}:2"
    assert 'calls: [{"call_control_id": "a", "state": "ringing"' in describe(loaded)


DECLARED = """
connections:
  - id: "7"
    webhook_event_url: http://127.0.0.1:8080/calls
    webhook_event_failover_url: null
    webhook_api_version: "2"
    webhook_timeout_secs: 5
connectors:
  - {name: mine, host: srs.example.com, port: 5060, app_subdomain: app}
"""


def test_connections_and_connectors_are_declared_in_a_file(tmp_path: Path) -> None:
    file = config(tmp_path, DECLARED)
    loaded = load({}, environ={}, file=file)
    connection = Connection(id="7", webhook_event_url="http://127.0.0.1:8080/calls", webhook_timeout=5 * SECOND)
    connector = ConnectorFields(name="mine", host="srs.example.com", port=5060, app_subdomain="app")
    assert loaded.settings.connections == (connection,)
    assert loaded.settings.connectors == (connector,)
    policy = loaded.settings.policy()
    assert (policy.connections, policy.connectors) == ((connection,), (connector,))
    assert loaded.sources["connections"] == f"{file}:3"
    shown = describe(loaded)
    assert '"webhook_timeout_secs": 5' in shown
    # what is shown is a file that says the same
    again = load({}, environ={}, file=config(tmp_path, shown))
    assert again.settings == loaded.settings


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("connections: [{id: a}, {id: a}]", "1:29: 'a' stands here twice"),
        (
            "connections: [{id: a, webhook_event_url: nowhere}]",
            "1:42: 'webhook_event_url' must be an absolute http or https URL",
        ),
        ("connectors: [{name: a, host: 'a b', port: 1}]", "1:30: must be a host name or an IP address"),
        ("connectors: [{name: a, host: a, port: 0}]", "1:39: 0 is below 1, the least"),
        (
            "connections: [{id: a, webhook_api_version: '1'}]",
            "1:44: only webhook API version \"2\" is documented, and sent: '1' is not",
        ),
    ],
)
def test_what_is_declared_wrongly_is_told_at_its_place(tmp_path: Path, text: str, told: str) -> None:
    file = config(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load({}, environ={}, file=file)
    assert str(caught.value) == f"{file}:{told}"


def test_the_core_gets_what_it_decides_by() -> None:
    settings = Settings(
        realism=Realism.STRICT,
        max_body=9,
        webhook_timeout=3 * SECOND,
        webhook_attempts=2,
        webhook_backoff=5 * MILLISECOND,
        webhook_success=SuccessRule.ONLY_200,
    )
    assert settings.policy() == Policy(
        realism=Realism.STRICT,
        limits=Limits(max_body=9),
        delivery=DeliveryPolicy(
            timeout=3 * SECOND,
            attempts_per_url=2,
            backoff=Backoff(first=5 * MILLISECOND),
            success=SuccessRule.ONLY_200,
        ),
    )
    assert Settings().policy() == Policy()


def test_clock_and_seed_come_from_each_layer(tmp_path: Path) -> None:
    """A seed of digits is a text like any other; the core takes a clock's mode and speed together."""
    file = config(tmp_path, "seed: 42\nclock: auto\nclock_speed: 0.5\n")
    loaded = load({"clock_speed": "100"}, environ={"SIPREC_EMULATOR_CLOCK": "manual"}, file=file)
    policy = loaded.settings.policy()
    assert (policy.seed, policy.clock) == ("42", ClockSetting(mode=ClockMode.MANUAL, speed=100.0))
    assert loaded.sources == {
        "seed": f"{file}:1",
        "clock": "SIPREC_EMULATOR_CLOCK",
        "clock_speed": "--clock-speed",
    }
    assert load(environ={}, file=file).settings.clock_speed == 0.5


@pytest.mark.parametrize(("text", "speed"), [("1e-3", 0.001), ("1E5", 100_000.0), ("2.5e+1", 25.0)])
def test_a_speed_may_be_written_with_a_power_of_ten(tmp_path: Path, text: str, speed: float) -> None:
    """On a command line as in a file, where it is a number of YAML."""
    assert load({"clock_speed": text}, environ={}).settings.clock_speed == speed
    assert load(environ={}, file=config(tmp_path, f"clock_speed: {text}\n")).settings.clock_speed == speed


# --- complaints ---


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("port", "65536", "must be a port from 0 to 65535, not '65536'"),
        ("port", "-1", "must be a port from 0 to 65535, not '-1'"),
        ("port", "²", "must be a port from 0 to 65535, not '²'"),
        ("host", " ", "must be a host's name or address such as 127.0.0.1 or ::1, not ' '"),
        ("realism", "strct", "must be lenient, standard or strict, not 'strct'; did you mean 'strict'?"),
        ("max_body", "0", "must be a size such as 65536, 512k or 1m, not '0'"),
        ("webhook_attempts", "0", "must be a whole number from 1, not '0'"),
        ("webhook_timeout", "0s", "must be longer than 0"),
        ("webhook_url", "ftp://x", "must be a URL such as http://127.0.0.1:8080/webhooks, not 'ftp://x'"),
        ("webhook_url", "http://[", "must be a URL such as http://127.0.0.1:8080/webhooks, not 'http://['"),
        ("webhook_url", "http://u:p@h/", "must be a URL without a user name and without a fragment"),
        ("clock", "auto-matic", "must be running, manual or auto, not 'auto-matic'"),
        ("clock_speed", "0", "must be a number from 0.001 to 100000, not '0'"),
        ("clock_speed", "100001", "must be a number from 0.001 to 100000, not '100001'"),
        ("clock_speed", "nan", "must be a number from 0.001 to 100000, not 'nan'"),
        ("clock_speed", "1_0", "must be a number from 0.001 to 100000, not '1_0'"),
        ("clock_speed", "1e999", "must be a number from 0.001 to 100000, not '1e999'"),
        ("seed", " ", "must be printable text, and not empty"),
        ("scenarios", "/nowhere/x", "there is no file or folder '/nowhere/x'"),
        ("signing_key", "@/nowhere/x", "can't read /nowhere/x: No such file or directory"),
    ],
)
def test_a_wrong_flag_is_named_with_what_it_should_be(name: str, text: str, expected: str) -> None:
    flag = "--" + name.replace("_", "-")
    assert complaints({name: text}) == [f"{flag}: {expected}"]


def test_a_wrong_variable_is_named() -> None:
    found = complaints(environ={"SIPREC_EMULATOR_DRAIN": "5"})
    assert len(found) == 1
    assert found[0].startswith("SIPREC_EMULATOR_DRAIN: '5' is not a duration")


def test_every_wrong_value_is_told_at_once() -> None:
    assert len(complaints({"port": "x", "realism": "y"}, {"SIPREC_EMULATOR_LOG_LEVEL": "z"})) == 3


def test_the_port_that_kubernetes_puts_into_the_environment_is_explained() -> None:
    [found] = complaints(environ={"SIPREC_EMULATOR_PORT": "tcp://10.0.0.1:12111"})
    assert "enableServiceLinks" in found


def test_a_wrong_file_is_told_by_line_and_column(tmp_path: Path) -> None:
    file = config(tmp_path, "prot: 1\nport: 12200\nrealism: strct\ncalls:\n  - state: ringing\n")
    found = complaints(file=file)
    assert [line.removeprefix(str(file)).split(" ")[0] for line in found] == [":1:1:", ":3:10:", ":5:5:"]
    assert "did you mean 'port'?" in found[0]


def test_a_value_that_only_its_reader_refuses_has_its_place_too(tmp_path: Path) -> None:
    file = config(tmp_path, "webhook_timeout: 0s\n")
    assert complaints(file=file) == [f"{file}:1:18: must be longer than 0"]


def test_a_duplicate_key_is_refused(tmp_path: Path) -> None:
    file = config(tmp_path, "port: 1\nport: 2\n")
    assert complaints(file=file) == [f"{file}:2:1: the key 'port' stands at line 1 already"]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    file = tmp_path / "none.yaml"
    assert complaints(file=file) == [f"{file}: can't be read: No such file or directory"]


def test_a_file_that_is_no_mapping_is_told(tmp_path: Path) -> None:
    file = config(tmp_path, "- port\n")
    assert complaints(file=file)[0].startswith(f"{file}:1:1: ")


def test_a_binary_key_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "seed").write_bytes(b"\xff")
    [found] = complaints({"signing_key": f"@{tmp_path / 'seed'}"})
    assert found.endswith("it holds other characters than Base64's")


# --- secrets ---


def test_no_secret_is_shown_in_any_way() -> None:
    secrets = {"signing_key": SEED, "api_keys": ("KEYabc",), "admin_token": "hushhush"}
    loaded = load(secrets, environ={})
    shown = describe(loaded) + repr(loaded.settings)
    assert not any(secret in shown for secret in (SEED, "KEYabc", "hushhush", repr(bytes(range(32)))))
    assert f'admin_token: "{REDACTED}"' in describe(loaded)


def test_a_mistyped_secret_is_not_repeated() -> None:
    [found] = complaints({"signing_key": "c2VjcmV0"})
    assert "c2VjcmV0" not in found
    assert found.startswith("--signing-key: ")


# --- showing ---


def test_what_is_printed_is_a_configuration_that_gives_the_same_settings(tmp_path: Path) -> None:
    flags = {
        "port": "0",
        "seed": "42",
        "clock": "manual",
        "clock_speed": "2.5",
        "webhook_timeout": "250ms",
        "max_body": "512k",
        "webhook_success": "200",
    }
    loaded = load({**flags, "allow_targets": ("10.0.0.0/8", "x.test")}, environ={})
    again = load(environ={}, file=config(tmp_path, describe(loaded)))
    assert again.settings == loaded.settings


def test_each_printed_line_says_where_its_value_came_from() -> None:
    lines = describe(load({"port": "0"}, environ={"SIPREC_EMULATOR_DRAIN": "1s"})).splitlines()
    assert "port: 0  # --port" in lines
    assert 'drain: "1s"  # SIPREC_EMULATOR_DRAIN' in lines
    assert 'host: "127.0.0.1"  # default' in lines
    assert "# webhook_url is not set" in lines


# --- TLS ---


@pytest.mark.parametrize("flags", [{"tls": "true"}, {"tls_dir": "new"}, {"tls_cert": __file__}])
def test_tls_moves_the_port_unless_one_is_named(flags: dict[str, str]) -> None:
    assert load(flags, environ={}).settings.port == 12112
    assert load({**flags, "port": "12111"}, environ={}).settings.port == 12111
    assert load(flags, environ={"SIPREC_EMULATOR_PORT": "7"}).settings.port == 7


@pytest.mark.parametrize(
    ("text", "switched"), [("true", True), ("1", True), ("YES", True), ("off", False), ("0", False)]
)
def test_a_switch_in_the_environment_says_on_or_off(text: str, switched: bool) -> None:
    assert load(environ={"SIPREC_EMULATOR_TLS": text}).settings.tls is switched


def test_a_switch_that_says_neither_is_refused() -> None:
    assert complaints(environ={"SIPREC_EMULATOR_TLS": "tls"}) == [
        "SIPREC_EMULATOR_TLS: must be true or false, not 'tls'"
    ]


def test_tls_in_a_file_is_a_boolean_and_its_paths_count_from_there(tmp_path: Path) -> None:
    (tmp_path / "c.pem").touch()
    file = config(tmp_path, "tls: true\ntls_dir: keys\ntls_ca: c.pem\n")
    settings = load(environ={}, file=file).settings
    assert (settings.tls, settings.tls_dir, settings.tls_ca) == (True, tmp_path / "keys", tmp_path / "c.pem")
    assert complaints(file=config(tmp_path, "tls: 'true'\n")) != []
    assert complaints(flags={"tls_cert": "nowhere"}) == ["--tls-cert: there is no file or folder 'nowhere'"]


# --- one table, three forms ---


def test_table_settings_schema_and_documentation_name_the_same() -> None:
    names = {setting.name for setting in fields(Settings)}
    assert names == {option.name for option in OPTIONS} | {"calls", "connections", "connectors"}
    assert names == set(PROPERTIES)
    documented = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert all(f"| `{option.flag}` |" in documented and option.about in documented for option in OPTIONS)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_the_schema_declares_the_default_that_is_in_effect(option: Any) -> None:
    default = getattr(Settings(), option.name)
    declared = PROPERTIES[option.name].get("default")
    if declared is None:
        assert default in {None, ()}
    else:
        assert option.read(str(declared)) == default


@pytest.mark.parametrize(
    "option", [one for one in OPTIONS if "enum" in PROPERTIES[one.name]], ids=lambda o: o.name
)
def test_the_schema_lists_the_choices_that_are_read(option: Any) -> None:
    assert option.metavar == "|".join(PROPERTIES[option.name]["enum"])
    assert [option.read(choice).value for choice in PROPERTIES[option.name]["enum"]]


def test_the_schemas_own_example_loads(tmp_path: Path) -> None:
    [example] = load_schemas()["config.schema.json"]["examples"]
    settings = load(environ={}, file=config(tmp_path, json.dumps(example))).settings
    assert settings.realism is Realism.STRICT


def test_what_concerns_recording_servers_is_set_and_shown_again(tmp_path: Path) -> None:
    given = {
        "srs": "sip:[::1]:5062",
        "rtp_ports": "30000-30999",
        "sip_password": "hush",
        "srs_answer_timeout": "5s",
    }
    loaded = load(given, environ={})
    settings = loaded.settings
    assert (settings.srs, settings.rtp_ports) == (SrsAddress(host="::1", port=5062), (30_000, 30_999))
    assert settings.policy().srs == settings.srs
    shown = describe(loaded)
    assert 'srs: "[::1]:5062"  # --srs' in shown
    assert 'rtp_ports: "30000-30999"' in shown
    assert "hush" not in shown
    again = tmp_path / "again.yaml"
    again.write_text("\n".join(line for line in shown.splitlines() if "password" not in line), encoding="utf-8")
    assert load(environ={}, file=again).settings.rtp_ports == settings.rtp_ports
