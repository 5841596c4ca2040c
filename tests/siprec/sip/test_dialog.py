"""Dialogs: route set, remote target, tags and numbers, beside RFC 3261 section 12."""

from __future__ import annotations

import pytest

from emulator.core.errors import GarbledSip
from emulator.siprec.sip.dialog import Dialog, ack, belongs, followed, in_dialog, of_client, of_server, retargeted
from emulator.siprec.sip.headers import Headers
from emulator.siprec.sip.message import Request, Response
from emulator.siprec.sip.transactions.replying import response

VIA = "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK2"


def invite() -> Request:
    return Request(
        method="INVITE",
        uri="sip:srs@10.0.0.2",
        headers=Headers(
            (
                ("Via", "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1"),
                ("From", '"Me" <sip:src@10.0.0.1>;tag=mine'),
                ("To", "<sip:srs@10.0.0.2>"),
                ("Call-ID", "call"),
                ("CSeq", "7 INVITE"),
                ("Contact", "<sip:src@10.0.0.1:5080>;+sip.src"),
            )
        ),
    )


def accepted(*fields: tuple[str, str]) -> Response:
    contact = ("Contact", "<sip:srs@10.0.0.3:5070;transport=tcp>;+sip.srs")
    return response(invite(), 200, tag="theirs", headers=(contact, *fields))


def client(*fields: tuple[str, str]) -> Dialog:
    return of_client(invite(), accepted(*fields))


def test_a_request_goes_to_the_contact_of_the_2xx_with_the_next_number() -> None:
    dialog, bye = in_dialog(client(), "BYE", via=VIA, fields=(("User-Agent", "me"),))
    assert bye.uri == "sip:srs@10.0.0.3:5070;transport=tcp"
    assert bye.headers.get("Via") == VIA
    assert bye.headers.get("CSeq") == "8 BYE"
    assert bye.headers.get("Call-ID") == "call"
    assert bye.headers.get("From") == '"Me" <sip:src@10.0.0.1>;tag=mine'
    assert bye.headers.get("To") == "<sip:srs@10.0.0.2>;tag=theirs"
    assert bye.headers.get("Max-Forwards") == "70"
    assert bye.headers.get("User-Agent") == "me"
    assert bye.headers.get("Route") is None
    assert in_dialog(dialog, "BYE", via=VIA)[1].headers.get("CSeq") == "9 BYE"


def test_the_route_set_of_a_client_is_record_route_reversed() -> None:
    dialog = client(("Record-Route", "<sip:p2;lr>, <sip:p1;lr>"), ("Record-Route", "<sip:p0;lr>"))
    _, bye = in_dialog(dialog, "BYE", via=VIA)
    assert bye.headers.every("Route") == ("<sip:p0;lr>", "<sip:p1;lr>", "<sip:p2;lr>")
    assert bye.uri == "sip:srs@10.0.0.3:5070;transport=tcp"
    assert str(dialog.next_hop) == "sip:p0;lr"


def test_a_strict_proxy_stands_in_the_request_uri_and_the_target_in_the_last_route() -> None:
    dialog = client(("Record-Route", "<sip:p1;lr>"), ("Record-Route", "<sip:p0>"))
    _, bye = in_dialog(dialog, "BYE", via=VIA)
    assert bye.uri == "sip:p0"
    assert bye.headers.every("Route") == ("<sip:p1;lr>", "<sip:srs@10.0.0.3:5070;transport=tcp>")


def test_a_target_loses_what_a_request_uri_may_not_have() -> None:
    answer = response(invite(), 200, tag="t", headers=(("Contact", "<sip:srs@10.0.0.3;method=INVITE?Subject=x>"),))
    assert in_dialog(of_client(invite(), answer), "BYE", via=VIA)[1].uri == "sip:srs@10.0.0.3"


