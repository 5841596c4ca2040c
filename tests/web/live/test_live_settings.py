"""Settings of the line that can't be put into effect: told when a server is made, not when a session is placed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from emulator.certificates import issue, new_authority
from emulator.config import Settings
from emulator.core.errors import ConfigError
from emulator.web.live.door import LiveDoor
from emulator.web.server import Server

if TYPE_CHECKING:
    from pathlib import Path


def demanded(**settings: Any) -> None:
    """What a server asks of its door before it listens."""
    LiveDoor(Settings(port=0, **settings), told=lambda _: None).demand_settings()


@pytest.fixture
def nonsense(tmp_path: Path) -> Path:
    file = tmp_path / "nonsense.pem"
    file.write_text("nonsense")
    return file


@pytest.mark.parametrize("setting", ["sip_ca", "sip_cert"])
def test_a_file_that_cannot_be_used_is_named_with_its_flag(setting: str, nonsense: Path) -> None:
    with pytest.raises(ConfigError, match=f"--sip-{setting[4:]}: .*nonsense.pem"):
        demanded(**{setting: nonsense})
    with pytest.raises(ConfigError, match=f"--sip-{setting[4:]}: .*absent.pem"):
        demanded(**{setting: nonsense.with_name("absent.pem")})


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"sip_password": "p"}, "--sip-password: goes with --sip-user"),
        ({"sip_key": "k.pem"}, "--sip-key: goes with --sip-cert"),
    ],
)
def test_what_says_nothing_by_itself_is_not_taken_in_silence(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        demanded(**settings)
    assert str(caught.value) == said


def test_settings_that_can_be_used_are_no_trouble(tmp_path: Path) -> None:
    demanded()
    demanded(sip_user="u", sip_password="p")
    now = datetime.now(UTC)
    authority = new_authority(now)
    own = issue(authority, ("localhost",), now)
    for name, text in (("a", authority.certificate_pem), ("c", own.certificate_pem), ("k", own.key_pem)):
        (tmp_path / f"{name}.pem").write_bytes(text)
    demanded(sip_ca=tmp_path / "a.pem", sip_cert=tmp_path / "c.pem", sip_key=tmp_path / "k.pem")


def test_a_server_is_not_made_with_them(nonsense: Path) -> None:
    with pytest.raises(ConfigError, match="--sip-ca"):
        Server(Settings(port=0, sip_ca=nonsense))
