"""Targets: loopback and private by default, more by permission, link-local never, and no way round by DNS."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ThreadedResolver
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.errors import TargetRefused
from emulator.web.targets import GuardedResolver, TargetPolicy, check_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from yarl import URL

DEFAULT = TargetPolicy()
ANYWHERE = TargetPolicy.parse(["*"])


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/hook",
        "http://127.9.9.9/",
        "https://10.1.2.3/hook?x=%41",
        "http://172.16.0.1",
        "http://172.31.255.255/",
        "http://192.168.0.7:65535/",
        "http://[::1]:8000/",
        "http://[fd12:3456::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://0.0.0.0:8000/",
        "http://[::]:8000/",
        "http://localhost/",
        "http://app:3000/webhooks",
        "https://example.com/judged-when-resolved",
    ],
)
def test_loopback_private_and_named_hosts_pass_as_written(url: str) -> None:
    assert str(check_url(url, DEFAULT)).rstrip("/") == url.rstrip("/")


def test_a_url_is_kept_byte_for_byte() -> None:
    parsed = check_url("http://127.0.0.1/a%2fb/%7e?q=%41+b&empty", DEFAULT)
    assert parsed.raw_path_qs == "/a%2fb/%7e?q=%41+b&empty"


@pytest.mark.parametrize(
    "url",
    [
        "http://8.8.8.8/",
        "http://172.32.0.1/",
        "http://100.64.0.1/",
        "http://[2001:db8::1]/",
        "http://[::ffff:8.8.8.8]/",
        "http://[64:ff9b::8.8.8.8]/",
    ],
)
def test_a_public_address_is_refused_and_the_flag_that_would_allow_it_is_named(url: str) -> None:
    with pytest.raises(TargetRefused, match="--allow-target") as caught:
        check_url(url, DEFAULT)
    check_url(url, TargetPolicy.parse([caught.value.target]))
    check_url(url, ANYWHERE)


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.0.1",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[febf::1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::169.254.169.254]",
        "[2002:a9fe:a9fe::1]",
        "[fd00:ec2::254]",
    ],
)
def test_link_local_is_refused_whatever_is_allowed(host: str) -> None:
    bare = host.strip("[]").replace("%25", "%")
    for policy in (DEFAULT, ANYWHERE, TargetPolicy.parse(["*", bare, "0.0.0.0/0", "::/0"])):
        with pytest.raises(TargetRefused, match="always refused"):
            check_url(f"http://{host}/", policy)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "absolute"),
        ("/hook", "absolute"),
        ("//127.0.0.1/hook", "absolute"),
        ("http:///hook", "absolute"),
        ("ftp://127.0.0.1/", "http:// or https://"),
        ("file:///etc/passwd", "http:// or https://"),
        ("http://user:secret@127.0.0.1/", "user name or password"),
        ("http://user@127.0.0.1/", "user name or password"),
        ("http://@127.0.0.1/", "user name or password"),
        ("http://127.1/", "usual form"),
        ("http://2130706433/", "usual form"),
        ("http://017700000001/", "usual form"),
        ("http://127.0.0.1:99999/", "not a URL"),
        ("http://127.0.0.1:0/", "garbled"),
        ("http://127.0.0.1:8_0/", "garbled"),
        ("http://127.0.0.1:+80/", "garbled"),
        ("http://127.0.0.1:80:80/", "not a URL"),
        ("http://[zz]/", "not a URL"),
        ("http://[::1/", "not a URL"),
        ("http://127.0.0.1/a b", "cannot stand in a URL"),
        ("http://127.0.0.1/\r\nX-Evil: 1", "cannot stand in a URL"),
        ("http://b\u00fccher.example/", "xn--"),
        ("http://127.0.0.1\\@8.8.8.8/", "cannot stand in a URL"),
        ("http://127.0.0.1/" + "x" * 2000, "at most 2000 characters"),
    ],
)
def test_what_is_no_sound_webhook_url_is_refused_with_the_reason(url: str, reason: str) -> None:
    with pytest.raises(TargetRefused, match=reason):
        check_url(url, ANYWHERE)


def checked(text: str) -> URL | TargetRefused:
    """What the check says of it."""
    try:
        return check_url(text, DEFAULT)
    except TargetRefused as refused:
        return refused


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda text: f"http://{text}"))
@settings(max_examples=200)
def test_any_text_is_either_a_url_with_a_host_or_refused(text: str) -> None:
    outcome = checked(text)
    if isinstance(outcome, TargetRefused):
        assert str(outcome).isprintable()
    else:
        assert outcome.scheme in {"http", "https"}
        assert outcome.raw_host
        assert outcome.port


@pytest.mark.parametrize(
    ("entry", "host", "allowed"),
    [
        ("hooks.example.com", "hooks.example.com", True),
        ("hooks.example.com", "HOOKS.example.com.", True),
        ("hooks.example.com.", "hooks.example.com", True),
        ("hooks.example.com", "other.example.com", False),
        ("*.example.com", "hooks.example.com", True),
        ("*.example.com", "a.b.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "badexample.com", False),
        ("*", "anything.test", True),
        (" hooks.example.com ", "hooks.example.com", True),
    ],
)
def test_names_are_allowed_exactly_or_by_suffix(entry: str, host: str, allowed: bool) -> None:
    assert TargetPolicy.parse([entry]).allows_name(host) is allowed


@pytest.mark.parametrize("entry", ["203.0.113.0/24", "203.0.113.9", "203.0.113.77/24"])
def test_addresses_and_ranges_are_allowed(entry: str) -> None:
    check_url("http://203.0.113.9/", TargetPolicy.parse([entry]))
    with pytest.raises(TargetRefused):
        check_url("http://203.0.114.9/", TargetPolicy.parse([entry]))


@pytest.mark.parametrize("entry", ["", "http://x/", "host:80", "*.", "*x", "127.1", "10.0.0.0/33", "a b", "**"])
def test_an_entry_that_names_no_target_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="is no target"):
        TargetPolicy.parse(["localhost", entry])


def addresses(*found: str) -> Callable[..., Any]:
    """What the system's resolver would say."""

    async def resolve(_self: ThreadedResolver, host: str, port: int = 0, family: int = 0) -> list[dict[str, Any]]:
        del family
        return [{"hostname": host, "host": address, "port": port} for address in found]

    return resolve