def test_an_ack_has_the_number_of_its_invite_and_counts_nothing() -> None:
    dialog = client(("Record-Route", "<sip:p0;lr>"))
    made = ack(dialog, 7, via=VIA)
    assert (made.method, made.uri) == ("ACK", "sip:srs@10.0.0.3:5070;transport=tcp")
    assert made.headers.get("CSeq") == "7 ACK"
    assert made.headers.every("Route") == ("<sip:p0;lr>",)


def test_a_server_keeps_record_route_as_it_stands() -> None:
    asked = invite()
    proxied = Request(
        method="INVITE",
        uri=asked.uri,
        headers=asked.headers.added(("Record-Route", "<sip:p1;lr>"), ("Record-Route", "<sip:p0;lr>")),
    )
    dialog = of_server(proxied, "ours")
    _, bye = in_dialog(dialog, "BYE", via=VIA)
    assert bye.uri == "sip:src@10.0.0.1:5080"
    assert bye.headers.every("Route") == ("<sip:p1;lr>", "<sip:p0;lr>")
    assert bye.headers.get("From") == "<sip:srs@10.0.0.2>;tag=ours"
    assert bye.headers.get("To") == '"Me" <sip:src@10.0.0.1>;tag=mine'
    assert bye.headers.get("CSeq") == "1 BYE"


@pytest.mark.parametrize("missing", ["To", "Contact", "From"])
def test_without_a_tag_or_contact_there_is_no_dialog(missing: str) -> None:
    answer = accepted()
    headers = answer.headers.without(missing)
    if missing == "To":
        headers = headers.added(("To", "<sip:srs@10.0.0.2>"))
    asked = invite() if missing != "From" else Request(method="INVITE", uri="sip:a", headers=Headers())
    with pytest.raises(GarbledSip):
        of_client(asked, Response(status=200, reason="OK", headers=headers))


# --- what the peer sends ---


def theirs(method: str, number: int, *fields: tuple[str, str], to: str = "mine", of: str = "theirs") -> Request:
    return Request(
        method=method,
        uri="sip:src@10.0.0.1:5080",
        headers=Headers(
            (
                ("Via", "SIP/2.0/UDP 10.0.0.3;branch=z9hG4bK9"),
                ("From", f"<sip:srs@10.0.0.2>;tag={of}"),
                ("To", f"<sip:src@10.0.0.1>;tag={to}"),
                ("Call-ID", "call"),
                ("CSeq", f"{number} {method}"),
                *fields,
            )
        ),
    )


def test_a_request_belongs_to_the_dialog_of_its_call_id_and_both_tags() -> None:
    dialog = client()
    assert belongs(dialog, theirs("BYE", 1))
    assert not belongs(dialog, theirs("BYE", 1, to="other"))
    assert not belongs(dialog, theirs("BYE", 1, of="other"))


def test_any_first_number_is_good_and_later_ones_must_rise() -> None:
    dialog = followed(client(), theirs("OPTIONS", 100))
    assert dialog is not None
    assert dialog.remote_cseq == 100
    assert followed(dialog, theirs("OPTIONS", 99)) is None
    assert followed(dialog, theirs("OPTIONS", 100)) is None
    assert followed(dialog, theirs("OPTIONS", 105)) is not None


def test_a_target_refresh_moves_the_target_and_nothing_else_does() -> None:
    moved = ("Contact", "<sip:srs@10.0.0.9>")
    dialog = client()
    assert str(retargeted(dialog, theirs("INVITE", 1, moved)).target) == "sip:srs@10.0.0.9"
    assert str(retargeted(dialog, theirs("UPDATE", 1, moved)).target) == "sip:srs@10.0.0.9"
    for other in (theirs("OPTIONS", 1, moved), theirs("INVITE", 1), theirs("INVITE", 1, ("Contact", "*"))):
        assert retargeted(dialog, other) == dialog


def test_a_2xx_to_a_reinvite_moves_the_target_too() -> None:
    answer = response(invite(), 200, headers=(("Contact", "<sip:srs@10.0.0.9>"),))
    assert str(retargeted(client(), answer).target) == "sip:srs@10.0.0.9"
