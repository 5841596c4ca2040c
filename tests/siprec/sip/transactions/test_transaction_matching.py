"""Which messages belong together (RFC 3261 17.1.3, 17.2.3), and what is made from a request alone."""

from __future__ import annotations

import pytest

from emulator.core.errors import GarbledSip
from emulator.siprec.sip.headers import Headers
from emulator.siprec.sip.message import Request
from emulator.siprec.sip.transactions.matching import (
    key_of_cancelled,
    key_of_received,
    key_of_response,
    key_of_sent,
)
from emulator.siprec.sip.transactions.replying import cancel, response, trying
from tests.siprec.sip.transactions.wires import answer, request


def test_an_answer_belongs_to_the_request_of_its_branch_and_method() -> None:
    invite = request()
    stopped = cancel(invite)
    assert key_of_response(answer(invite, 200)) == key_of_sent(invite)
    assert key_of_response(answer(stopped, 200)) == key_of_sent(stopped)
    assert key_of_sent(invite) != key_of_sent(stopped)
    assert key_of_response(answer(request(branch="z9hG4bKb"), 200)) != key_of_sent(invite)


def test_the_ack_of_a_failure_belongs_to_its_invite_and_a_cancel_names_it() -> None:
    invite = request()
    assert key_of_received(request("ACK")) == key_of_received(invite)
    assert key_of_received(request("CANCEL")) != key_of_received(invite)
    assert key_of_cancelled(request("CANCEL")) == key_of_received(invite)


def test_requests_with_one_branch_from_two_senders_are_two() -> None:
    assert key_of_received(request()) != key_of_received(request(sent_by="10.0.0.9:5060"))
    assert key_of_received(request(sent_by="Host.Example")) == key_of_received(request(sent_by="host.example"))


def test_without_the_cookie_what_rfc_2543_compared_decides() -> None:
    old = request(branch="1")
    assert key_of_received(request("ACK", branch="1")) == key_of_received(old)
    later = Request(method="INVITE", uri=old.uri, headers=old.headers.without("CSeq").added(("CSeq", "8 INVITE")))
    assert key_of_received(later) != key_of_received(old)


def test_only_the_topmost_via_counts() -> None:
    proxied = request()
    headers = Headers((("Via", "SIP/2.0/UDP proxy;branch=z9hG4bKp"), *proxied.headers.fields))
    assert key_of_received(Request(method="INVITE", uri=proxied.uri, headers=headers)).branch == "z9hG4bKp"


@pytest.mark.parametrize("fields", [(), (("Via", ""),), (("Via", "nonsense"),)])
def test_a_message_without_a_via_belongs_nowhere(fields: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(GarbledSip):
        key_of_received(Request(method="INVITE", uri="sip:a", headers=Headers(fields)))


def test_an_answer_takes_over_what_rfc_3261_says_and_tags_a_to_that_has_none() -> None:
    asked = request()
    made = response(asked, 486, tag="t", headers=(("Retry-After", "5"),))
    assert (made.status, made.reason) == (486, "Busy Here")
    for name in ("Via", "From", "Call-ID", "CSeq"):
        assert made.headers.every(name) == asked.headers.every(name)
    assert made.headers.get("To") == "<sip:srs@10.0.0.2>;tag=t"
    assert made.headers.get("Retry-After") == "5"
    assert made.headers.get("Route") is None


@pytest.mark.parametrize("to", ["<sip:a@b>;tag=x", "sip:a@b;tag=x", "<sip:a@b> ; Tag=x"])
def test_a_to_that_has_a_tag_keeps_it(to: str) -> None:
    asked = Request(method="BYE", uri="sip:a", headers=Headers((("To", to),)))
    assert response(asked, 200, tag="new").headers.get("To") == to


def test_a_tag_inside_a_uri_is_none_of_the_to() -> None:
    asked = Request(method="BYE", uri="sip:a", headers=Headers((("To", "<sip:a@b;tag=x>"),)))
    assert response(asked, 200, tag="new").headers.get("To") == "<sip:a@b;tag=x>;tag=new"


def test_100_takes_the_timestamp_over() -> None:
    asked = Request(method="INVITE", uri="sip:a", headers=Headers((("Timestamp", "54"),)))
    assert trying(asked).headers.get("Timestamp") == "54"


def test_a_cancel_is_its_invite_without_what_is_not_its_own() -> None:
    invite = request()
    made = cancel(invite)
    assert made.uri == invite.uri
    assert made.headers.get("CSeq") == "7 CANCEL"
    for name in ("Via", "Route", "From", "To", "Call-ID"):
        assert made.headers.every(name) == invite.headers.every(name)
