"""Whatever comes in whatever order, the recording server raises nothing, and ends what it began."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.models import SECOND
from emulator.siprec.net.link import Transport
from emulator.siprec.sip.message import Request
from emulator.siprec.srs.actions import Began, Ended
from emulator.siprec.srs.manner import Answer, Manner
from tests.siprec.srs.calling import Caller, FakeLink, multipart

MANNERS = st.builds(
    Manner,
    answer=st.sampled_from([Answer.ACCEPT, Answer.RING, Answer.TOO_SHORT, Answer.SILENT]),
    ring_for=st.sampled_from([0, SECOND]),
    hang_up_after=st.sampled_from([None, 3 * SECOND]),
    hold_after=st.sampled_from([None, SECOND]),
    resume_after=st.sampled_from([None, SECOND]),
    snapshot_after=st.sampled_from([None, 2 * SECOND]),
)
METHODS = st.sampled_from(["ACK", "BYE", "CANCEL", "UPDATE", "OPTIONS", "INFO", "INVITE", "PRACK"])
STEPS = st.one_of(
    st.tuples(st.just("say"), METHODS),
    st.tuples(st.just("wait"), st.integers(0, 40)),
    st.tuples(st.just("answer"), st.sampled_from([100, 200, 401, 408, 481, 487, 491, 500, 603])),
    st.tuples(st.just("garbage"), st.binary(max_size=60)),
    st.tuples(st.just("lose"), st.none()),
)


@settings(deadline=None)
@given(manner=MANNERS, tcp=st.booleans(), steps=st.lists(STEPS, max_size=12))
def test_no_order_of_messages_and_time_raises_or_leaves_a_session(
    manner: Manner, tcp: bool, steps: list[tuple[str, object]]
) -> None:
    caller = Caller(manner=manner, link=FakeLink(transport=Transport.TCP if tcp else Transport.UDP))
    asked = [one for one in caller.invite() if isinstance(one, Request)]
    for what, value in steps:
        asked += one_step(caller, what, value, asked)
    caller.server.hang_up(caller.now)
    caller.wait(200 * SECOND)
    assert caller.server.deadline is None
    assert not caller.server.busy
    assert len(caller.of(Began)) >= len(caller.of(Ended))


def one_step(caller: Caller, what: str, value: object, asked: list[Request]) -> list[Request]:
    """Carry a step out; the requests that the server sends for it."""
    sent: list[object] = []
    if what == "say":
        caller.cseq += 1
        typed = 'Content-Type: multipart/mixed; boundary="b1"\r\nSession-Expires: 90\r\nSupported: timer\r\n'
        body = multipart() if value in {"INVITE", "UPDATE"} else ""
        sent = list(caller.say(caller.request(str(value), extra=typed if body else "", body=body)))
    elif what == "wait" and isinstance(value, int):
        sent = list(caller.wait(value * SECOND))
    elif what == "answer" and isinstance(value, int) and asked:
        sent = list(caller.answer(asked[-1], value))
    elif what == "garbage" and isinstance(value, bytes):
        sent = list(caller.say(value))
    elif what == "lose":
        caller.server.lost(caller.link, caller.now)
    return [one for one in sent if isinstance(one, Request)]
