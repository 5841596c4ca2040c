"""The scenarios that play with the emulator's client can fail: each check catches what a relay spoils on the way.

Together with ``test_sipp_proofs.py`` every check of every scenario is tried.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from emulator.siprec.sip.digest import Credentials
from emulator.siprec.src.actions import Answered
from emulator.siprec.src.order import INBOUND
from tests.judges.clients import Client, order, placing
from tests.judges.relay import Spoiling, relaying
from tests.judges.scenarios import FOLDER, scenario
from tests.judges.sipp import serving
from tests.judges.test_sipp_proofs import SPOILT, SPOILT_REFUSED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges.sipp import Verdict


class Place(NamedTuple):
    """Where something is spoilt: what a datagram begins with, what it holds besides, and how many are spared."""

    begins: bytes
    holds: bytes = b""
    spared: int = 0


CANCEL, INVITE, UPDATE = Place(b"CANCEL"), Place(b"INVITE"), Place(b"UPDATE")
AGAIN, NEXT = Place(b"INVITE", spared=1), Place(b"INVITE", b"CSeq: 2 INVITE")
OTHER_ACK, OTHER_BYE = Place(b"ACK sip:other"), Place(b"BYE sip:other")
REFRESH = Place(b"INVITE sip:recorder")
TO_OPTIONS, TO_UPDATE = Place(b"SIP/2.0 200", b"200 OPTIONS"), Place(b"SIP/2.0 200", b"201 UPDATE")
TO_UNKNOWN = Place(b"SIP/2.0 405")
PAUSING, RESUMING = Place(b"SIP/2.0 200", b"100 INVITE"), Place(b"SIP/2.0 200", b"101 INVITE")

ALICE = Credentials(username="alice", password="open-sesame")
ORDERS: dict[str, dict[str, Any]] = {
    "accept-secure": {"secure": True},
    "custom-headers": {"custom_headers": (("X-Account", "4711"),), "app_subdomain": "example-app"},
    "extension-parameters": {"custom_headers": (("X-Account", "4711"),), "metadata_headers": True},
    "no-session-timer": {"session_timeout_secs": 0},
    "one-track": {"tracks": (INBOUND,)},
    "proxy-unauthorized": {"credentials": ALICE},
    "refreshed": {"session_timeout_secs": 2},
    "ring-then-cancel": {"answer_timeout": 300_000},
    "session-timer": {"session_timeout_secs": 300},
    "unauthorized": {"credentials": ALICE},
}

AUTHORIZED = {
    "credentials_username": (NEXT, rb'"alice"', b'"bob"'),
    "credentials_nonce": (NEXT, rb'nonce="', b'nonce="0'),
    "credentials_opaque": (NEXT, rb'opaque="', b'opaque="0'),
    "credentials_count": (NEXT, rb"nc=00000001", b"nc=00000002"),
    "credentials_qop": (NEXT, rb"qop=auth", b"qop=auth-int"),
}

SPOILT_ON_THE_WAY: dict[str, dict[str, tuple[Place, bytes, bytes]]] = {
    "accept-secure": {
        "offer_is_secure": (INVITE, rb"RTP/SAVP", b"RTP/AVP"),
        "offer_keys": (INVITE, rb"AES_CM_128_HMAC_SHA1_80", b"F8_128_HMAC_SHA1_80"),
        "offer_keys_differ": (INVITE, rb"(?s)inline:([\w+/]{40})(.*)inline:[\w+/]{40}", rb"inline:\1\2inline:\1"),
    },
    "asks-and-updates": {
        "options_allow": (TO_OPTIONS, rb"Allow:[^\r]*", b"Allow: BYE"),
        "options_supported": (TO_OPTIONS, rb"Supported:[^\r]*", b"Supported: none"),
        "update_contact_src": (TO_UPDATE, rb";\+sip\.src", b""),
        "update_session_expires": (TO_UPDATE, rb"Session-Expires: 1800", b"Session-Expires: 90"),
        "refused_allow": (TO_UNKNOWN, rb"Allow:[^\r]*", b"Allow: BYE"),
    },
    "custom-headers": {
        "custom_header": (INVITE, rb"4711", b"4712"),
        "destination_host": (INVITE, rb"example-app", b"example-apps"),
        "metadata_has_no_extension": (INVITE, rb"</recording>", b"<!-- ExtensionParameters --></recording>"),
    },
    "extension-parameters": {
        "no_custom_header": (INVITE, rb"Call-ID:", b"X-Account: 4711\r\nCall-ID:"),
        "metadata_extension": (INVITE, rb"(?s)<session (.*)</session>", rb"<gathering \1</gathering>"),
        "metadata_parameter": (INVITE, rb"4711", b"4712"),
    },
    "first-invites-lost": {
        "again_is_the_same_transaction": (AGAIN, rb"z9hG4bK", b"z9hG4bKx"),
        "again_cseq": (AGAIN, rb"1 INVITE", b"1INVITE"),
        "again_is_the_same_number": (AGAIN, rb"1 INVITE", b"2 INVITE"),
    },
    "forked": {
        "other_ack_uri": (OTHER_ACK, rb"sip:other@", b"sip:recorder@"),
        "other_ack_to_tag": (OTHER_ACK, rb"tag=other", b"tag=srs"),
        "other_bye_uri": (OTHER_BYE, rb"sip:other@", b"sip:recorder@"),
        "other_bye_to_tag": (OTHER_BYE, rb"tag=other", b"tag=srs"),
    },
    "hold-and-resume": {
        "pausing_cseq": (PAUSING, rb"100 INVITE", b"99 INVITE"),
        "pausing_contact_src": (PAUSING, rb";\+sip\.src", b""),
        "pausing_content_type": (PAUSING, rb"application/sdp", b"text/plain"),
        "pausing_directions": (PAUSING, rb"a=inactive", b"a=sendonly"),
        "pausing_labels": (PAUSING, rb"a=label:inbound", b"a=label:in"),
        "resuming_cseq": (RESUMING, rb"101 INVITE", b"99 INVITE"),
        "resuming_contact_src": (RESUMING, rb";\+sip\.src", b""),
        "resuming_content_type": (RESUMING, rb"application/sdp", b"text/plain"),
        "resuming_directions": (RESUMING, rb"a=sendonly", b"a=inactive"),
        "resuming_labels": (RESUMING, rb"a=label:inbound", b"a=label:in"),
    },
    "no-session-timer": {"no_session_timer": (INVITE, rb"Call-ID:", b"Session-Expires: 90\r\nCall-ID:")},
    "one-track": {
        "only_label": (INVITE, rb"a=label:inbound", b"a=label:in"),
        "only_direction": (INVITE, rb"a=sendonly\r\n", b""),
        "only_stream": (INVITE, rb"(a=label:inbound)", rb"\1\r\nm=audio 9 RTP/AVP 0"),
        "no_other_label": (INVITE, rb"(a=label:inbound)", rb"\1\r\na=label:outbound"),
    },
    "proxy-unauthorized": AUTHORIZED,
    "refreshed": {
        "refresh_uri": (REFRESH, rb"sip:recorder@", b"sip:nobody@"),
        "refresh_to_tag": (REFRESH, rb";tag=srs", b""),
        "refresh_contact_src": (REFRESH, rb">;\+sip\.src", b";+sip.src>"),
        "refresh_require_siprec": (REFRESH, rb"Require: siprec", b"Require: none"),
        "refresh_supported_timer": (REFRESH, rb"Supported: timer", b"Supported: none"),
        "refresh_session_expires": (REFRESH, rb"refresher=uac", b"refresher=uas"),
        "refresh_cseq": (REFRESH, rb"2 INVITE", b"2INVITE"),
        "refresh_cseq_is_higher": (REFRESH, rb"2 INVITE", b"1 INVITE"),
        "refresh_via": (REFRESH, rb"z9hG4bK", b""),
        "refresh_origin": (REFRESH, rb"o=FreeSWITCH", b"i=FreeSWITCH"),
        "refresh_offer_is_unchanged": (REFRESH, rb"(o=FreeSWITCH \d+) \d+", rb"\1 99"),
    },
    "ring-then-cancel": {
        "cancel_uri": (CANCEL, rb"sip:[^@]*@", b"sip:"),
        "cancel_via": (CANCEL, rb"z9hG4bK", b""),
        "cancel_branch_is_the_invites": (CANCEL, rb"z9hG4bK", b"z9hG4bKx"),
        "cancel_cseq": (CANCEL, rb"1 CANCEL", b"1CANCEL"),
        "cancel_cseq_is_the_invites": (CANCEL, rb"1 CANCEL", b"2 CANCEL"),
        "cancel_to_has_no_tag": (CANCEL, rb"(To: [^\r]*)", rb"\1;tag=early"),
        "cancel_requires_nothing": (CANCEL, rb"Call-ID:", b"Require: siprec\r\nCall-ID:"),
    },
    "session-timer": {"session_expires": (INVITE, rb"Session-Expires: 300", b"Session-Expires: 301")},
    "snapshot": {
        "snapshot_to_tag": (UPDATE, rb";tag=srs", b""),
        "snapshot_require_siprec": (UPDATE, rb"Require: siprec", b"Require: none"),
        "snapshot_is_complete": (UPDATE, rb"complete", b"partial"),
        "snapshot_labels": (UPDATE, rb"<label>outbound", b"<label>out"),
        "snapshot_offer_labels": (UPDATE, rb"a=label:outbound", b"a=label:out"),
    },
    "too-short": {
        "next_cseq": (NEXT, rb"2 INVITE", b"2INVITE"),
        "next_cseq_is_one_more": (NEXT, rb"2 INVITE", b"3 INVITE"),
        "next_from": (NEXT, rb"(From: [^\r]*>);tag=[^\r]*", rb"\1"),
        "next_from_tag_is_the_firsts": (NEXT, rb"(From: [^\r]*;tag=)", rb"\1x"),
        "next_via": (NEXT, rb"z9hG4bK", b""),
        "next_min_se": (NEXT, rb"Min-SE: 3600", b"Min-SE: 90"),
        "next_session_expires": (NEXT, rb"Session-Expires: ", b"Session-Expires: x"),
        "next_interval_is_long_enough": (NEXT, rb"Session-Expires: \d+", b"Session-Expires: 1800"),
    },
    "unauthorized": AUTHORIZED | {"credentials_are_right": (NEXT, rb'response="\w', b'response="x')},
}
"""By scenario and by the check that must fail: where, what stands there, and what takes its place."""

ENDED_BY_CLIENT = set(ORDERS) - {"refreshed", "ring-then-cancel"} | {"first-invites-lost", "too-short"}
TRIED_BY_ITSELF = {"next_branch_is_new"}


@dataclass(slots=True)
class Reusing:
    """Gives every INVITE the first one's branch."""

    first: bytes | None = None

    def __call__(self, data: bytes) -> bytes:
        """Change it or not."""
        branch = re.search(rb"z9hG4bK\w+", data)
        if branch is None or not data.startswith(b"INVITE"):
            return data
        self.first = self.first or branch[0]
        return data.replace(branch[0], self.first)


