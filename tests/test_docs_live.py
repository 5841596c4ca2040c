"""docs/live.md: what it shows of the wire is what is written, and its tables say what the code does."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
import yaml

from emulator.cli.group import commands
from emulator.config import Settings, load
from emulator.core.causes import cause_of
from emulator.core.models import ConnectorFields
from emulator.core.srs import SrsReason
from emulator.options import OPTIONS
from emulator.siprec.metadata.call import Party, RecordedCall, Track, snapshot
from emulator.siprec.metadata.writing import written_metadata
from emulator.siprec.net.link import Transport
from emulator.siprec.sdp.description import written_sdp
from emulator.siprec.sdp.offer import offer
from emulator.siprec.sdp.streams import OfferedStream
from emulator.siprec.srs.endpoint import RecordingServer, Wishes
from emulator.siprec.srs.manner import REFUSALS, WORDS
from tests.e2e.harness import Background

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = (Path(__file__).parent.parent / "docs" / "live.md").read_text(encoding="utf-8")

CALL = RecordedCall(
    uuid="6a09cdc3-8948-47f0-aa62-74ac943d6c58",
    sip_call_id="a84b4c76e66710@pc33.example.com",
    caller=Party(uuid="11111111-2222-4333-8444-555555555555", aor="sip:+15551230001@sip.telnyx.com"),
    callee=Party(uuid="11111111-2222-4333-8444-666666666666", aor="sip:+15551230002@sip.telnyx.com"),
    tracks=(
        Track(uuid="aaaaaaaa-0000-4000-8000-000000000001", label="inbound", from_caller=True),
        Track(uuid="aaaaaaaa-0000-4000-8000-000000000002", label="outbound", from_caller=False),
    ),
    started_at=1_732_536_000_000_000,
)


def _shown(language: str) -> str:
    (block,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(block)


def test_the_description_that_the_page_shows_is_the_one_that_is_written() -> None:
    streams = tuple(
        OfferedStream(label=label, port=port, rtcp_port=port + 1)
        for label, port in (("inbound", 20000), ("outbound", 20002))
    )
    written = written_sdp(offer(streams, host="192.0.2.10", session=1732536000)).decode()
    assert _shown("sdp") == written.replace("\r\n", "\n")


def test_the_metadata_that_the_page_shows_are_those_that_are_written() -> None:
    written = written_metadata(snapshot(replace(CALL, parameters=(("X-Account", "42"),)))).decode()
    assert re.sub(r">\s+<", "><", _shown("xml").strip()) == written


def test_the_page_lists_the_cause_of_every_status() -> None:
    rows = re.findall(r"^\| ([0-9, ]+) \| `(\w+)` \|$", PAGE, re.MULTILINE)
    told = {int(status): cause for statuses, cause in rows for status in statuses.split(", ")}
    for status in range(300, 700):
        assert cause_of(SrsReason.RESPONSE, status) == told.get(status, "normal_unspecified"), status


# --- how it is pointed at a recorder ---


def test_the_configuration_file_that_the_page_shows_loads(tmp_path: Path) -> None:
    (text, _) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    file = tmp_path / "emulator.yaml"
    file.write_text(text, encoding="utf-8")
    settings = load(environ={}, file=file).settings
    assert settings.default_scenario == "live"
    assert settings.connectors == (ConnectorFields(name="my-srs", host="recorder.test", port=5060),)


def test_the_services_that_the_page_shows_have_variables_of_ours() -> None:
    (_, text) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    environ = yaml.safe_load(text)["services"]["emulator"]["environment"]
    assert environ.keys() <= {option.variable for option in OPTIONS}
    assert isinstance(load(environ=environ).settings, Settings)


def test_the_page_names_each_setting_of_the_line() -> None:
    ours = {
        option.flag for option in OPTIONS if option.name.startswith(("srs", "sip_", "rtp_", "wav_", "capture"))
    }
    assert ours <= set(re.findall(r"--[a-z-]+", PAGE))


@dataclass(frozen=True)
class Recorder:
    """Where one listens."""

    host: str
    port: int


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """A recorder that a reader of the page might have."""
    background = Background()
    server = RecordingServer(Wishes())
    background.call(server.open())
    try:
        yield Recorder(*server.addresses[Transport.UDP])
    finally:
        background.call(server.close())
        background.close()


def test_the_test_that_the_page_shows_passes(recorder: Recorder) -> None:
    (text,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    shown: dict[str, Callable[[Recorder], None]] = {}
    exec(text, shown)  # noqa: S102 - our own page
    shown["test_my_recorder_takes_a_session"](recorder)


def test_every_flag_that_the_page_names_is_one_of_a_command_or_a_setting() -> None:
    named = set(re.findall(r"(?<![-\w])(--[a-z][a-z-]*)", PAGE))
    known = {option.flag for option in OPTIONS}
    for name in ("call-srs", "srs", "demo"):
        command = commands.get_command(click.Context(commands), name)
        assert command is not None
        known |= {flag for parameter in command.params for flag in parameter.opts}
    assert named - known == set()


def test_every_answer_that_the_page_names_is_one_of_the_servers() -> None:
    (row,) = re.findall(r"\| `--answer (busy`.*?), or a status", PAGE)
    refusals = set(re.findall(r"`?([a-z-]+)`", row))
    assert refusals == set(REFUSALS)
    others = {word for word in re.findall(r"\| `--answer ([a-z0-9-]+)", PAGE) if word not in REFUSALS}
    assert others | REFUSALS.keys() | {"accept"} == set(WORDS)
