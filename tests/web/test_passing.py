"""What goes along when a request is passed on: its target as it came, and what is meant for whom it goes to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from emulator.core.errors import FallbackLoop
from emulator.web.passing import answer_fields, base_of, passed_target, request_fields, shown

VIA = "siprec-emulator-1"


def passed(*fields: tuple[str, str], credentials: bool = False, decoded: bool = False) -> list[tuple[str, str]]:
    """What of a request goes along, without the Via that is added at the end."""
    proxy = CIMultiDictProxy(CIMultiDict(fields))
    found = list(request_fields(proxy, credentials=credentials, via=VIA, decoded=decoded).items())
    assert found.pop() == ("Via", f"1.1 {VIA}")
    return found


@pytest.mark.parametrize(
    ("base", "target", "url"),
    [
        ("http://p:4010", "/v2/messages?a=%2F&b=%20#", "http://p:4010/messages?a=%2F&b=%20#"),
        ("http://p:4010/", "/messages", "http://p:4010/messages"),
        ("https://api.telnyx.com/v2", "/v2/numbers/%2F..%2f", "https://api.telnyx.com/v2/numbers/%2F..%2f"),
        ("https://api.telnyx.com/v2/", "/numbers", "https://api.telnyx.com/v2/numbers"),
        ("http://p", "/v2", "http://p"),
        ("http://p", "/v2?a", "http://p?a"),
        ("http://p", "/v20/x", "http://p/v20/x"),
        ("http://p", "//evil.test/x", "http://p//evil.test/x"),
        ("http://p/v2", "/v2/../x", "http://p/v2/../x"),
    ],
)
def test_the_target_stands_behind_the_base_as_it_came(base: str, target: str, url: str) -> None:
    """A base URL is what an SDK is given, so the emulator's own prefix is left out."""
    assert passed_target(base_of(base), target) == url


@given(st.text(st.characters(codec="ascii", exclude_categories=["C", "Z"]), max_size=40))
def test_whatever_the_target_says_the_host_stays(rest: str) -> None:
    assert passed_target("http://p:1", f"/{rest}").startswith(("http://p:1/", "http://p:1?")) or rest == "v2"


def test_a_url_is_shown_without_its_query() -> None:
    assert shown("http://p/x?key=secret") == "http://p/x"


def test_credentials_stay_here() -> None:
    fields = [("Authorization", "Bearer KEY"), ("X-Api-Key", "k"), ("X-Auth-Token", "t"), ("Cookie", "a=b")]
    assert passed(*fields, ("Accept", "*/*")) == [("Accept", "*/*")]


def test_asked_for_authorization_alone_goes_along() -> None:
    fields = [("Authorization", "Bearer KEY"), ("X-Api-Key", "k"), ("Cookie", "a=b"), ("Proxy-Authorization", "x")]
    assert passed(*fields, credentials=True) == [("Authorization", "Bearer KEY")]


def test_fields_for_one_connection_stay_here_also_those_that_connection_names() -> None:
    """RFC 9110 section 7.6.1."""
    fields = [
        ("Connection", "close, X-Hop"),
        ("connection", "x-other"),
        ("X-Hop", "1"),
        ("X-Other", "1"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "close"),
        ("TE", "trailers"),
        ("Trailer", "X"),
        ("Transfer-Encoding", "chunked"),
        ("Upgrade", "h2c"),
        ("X-Kept", "1"),
    ]
    assert passed(*fields) == [("X-Kept", "1")]


def test_host_expectations_and_the_emulators_own_fields_stay_here() -> None:
    fields = [
        ("Host", "here"),
        ("Expect", "100-continue"),
        ("X-Emulator-Admin-Token", "t"),
        ("x-emulator-scenario", "s"),
    ]
    assert passed(*fields) == []


def test_fields_that_come_twice_go_along_twice_in_their_order() -> None:
    fields = [("Accept", "a"), ("X-A", "1"), ("accept", "b")]
    assert passed(*fields) == fields


def test_an_unpacked_body_has_neither_its_coding_nor_its_length_any_more() -> None:
    fields = [("Content-Encoding", "gzip"), ("Content-Length", "5"), ("Content-Type", "text/plain")]
    assert passed(*fields) == fields
    assert passed(*fields, decoded=True) == fields[2:]


def test_who_was_here_before_goes_round_in_a_circle() -> None:
    """Whoever else it passed."""
    with pytest.raises(FallbackLoop):
        passed(("Via", "1.0 fred, 1.1 other"), ("via", f"1.1 {VIA}"))
    assert passed(("Via", "1.1 siprec-emulator-2")) == [("Via", "1.1 siprec-emulator-2")]


def test_bytes_that_are_no_utf_8_become_characters() -> None:
    """Nothing else can be written."""
    assert passed(("X-A", "a\udcffb")) == [("X-A", "a\xffb")]


def test_an_answer_brings_no_cookies_and_says_where_it_comes_from() -> None:
    given_fields = CIMultiDict(
        [("Set-Cookie", "a=b"), ("Connection", "x-hop"), ("X-Hop", "1"), ("X-Emulator-Hint", "no"), ("ETag", "1")]
    )
    found = answer_fields(given_fields, via=VIA, url="http://p/x?key=secret")
    assert list(found.items()) == [
        ("ETag", "1"),
        ("Via", f"1.1 {VIA}"),
        ("X-Emulator-Forwarded", "http://p/x"),
    ]
