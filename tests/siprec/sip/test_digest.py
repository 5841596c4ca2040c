"""Digest by the examples of RFC 7616, RFC 2617, and of the SIP working group's draft of examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import GarbledSip, Unwritable
from emulator.siprec.sip.digest import (
    Algorithm,
    Challenge,
    Credentials,
    Qop,
    authorization,
    parse_authorization,
    parse_challenge,
    strongest,
    verified,
)

MUFASA = Credentials(username="Mufasa", password="Circle of Life")
BOB = Credentials(username="bob", password="zanzibar")
RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
RFC_2617 = (
    'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
    'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)
BILOXI = 'Digest realm="biloxi.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'

BILOXI_BODY = (
    b"v=0\r\no=bob 2890844526 2890844526 IN IP4 media.biloxi.com\r\ns=-\r\nc=IN IP4 media.biloxi.com\r\nt=0 0\r\n"
    b"m=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
    b"m=video 51372 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n"
    b"m=video 53000 RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\n"
)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616_come_out(algorithm: str, response: str) -> None:
    challenge = parse_challenge(RFC_7616.format(algorithm))
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    answer = parse_authorization(authorization(challenge, MUFASA, "GET", "/dir/index.html", cnonce, 1))
    assert (answer.response, answer.qop, answer.count, answer.cnonce) == (response, Qop.AUTH, 1, cnonce)
    assert answer.opaque == "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
    assert answer.algorithm == algorithm


def test_the_example_of_rfc_2617_comes_out() -> None:
    mufasa = Credentials(username="Mufasa", password="Circle Of Life")
    written = authorization(parse_challenge(RFC_2617), mufasa, "GET", "/dir/index.html", "0a4f113b", 1)
    assert parse_authorization(written).response == "6629fae49393a05397450978507c4ef1"
    assert ", qop=auth, nc=00000001, cnonce=" in written


@pytest.mark.parametrize(
    ("challenge", "response"),
    [
        (BILOXI, "bf57e4e0d0bffc0fbaedce64d59add5e"),
        (f"{BILOXI}, algorithm=md5", "bf57e4e0d0bffc0fbaedce64d59add5e"),
        (f'{BILOXI}, qop="auth", algorithm=MD5', "89eb0059246c02b2f6ee02c7961d5ea3"),
        (f'{BILOXI}, qop="auth", algorithm=MD5-sess', "e4e4ea61d186d07a92c9e1f6919902e9"),
    ],
)
def test_the_drafts_examples_for_sip_come_out(challenge: str, response: str) -> None:
    written = authorization(parse_challenge(challenge), BOB, "INVITE", "sip:bob@biloxi.com", "0a4f113b", 1)
    assert parse_authorization(written).response == response


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [("MD5", "bdbeebb2da6adb6bca02599c2239e192"), ("MD5-sess", "91984da2d8663716e91554859c22ca70")],
)
def test_the_drafts_examples_with_a_body_come_out(algorithm: str, response: str) -> None:
    challenge = parse_challenge(f'{BILOXI}, qop="auth-int", algorithm={algorithm}')
    written = authorization(challenge, BOB, "INVITE", "sip:bob@biloxi.com", "0a4f113b", 1, BILOXI_BODY)
    assert parse_authorization(written).response == response


def test_without_qop_nothing_of_the_client_is_told() -> None:
    written = authorization(parse_challenge(BILOXI), BOB, "INVITE", "sip:bob@biloxi.com", "0a4f113b", 1)
    assert "nc=" not in written
    assert "cnonce" not in written
    assert "qop" not in written


def test_a_bound_hash_without_qop_tells_the_clients_nonce() -> None:
    challenge = parse_challenge(f"{BILOXI}, algorithm=SHA-256-sess")
    answer = parse_authorization(authorization(challenge, BOB, "INVITE", "sip:bob@biloxi.com", "0a4f113b", 1))
    assert (answer.cnonce, answer.qop) == ("0a4f113b", None)
    assert verified(answer, BOB, "INVITE")


def test_auth_is_preferred_and_auth_int_answered_where_it_is_all_there_is() -> None:
    assert parse_challenge(f'{BILOXI}, qop="auth-int,auth"').qops == (Qop.AUTH_INT, Qop.AUTH)
    both = parse_challenge(f'{BILOXI}, qop="auth-int , AUTH, token"')
    assert parse_authorization(authorization(both, BOB, "INVITE", "sip:b", "c", 1)).qop is Qop.AUTH
    one = parse_challenge(f'{BILOXI}, qop="auth-int"')
    answer = parse_authorization(authorization(one, BOB, "INVITE", "sip:b", "c", 1, b"v=0"))
    assert answer.qop is Qop.AUTH_INT
    assert verified(answer, BOB, "INVITE", b"v=0")
    assert not verified(answer, BOB, "INVITE", b"v=1")


def test_the_strongest_challenge_that_is_known_is_answered() -> None:
    challenges = [
        "Basic realm=x",
        f"{BILOXI}, algorithm=MD5, opaque=first",
        f"{BILOXI}, algorithm=SHA-512-256",
        f"{BILOXI}, algorithm=SHA-256, opaque=second",
        f"{BILOXI}, algorithm=SHA-256, opaque=third",
        f'{BILOXI}, algorithm=SHA-256-sess, qop="token"',
        "Digest realm=",
        "",
    ]
    chosen = strongest(challenges)
    assert chosen is not None
    assert (chosen.algorithm, chosen.opaque) == (Algorithm.SHA_256, "second")
    assert strongest([]) is None
    assert strongest(["Basic realm=x", "Digest", f"{BILOXI}, algorithm=AKAv1-MD5"]) is None


@pytest.mark.parametrize(("text", "stale"), [("true", True), ("TRUE", True), ('"true"', True), ("false", False)])
def test_a_stale_challenge_says_so(text: str, stale: bool) -> None:
    assert parse_challenge(f"{BILOXI}, stale={text}").stale is stale


def test_quotes_within_are_escaped_both_ways() -> None:
    challenge = parse_challenge('digest  REALM = "a \\"b\\" \\\\",,nonce="1,2" , domain="sip:x",')
    assert (challenge.realm, challenge.nonce) == ('a "b" \\', "1,2")
    eve = Credentials(username='eve", realm="x', password="p")
    answer = parse_authorization(authorization(challenge, eve, "BYE", "sip:a", "c", 1))
    assert (answer.username, answer.realm) == (eve.username, challenge.realm)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Digest",
        "Digest realm",
        'Digest realm="a"',
        'Digest nonce="a"',
        'Digest realm="a" nonce="b"',
        'Digest realm="a, nonce=b',
        'Digest realm="a", nonce="b", REALM="c"',
        'Digest realm="a", nonce="b", Digest realm="c", nonce="d"',
        'Digest realm="a", nonce="b", qop="token"',
        'Digest realm="a", nonce="b", algorithm=none',
        'Basic realm="a", nonce="b"',
    ],
)
def test_what_can_not_be_answered_is_refused(text: str) -> None:
    with pytest.raises(GarbledSip):
        parse_challenge(text)


ANSWER = 'Digest username="a", realm="b", nonce="c", uri="sip:d", response="e"'


@pytest.mark.parametrize(
    "text",
    [
        "Digest x=y",
        f"{ANSWER}, qop=token, nc=00000001",
        f"{ANSWER}, qop=auth",
        f"{ANSWER}, qop=auth, nc=1",
        f"{ANSWER}, qop=auth, nc=0000000g",
        f"{ANSWER}, algorithm=SHA-1",
        "Bearer abc",
    ],
)
def test_what_is_no_answer_is_refused(text: str) -> None:
    with pytest.raises(GarbledSip):
        parse_authorization(text)


def test_a_response_that_is_no_hash_is_not_right() -> None:
    assert not verified(parse_authorization(ANSWER), Credentials(username="a", password="p"), "BYE")
    assert not verified(parse_authorization(ANSWER.replace('"e"', '"é"')), BOB, "BYE")


CHALLENGES = st.builds(
    Challenge,
    realm=st.text(max_size=9),
    nonce=st.text(max_size=9),
    algorithm=st.sampled_from(Algorithm),
    qops=st.sampled_from([(), (Qop.AUTH,), (Qop.AUTH_INT,), (Qop.AUTH, Qop.AUTH_INT)]),
    opaque=st.none() | st.text(max_size=9),
    stale=st.booleans(),
)


@given(CHALLENGES, st.text(max_size=9), st.text(max_size=9), st.binary(max_size=9))
def test_who_knows_the_password_is_verified_and_nobody_else(
    challenge: Challenge, name: str, password: str, body: bytes
) -> None:
    right = Credentials(username=name, password=password)
    try:
        read = parse_challenge(str(challenge))
        answer = parse_authorization(authorization(read, right, "INVITE", "sip:srs", "0a4f113b", 7, body))
    except Unwritable:
        return
    assert read == challenge
    assert verified(answer, right, "INVITE", body)
    assert not verified(answer, right, "BYE", body)
    assert not verified(answer, Credentials(username=name, password=password + "x"), "INVITE", body)
    assert not verified(answer, Credentials(username=name + "x", password=password), "INVITE", body)


def test_credentials_show_no_password() -> None:
    assert "zanzibar" not in repr(BOB)
