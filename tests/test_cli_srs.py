"""``siprec-emulator srs``, as a user starts it, and what it says to flags that can't be."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from emulator.cli.group import commands
from emulator.siprec.sip.message import Response, parse
from tests.siprec.srs.calling import SDP, Caller, multipart

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_SECS = 20.0


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--answer", "bsuy"), "'bsuy' is no answer and no status from 300 to 699"),
        (("--answer", "200"), "'200' is no answer"),
        (("--answer", "9" * 5_000), "is no answer"),
        (("--answer", "challenge"), "--answer challenge needs --user NAME:PASSWORD"),
        (("--user", "telnyx:secret"), "--user needs --answer challenge"),
        (("--resume-after", "1s"), "--resume-after needs --hold-after"),
        (("--tls-port", "0", "--key", "/nowhere.pem"), "--key needs --cert"),
        (("--cert", "/nowhere.pem"), "--cert needs --tls-port"),
        (("--client-ca", "/nowhere.pem"), "--client-ca needs --tls-port"),
        (("--tls-port", "0", "--client-ca", "/nowhere.pem"), "can't read /nowhere.pem: No such file or directory"),
        (("--host", "nobody.invalid"), "Invalid value for --host: 'nobody.invalid': "),
        (("--host", "[::1"), "Invalid value for --host: '[::1': "),
        (("--user", "telnyx"), "write NAME:PASSWORD"),
        (("--ring-for", "3"), "'3' is not a duration"),
        (("--media-ports", "4-3"), "no ports in order"),
        (("--media-ports", f"{'9' * 5_000}-1"), "write FIRST-LAST"),
        (("--media-ports", "all"), "write FIRST-LAST"),
        (("--tls-port", "0", "--cert", "/nowhere.pem"), "/nowhere.pem"),
        (("--sessions", "0"), "--sessions"),
        (("--out", __file__), "--out"),
    ],
)
def test_a_flag_that_says_what_cannot_be_is_refused_in_words(flags: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(commands, ["srs", "--port", "0", *flags])
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


def started(*flags: str) -> subprocess.Popen[str]:
    """The command on a free port."""
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "emulator", "srs", "--port", "0", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def port_of(lines: Iterator[str]) -> int:
    """Where it listens by UDP."""
    line = next(line for line in lines if line.strip().endswith("by UDP"))
    return int(line.split()[2].rpartition(":")[2])


def test_a_session_is_told_as_json_and_a_violation_is_status_1(tmp_path: Path) -> None:
    with started("--sessions", "1", "--json", "--out", str(tmp_path)) as server:
        assert server.stderr is not None
        call(port_of(iter(server.stderr.readline, "")), extra="")
        out, _ = server.communicate(timeout=PATIENCE_SECS)
    told = json.loads(out)
    assert server.returncode == 1
    assert (told["ended"], told["status"]) == ("client", 200)
    assert [one["sentence"] for one in told["violations"]] == ["The INVITE has no Require: siprec."]
    assert [entry.name for entry in next(tmp_path.iterdir()).iterdir() if entry.suffix == ".xml"] == [
        "metadata-1.xml"
    ]


def test_a_clean_session_is_shown_as_a_ladder_and_ends_with_status_0() -> None:
    with started("--sessions", "1") as server:
        assert server.stdout is not None
        call(port_of(iter(server.stdout.readline, "")), extra="Require: siprec\r\n")
        out, _ = server.communicate(timeout=PATIENCE_SECS)
    assert server.returncode == 0
    assert "INVITE + SDP, metadata" in out
    assert "nothing against RFC 7866 and RFC 7865 was seen" in out


@pytest.mark.parametrize(
    ("host", "listens"), [("localhost", ("127.0.0.1:", "[::1]:")), ("[::1]", ("[::1]:",)), ("::1", ("[::1]:",))]
)
def test_it_listens_where_a_name_or_an_address_in_brackets_leads(host: str, listens: tuple[str, ...]) -> None:
    if ":" in host and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    with started("--host", host) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        server.terminate()
        server.communicate(timeout=PATIENCE_SECS)
    assert line.startswith(tuple(f"listening on {one}" for one in listens))


def has_ipv6() -> bool:
    """Whether this machine can listen there."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_sigterm_ends_it() -> None:
    with started() as server:
        assert server.stdout is not None
        port_of(iter(server.stdout.readline, ""))
        server.send_signal(signal.SIGTERM)
        _, complaints = server.communicate(timeout=PATIENCE_SECS)
    assert (server.returncode, complaints) == (0, "")


def call(port: int, *, extra: str) -> None:
    """A whole session by hand."""
    client = Caller()
    typed = f'{extra}Content-Type: multipart/mixed; boundary="b1"\r\n'
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(PATIENCE_SECS)
        peer.connect(("127.0.0.1", port))
        peer.send(client.request("INVITE", extra=typed, body=multipart(SDP.replace("192.0.2.7", "127.0.0.1"))))
        answer = parse(peer.recv(65_536))
        assert isinstance(answer, Response)
        assert answer.status == 200
        client.to_tag = (answer.headers.get("To") or "").rpartition(";tag=")[2]
        peer.send(client.request("ACK"))
        peer.send(client.request("BYE", number=2))
        assert b"CSeq: 2 BYE" in peer.recv(65_536)