async def end(client: Client) -> None:
    """Hang up once the session is up, if ever it is."""
    with suppress(AssertionError):
        await client.until(Answered)
        client.placed.hang_up()


async def judged(name: str, change: Any, folder: Path) -> Verdict:
    """What the scenario found of a client whose datagrams are changed on the way."""
    async with (
        serving(scenario(name), "udp", folder / "srs", {"interval": 2}, bound_secs=6) as srs,
        relaying(srs.port, change) as port,
        placing(order(port, **ORDERS.get(name, {})), farewell=0.0) as client,
    ):
        ending = asyncio.create_task(end(client) if name in ENDED_BY_CLIENT else asyncio.sleep(0))
        verdict = await srs.verdict()
        ending.cancel()
        await asyncio.wait([ending])
        return verdict


@pytest.mark.parametrize(
    ("name", "check"), [(name, check) for name, checks in SPOILT_ON_THE_WAY.items() for check in checks]
)
async def test_each_check_catches_what_it_is_there_for(name: str, check: str, tmp_path: Path) -> None:
    place, old, new = SPOILT_ON_THE_WAY[name][check]
    spoiling = Spoiling(place.begins, old, new, place.holds, place.spared)
    found = await judged(name, spoiling, tmp_path)
    assert spoiling.hits, found
    assert check in found.failed, found


async def test_a_branch_that_is_used_again_is_caught(tmp_path: Path) -> None:
    found = await judged("too-short", Reusing(), tmp_path)
    assert found.failed[0] == "next_branch_is_new", found


def test_every_check_of_every_scenario_has_its_proof() -> None:
    everywhere = set(SPOILT) | set(SPOILT_REFUSED) | TRIED_BY_ITSELF
    for name in (file.stem for file in FOLDER.glob("*.xml") if not file.stem.endswith("-client")):
        checks = {check.name for check in scenario(name).checks} - everywhere
        proven = {check for own in SPOILT_ON_THE_WAY.values() for check in own}
        assert checks <= proven, name
