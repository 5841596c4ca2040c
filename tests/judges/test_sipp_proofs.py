"""SIPp as a judge can fail: each of its checks catches the client that it is there to catch.

The client is SIPp too, so that nothing here rests on our own. A judge that passes everything is worth nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from tests.judges.relay import Losing, Spoiling, relaying
from tests.judges.scenarios import FOLDER, PARTS, Scenario, scenario
from tests.judges.sipp import Verdict, calling, serving

if TYPE_CHECKING:
    from pathlib import Path

SERVERS = sorted(file.stem for file in FOLDER.glob("*.xml") if not file.stem.endswith("-client"))

SPOILT = {
    "invite_uri": ("sip:+15550100@", "sip:", "INVITE"),
    "invite_via": ("[branch]", "1", "Via"),
    "invite_max_forwards": ("70", "0", "Max-Forwards"),
    "invite_from_tag": (";tag=client", "", "From"),
    "invite_to": ("sip:", "tel:", "To: "),
    "invite_to_has_no_tag": (">", ">;tag=early", "To: "),
    "invite_cseq": ("7 INVITE", "7INVITE", "CSeq"),
    "invite_content_length": ("[len]", "0", "Content-Length"),
    "invite_allow_update": ("UPDATE, ", "", "Allow"),
    "invite_allow_options": (", OPTIONS", "", "Allow"),
    "invite_require_siprec": ("siprec", "siprecs", "Require"),
    "invite_contact_src": (">;+sip.src", ";+sip.src>", "Contact"),
    "invite_supported_timer": ("timer", "timers", "Supported"),
    "invite_multipart": ('"edge"', "edge", "boundary"),
    "invite_delimiter": ("--edge\n", "-edge\n", "[len]"),
    "invite_close_delimiter": ("--edge--", "--edge", "</recording>"),
    "invite_boundary": ('"edge"', '"ridge"', "boundary"),
    "invite_closing_boundary": ("--edge--", "--ridge--", "</recording>"),
    "invite_sdp_part": ("Content-Type: application/sdp", "Content-Type: text/plain", "--edge"),
    "invite_metadata_part": ("application/rs-metadata+xml", "application/xml", "--edge"),
    "invite_metadata_disposition": ("recording-session", "session", "Content-Disposition"),
    "invite_origin": ("o=FreeSWITCH", "i=FreeSWITCH", "v=0"),
    "offer_audio": ("m=audio 49170 RTP/AVP 0", "m=audio 49170 RTP/AVPF 0", "v=0"),
    "offer_pcmu": ("a=rtpmap:0 PCMU/8000", "a=rtpmap:0 PCMA/8000", "m=audio"),
    "offer_ptime": ("a=ptime:20", "a=ptime:200", "m=audio"),
    "invite_has_no_record": ("a=sendonly", "a=record:on", "m=audio"),
    "invite_sends_only": ("a=sendonly", "a=sendrecv", "m=audio"),
    "metadata_namespace": ("recording:1", "recording", "xmlns"),
    "metadata_datamode": ("complete", "whole", "<datamode"),
    "metadata_two_participants": ("<participant ", "<nobody ", "</participant>"),
    "metadata_participant_streams": ("</participantstreamassoc>", "</assoc>", "<participantstreamassoc"),
    "metadata_session_recording": ("</sessionrecordingassoc>", "</assoc>", "<sessionrecordingassoc"),
    "offer_labels": ("a=label:outbound", "a=label:inbound", "m=audio"),
    "offer_directions": ("a=sendonly\n", "", "m=audio 49172"),
    "metadata_label_inbound": ("inbound", "in", "<label>"),
    "metadata_label_outbound": ("outbound", "out", "</label>"),
    "ack_uri": ("[$target]", "sip:+15550100@[remote_ip]", "ACK "),
    "ack_via": ("[branch]", "1", "ACK "),
    "ack_branch_is_new": ("[branch]", "[branch-3]", "ACK "),
    "ack_cseq": ("7 ACK", "7ACK", "ACK "),
    "ack_cseq_is_the_invites": ("7 ACK", "8 ACK", "ACK "),
    "ack_to_tag": ("[last_To:]", "To: <sip:+15550100@[remote_ip]>", "ACK "),
    "ack_from": (";tag=client", "", "ACK "),
    "ack_from_tag_is_the_invites": ("tag=client", "tag=other", "ACK "),
    "ack_content_length": ("Content-Length: 0\n", "", "ACK "),
    "bye_uri": ("[$target]", "sip:+15550100@[remote_ip]", "BYE "),
    "bye_to_tag": ("[last_To:]", "To: <sip:+15550100@[remote_ip]>", "BYE "),
    "bye_from": (";tag=client", "", "BYE "),
    "bye_from_tag_is_the_invites": ("tag=client", "tag=other", "BYE "),
    "bye_cseq": ("8 BYE", "8BYE", "BYE "),
    "bye_cseq_is_higher": ("8 BYE", "7 BYE", "BYE "),
    "bye_max_forwards": ("70", "0", "BYE "),
}
"""By the check that must fail: what stands in the good client, what takes its place, what stands before."""

SPOILT_REFUSED = {
    "failure_ack_uri": ("ACK sip:", "ACK  sip:", "486"),
    "failure_ack_via": ("branch=[branch-3]", "rport", "486"),
    "failure_ack_branch_is_the_invites": ("[branch-3]", "[branch]", "486"),
    "failure_ack_cseq": ("7 ACK", "7ACK", "486"),
    "failure_ack_cseq_is_the_invites": ("7 ACK", "8 ACK", "486"),
    "failure_ack_to_tag": ("[last_To:]", "To: <sip:+15550100@[remote_ip]>", "486"),
}


SPOILT_ANSWERS = {
    "answer_contact_srs": (";+sip.srs", "", "200 OK"),
    "answer_to_tag": (";tag=srs", "", "200 OK"),
    "answer_session_expires": (";refresher=uac", "", "200 OK"),
    "answer_content_type": ("application/sdp", "text/plain", "200 OK"),
    "answer_receives_only": ("a=recvonly", "a=sendrecv", "200 OK"),
}


async def judged(server: Scenario, client: Scenario, transport: Literal["udp", "tcp"], folder: Path) -> Verdict:
    """What the server found."""
    async with (
        serving(server, transport, folder / "server") as srs,
        calling(client, transport, folder / "client", srs.port),
    ):
        return await srs.verdict()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize(("server", "client"), [("accept", "recorder-client"), ("busy", "refused-client")])
async def test_a_client_without_a_fault_passes(
    server: str, client: str, transport: Literal["udp", "tcp"], tmp_path: Path
) -> None:
    found = await judged(scenario(server), scenario(client), transport, tmp_path)
    assert found.passed, found


@pytest.mark.parametrize("check", SPOILT)
async def test_each_check_of_a_session_catches_what_it_is_there_for(check: str, tmp_path: Path) -> None:
    client = scenario("recorder-client").replaced(*SPOILT[check])
    found = await judged(scenario("accept"), client, "udp", tmp_path)
    assert not found.passed
    assert check in found.failed, found


@pytest.mark.parametrize("check", SPOILT_REFUSED)
async def test_each_check_of_a_refusal_catches_what_it_is_there_for(check: str, tmp_path: Path) -> None:
    client = scenario("refused-client").replaced(*SPOILT_REFUSED[check])
    found = await judged(scenario("busy"), client, "udp", tmp_path)
    assert not found.passed
    assert check in found.failed, found


@pytest.mark.parametrize("check", SPOILT_ANSWERS)
async def test_each_check_of_an_answer_catches_what_it_is_there_for(check: str, tmp_path: Path) -> None:
    server, client = scenario("accept").replaced(*SPOILT_ANSWERS[check]), scenario("sounding-client")
    async with (
        serving(server, "udp", tmp_path / "server") as srs,
        calling(client, "udp", tmp_path / "client", srs.port, files={"tone.ulaw": bytes(160)}) as src,
    ):
        assert check in (await src.verdict()).failed


def test_every_check_has_its_proof() -> None:
    assert {check.name for check in scenario("sounding-client").checks} == set(SPOILT_ANSWERS)
    assert {check.name for check in scenario("accept").checks} == set(SPOILT)
    of_refusal = {check.name for check in scenario("busy").checks if check.name.startswith("failure_")}
    assert of_refusal == set(SPOILT_REFUSED)


async def test_what_the_scenario_has_no_place_for_fails_it(tmp_path: Path) -> None:
    """A client that cancels where it should acknowledge."""
    client = (
        scenario("recorder-client").replaced("ACK [$target]", "CANCEL [$target]").replaced("7 ACK", "7 CANCEL")
    )
    found = await judged(scenario("accept"), client, "udp", tmp_path)
    assert not found.passed
    assert found.failed == ()
    assert "unexpected" in found.errors.lower(), found


async def test_a_client_that_never_ends_fails_it(tmp_path: Path) -> None:
    server = scenario("accept").replaced('request="BYE"', 'request="BYE" timeout="300"')
    client = scenario("recorder-client").replaced(
        "<send retrans", '<pause milliseconds="5000"/><send retrans', "ACK "
    )
    found = await judged(server, client, "udp", tmp_path)
    assert not found.passed


@pytest.mark.parametrize("name", SERVERS)
async def test_sipp_takes_each_scenario(name: str, tmp_path: Path) -> None:
    """It ends at once where it can't read one, and then nobody listens."""
    async with serving(scenario(name), "udp", tmp_path / "server", {"interval": 4}) as srs:
        assert srs.run.process.returncode is None


