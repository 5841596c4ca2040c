"""The readers of settings, whatever they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.srs import SrsAddress
from emulator.readers import read_host, read_port, read_ports, read_size, read_speed, read_srs, read_url

if TYPE_CHECKING:
    from collections.abc import Callable


def said(reader: Callable[[str], object], text: str) -> str:
    """What a reader refuses the text with, empty when it reads it; any error but a ValueError gets through."""
    try:
        reader(text)
    except ValueError as error:
        return str(error)
    return ""


@given(st.text() | st.from_regex(r"[0-9]{1,20}[kKmMgG]?[iI]?[bB]?", fullmatch=True))
def test_a_size_is_read_or_refused_in_words(text: str) -> None:
    assert said(read_size, text) == "" or said(read_size, text).startswith("must be a size")


@given(st.integers(0, 65535))
def test_every_port_is_read(port: int) -> None:
    assert read_port(str(port)) == port


@given(st.text() | st.from_regex(r"[0-9]{1,7}(\.[0-9]{1,4})?", fullmatch=True))
def test_a_speed_is_read_within_its_bounds_or_refused_in_words(text: str) -> None:
    refused = said(read_speed, text)
    assert refused.startswith("must be a number") or 0.001 <= float(text) <= 100_000


@given(st.text() | st.text().map(lambda text: "http://" + text))
def test_a_url_is_read_or_refused_in_words(text: str) -> None:
    assert said(read_url, text) == "" or said(read_url, text).startswith("must be a URL")


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("srs.example.com", "srs.example.com", 5060),
        ("127.0.0.1:5070", "127.0.0.1", 5070),
        ("sip:127.0.0.1:5070", "127.0.0.1", 5070),
        ("sips:srs:5061", "srs", 5061),
        ("[::1]:5090", "::1", 5090),
        ("[2001:db8::7]", "2001:db8::7", 5060),
    ],
)
def test_a_recording_server_s_address_is_read_as_people_write_it(text: str, host: str, port: int) -> None:
    assert read_srs(text) == SrsAddress(host=host, port=port)


@pytest.mark.parametrize("text", ["127.1", "1.2.3.4.5", "-srs", "srs-", "[::g]", "srs:0", "srs:99999", "a b", ""])
def test_what_is_no_host_and_port_is_refused(text: str) -> None:
    assert said(read_srs, text).startswith("must be a recording server's host and port")


@given(st.text() | st.from_regex(r"(sip:)?[a-z0-9.\[\]:]{1,20}(:[0-9]{1,6})?", fullmatch=True))
def test_a_recording_server_s_address_is_read_or_refused_in_words(text: str) -> None:
    assert said(read_srs, text) == "" or said(read_srs, text).startswith("must be a recording server's")


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("::", "::"),
        ("my_app", "my_app"),
        ("h.test", "h.test"),
    ],
)
def test_a_host_is_read_as_people_write_it(text: str, host: str) -> None:
    assert read_host(text) == host


@pytest.mark.parametrize("text", ["", " ", "a b", "[::1", "::1]", "[h]", "256.1.1.1", "h:5060", "a\r\nb"])
def test_what_is_no_host_is_refused(text: str) -> None:
    assert said(read_host, text).startswith("must be a host's name or address")


@given(st.text() | st.from_regex(r"[0-9]{1,6}-[0-9]{1,6}", fullmatch=True))
def test_a_range_of_ports_is_read_or_refused_in_words(text: str) -> None:
    assert said(read_ports, text) == "" or said(read_ports, text).startswith("must be a range")
