"""What goes wrong on a recording session's wire, in words."""

from __future__ import annotations

from emulator.core.errors import GarbledSip, SrtpMissing, Unreachable


def test_what_a_peer_garbled_is_told_by_its_reason() -> None:
    error = GarbledSip("no start line")
    assert (str(error), error.reason) == ("no start line", "no start line")


def test_missing_srtp_says_what_would_help() -> None:
    assert "telnyx-siprec-emulator[srtp]" in str(SrtpMissing())


def test_where_there_is_a_way_and_no_tls_the_error_says_so() -> None:
    assert not Unreachable("recorder:5061: nobody listens there").tls
    distrusted = Unreachable("recorder:5061: its certificate is not trusted", tls=True)
    assert distrusted.tls
    assert str(distrusted) == "recorder:5061: its certificate is not trusted"