@pytest.mark.parametrize("found", [["127.0.0.1"], ["::1", "127.0.0.1"], ["192.168.1.4", "fd00::7"]])
async def test_a_name_passes_when_all_its_addresses_are_local(
    found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ThreadedResolver, "resolve", addresses(*found))
    results = await GuardedResolver(DEFAULT).resolve("app.test", 80)
    assert [result["host"] for result in results] == found


@pytest.mark.parametrize("found", [["8.8.8.8"], ["127.0.0.1", "8.8.8.8"]])
async def test_a_name_with_one_public_address_is_refused_unless_it_is_allowed(
    found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ThreadedResolver, "resolve", addresses(*found))
    with pytest.raises(TargetRefused, match=r"app\.test \(8\.8\.8\.8\).*--allow-target app\.test"):
        await GuardedResolver(DEFAULT).resolve("app.test", 80)
    for entry in ("app.test", "*.test", "8.8.8.0/24", "*"):
        assert await GuardedResolver(TargetPolicy.parse([entry])).resolve("app.test", 80)


async def test_a_name_that_leads_to_the_metadata_address_is_refused_whatever_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ThreadedResolver, "resolve", addresses("127.0.0.1", "169.254.169.254"))
    with pytest.raises(TargetRefused, match="always refused"):
        await GuardedResolver(TargetPolicy.parse(["*", "app.test"])).resolve("app.test", 80)


async def test_a_name_is_judged_each_time_it_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = GuardedResolver(DEFAULT)
    monkeypatch.setattr(ThreadedResolver, "resolve", addresses("127.0.0.1"))
    assert await resolver.resolve("rebind.test", 80)
    monkeypatch.setattr(ThreadedResolver, "resolve", addresses("8.8.8.8"))
    with pytest.raises(TargetRefused):
        await resolver.resolve("rebind.test", 80)


async def test_a_name_without_addresses_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ThreadedResolver, "resolve", addresses())
    with pytest.raises(socket.gaierror, match="no address"):
        await GuardedResolver(DEFAULT).resolve("empty.test", 80)


async def test_a_name_that_dns_cannot_hold_does_not_resolve() -> None:
    with pytest.raises(socket.gaierror, match="not a host name"):
        await GuardedResolver(DEFAULT).resolve("a" * 64 + ".test", 80)


async def test_localhost_resolves_through_the_system() -> None:
    results = await GuardedResolver(DEFAULT).resolve("localhost", 80)
    assert {result["host"] for result in results} <= {"127.0.0.1", "::1"}
