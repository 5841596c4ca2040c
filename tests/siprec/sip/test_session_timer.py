"""Session timers, beside RFC 4028."""

from __future__ import annotations

from emulator.core.models import SECOND
from emulator.siprec.sip.headers import Headers
from emulator.siprec.sip.message import Request, Response
from emulator.siprec.sip.session_timer import (
    Asked,
    SessionTimer,
    agreed,
    answering,
    asking,
    raised,
    too_short,
)


def answer(*fields: tuple[str, str], status: int = 200) -> Response:
    return Response(status=status, reason="", headers=Headers(fields))


def request(*fields: tuple[str, str]) -> Request:
    return Request(method="UPDATE", uri="sip:a", headers=Headers(fields))


def held(interval: int, *, ours: bool, since: int = 0) -> SessionTimer:
    return SessionTimer(interval=interval, ours=ours, since=since)


def test_the_first_request_leaves_the_refresher_open_and_later_ones_keep_who_it_is() -> None:
    asked = Asked(interval=1_800)
    assert asking(asked, None) == (("Session-Expires", "1800"),)
    assert asking(asked, held(1_800, ours=True)) == (("Session-Expires", "1800;refresher=uac"),)
    assert asking(asked, held(1_800, ours=False)) == (("Session-Expires", "1800;refresher=uas"),)


def test_no_interval_asks_for_nothing() -> None:
    assert asking(Asked(interval=0), None) == ()


def test_a_422_is_followed_with_its_min_se_and_the_largest_that_was_seen() -> None:
    first = raised(Asked(interval=90), answer(("Min-SE", "200"), status=422))
    assert first == Asked(interval=200, min_se=200)
    assert first is not None
    assert asking(first, None) == (("Session-Expires", "200"), ("Min-SE", "200"))
    assert raised(first, answer(("Min-SE", "300"), status=422)) == Asked(interval=300, min_se=300)


def test_a_422_that_asks_for_no_more_is_the_end() -> None:
    for fields in ((("Min-SE", "90"),), (), (("Min-SE", "soon"),)):
        assert raised(Asked(interval=90), answer(*fields, status=422)) is None


def test_the_side_that_the_2xx_names_refreshes_at_half() -> None:
    ours = agreed(Asked(interval=1_800), answer(("Session-Expires", "600;refresher=uac")), 10 * SECOND)
    assert ours == held(600, ours=True, since=10 * SECOND)
    assert ours is not None
    assert ours.refresh_at == 310 * SECOND
    theirs = agreed(Asked(interval=1_800), answer(("Session-Expires", "600;refresher=uas")), 0)
    assert theirs is not None
    assert theirs.refresh_at is None


def test_a_session_is_ended_32_seconds_before_its_end_or_a_third_of_it() -> None:
    assert held(1_800, ours=False).expires_at == 1_768 * SECOND
    assert held(90, ours=False, since=SECOND).expires_at == 61 * SECOND


def test_a_2xx_without_session_timers_leaves_the_refreshing_to_this_side() -> None:
    assert agreed(Asked(interval=1_800), answer(), 5) == held(1_800, ours=True, since=5)
    assert agreed(Asked(interval=1_800), answer(("Session-Expires", "often")), 5) == held(
        1_800, ours=True, since=5
    )


def test_a_side_that_asks_for_no_timer_still_follows_one_that_the_2xx_wants() -> None:
    assert agreed(Asked(interval=0), answer(), 0) is None
    assert agreed(Asked(interval=0), answer(("Session-Expires", "90;refresher=uas")), 0) == held(90, ours=False)


# --- the peer's refresh ---


def test_a_peer_that_knows_timers_and_names_no_refresher_is_it() -> None:
    asked = request(("Supported", "100rel, timer"), ("Session-Expires", "120"))
    timer, fields = answering(asked, held(1_800, ours=True), 7)
    assert timer == held(120, ours=False, since=7)
    assert fields == (("Require", "timer"), ("Session-Expires", "120;refresher=uac"))


def test_the_refresher_that_a_peer_names_is_kept() -> None:
    timer, fields = answering(request(("Session-Expires", "120;refresher=uas")), None, 7)
    assert timer == held(120, ours=True, since=7)
    assert fields == (("Session-Expires", "120;refresher=uas"),)


def test_a_request_without_an_interval_refreshes_what_held_and_is_told_so() -> None:
    # a 2xx without Session-Expires turns the timer off (RFC 4028 section 7.2), and the peer would stop refreshing
    supports = request(("Supported", "timer"))
    ours = answering(supports, held(1_800, ours=True, since=1), 7)
    assert ours == (held(1_800, ours=True, since=7), (("Session-Expires", "1800;refresher=uas"),))
    theirs = answering(supports, held(1_800, ours=False, since=1), 7)
    assert theirs == (
        held(1_800, ours=False, since=7),
        (("Require", "timer"), ("Session-Expires", "1800;refresher=uac")),
    )
    assert answering(request(), None, 7) == (None, ())


def test_a_peer_that_no_longer_knows_timers_is_refreshed_by_this_side() -> None:
    # RFC 4028 section 9, table 2: a client without support can only have uas
    timer, fields = answering(request(), held(1_800, ours=False, since=1), 7)
    assert timer == held(1_800, ours=True, since=7)
    assert fields == (("Session-Expires", "1800;refresher=uas"),)


def test_less_than_90_seconds_is_too_short() -> None:
    assert too_short(request(("Session-Expires", "89")))
    assert not too_short(request(("Session-Expires", "90")))
    assert not too_short(request())