async def test_what_comes_after_the_end_fails_it(tmp_path: Path) -> None:
    """A client that tries once more after it was refused."""
    client = scenario("refused-client").replaced(
        "</scenario>", f"{(PARTS / 'send-invite.xml').read_text()}</scenario>"
    )
    found = await judged(scenario("busy"), client, "udp", tmp_path)
    assert not found.passed
    assert "INVITE" in found.errors, found


@pytest.mark.parametrize("begins", [b"INVITE", b"BYE"])
async def test_what_the_relay_loses_is_sent_again(begins: bytes, tmp_path: Path) -> None:
    losing = Losing(begins, 1)
    async with (
        serving(scenario("accept"), "udp", tmp_path / "server") as srs,
        relaying(srs.port, losing) as port,
        calling(scenario("recorder-client"), "udp", tmp_path / "client", port),
    ):
        found = await srs.verdict()
    assert found.passed, found
    assert losing.lost == 1


async def test_what_the_relay_spoils_is_found(tmp_path: Path) -> None:
    spoiling = Spoiling(b"BYE", b"CSeq: 8", b"CSeq: 3")
    async with (
        serving(scenario("accept"), "udp", tmp_path / "server") as srs,
        relaying(srs.port, spoiling) as port,
        calling(scenario("recorder-client"), "udp", tmp_path / "client", port),
    ):
        found = await srs.verdict()
    assert found.failed == ("bye_cseq_is_higher",)
