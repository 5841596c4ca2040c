"""Whatever comes, in whatever order: nothing raises, nothing is ticked for ever, and every session ends."""

from __future__ import annotations

from typing import Any, TypeAlias

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from emulator.core.srs import Misconduct, SrsReason
from emulator.siprec.net.link import Transport
from emulator.siprec.sdp.streams import Direction
from emulator.siprec.sip.digest import Credentials
from emulator.siprec.sip.message import Request, written
from emulator.siprec.sip.transactions.replying import cancel, response
from emulator.siprec.src import machine
from emulator.siprec.src.actions import Ended, Failed, Over
from emulator.siprec.src.state import Phase
from tests.siprec.src.peer import CONTACT, SDP, Peer, addresses, directed, placed

Field: TypeAlias = tuple[str, str]
Body: TypeAlias = tuple[tuple[Field, ...], bytes]

STATUSES = st.sampled_from(
    [100, 180, 183, 200, 202, 302, 401, 407, 408, 420, 422, 481, 486, 487, 488, 491, 500, 503, 603]
)
FIELDS = st.lists(
    st.sampled_from(
        [
            CONTACT,
            ("Contact", "nonsense"),
            ("Session-Expires", "90;refresher=uas"),
            ("Session-Expires", "100;refresher=uac"),
            ("Session-Expires", "10"),
            ("Min-SE", "400"),
            ("Retry-After", "3"),
            ("Require", "timer"),
            ("Require", "unheard-of"),
            ("Record-Route", "<sip:p1;lr>"),
            ("Record-Route", "<sip:p2>"),
            ("Allow", "UPDATE"),
            ("WWW-Authenticate", 'Digest realm="a", nonce="b", qop="auth"'),
            ("Proxy-Authenticate", 'Digest realm="c", nonce="d", stale=true'),
            ("WWW-Authenticate", "nonsense"),
        ]
    ),
    max_size=3,
    unique_by=lambda field: field[0],
)
BODIES = st.sampled_from(
    [
        ((), b""),
        ((SDP,), b"nonsense"),
        ((SDP,), directed(Direction.INACTIVE)),
        ((SDP,), directed(Direction.RECVONLY)),
        ((SDP,), directed(Direction.SENDRECV, ports=(50_000, 0, 50_004))),
        ((SDP,), directed(Direction.RECVONLY, ports=(0, 0))),
        ((("Content-Type", "application/rs-metadata-request"),), b"please"),
        ((("Content-Type", "text/plain"),), b"hello"),
        ((("Content-Type", 'multipart/mixed;boundary="x"'),), b"--x\r\n\r\nhello\r\n--x--\r\n"),
    ]
)
METHODS = st.sampled_from(["INVITE", "ACK", "BYE", "UPDATE", "OPTIONS", "INFO", "CANCEL", "PRACK"])
ORDERS = st.fixed_dictionaries(
    {
        "transport": st.sampled_from([Transport.UDP, Transport.TCP]),
        "secure": st.booleans(),
        "session_timeout_secs": st.sampled_from([0, 90, 1_800]),
        "credentials": st.sampled_from([None, Credentials(username="me", password="secret")]),
        "misconduct": st.sampled_from(
            [
                Misconduct(),
                Misconduct(late_cancel=True),
                Misconduct(no_refresh=True),
                Misconduct(silence=9_000_000),
            ]
        ),
    }
)


class Sessions(RuleBasedStateMachine):
    """A session and an SRS that does anything."""

    peer: Peer

    @initialize(order=ORDERS, left=st.integers(0, 3))
    def place(self, order: dict[str, Any], left: int) -> None:
        """Send the INVITE."""
        self.peer = placed(left=addresses(left), **order)

    @rule(data=st.data(), status=STATUSES, fields=FIELDS, body=BODIES, tag=st.sampled_from(["srs", "fork"]))
    def answer(self, *, data: st.DataObject, status: int, fields: list[Field], body: Body, tag: str) -> None:
        """Answer any request of the client's, an old one among them."""
        requests = [one for one in self.peer.sent if isinstance(one, Request) and one.method != "ACK"]
        asked = data.draw(st.sampled_from(requests)) if requests else None
        if asked is None:
            return
        typed, content = body
        made = response(asked, status, tag=tag, headers=(*fields, *typed), body=content)
        self.peer.hear(made)

    @rule()
    def accept(self) -> None:
        """Answer the last INVITE as it should be."""
        self.peer.answer(200)

    @rule(method=METHODS, fields=FIELDS, body=BODIES, behind=st.integers(0, 3))
    def ask(self, method: str, fields: list[Field], body: Body, behind: int) -> None:
        """Ask for anything, with a number that may be old."""
        typed, content = body
        number = max(self.peer.number + 1 - behind, 1)
        self.peer.ask(method, *fields, *typed, body=content, number=number)

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """Say again what the client said, as a broken peer would."""
        self.peer.hear(data.draw(st.sampled_from(self.peer.sent)))

    @rule()
    def cancel(self) -> None:
        """Cancel something of the SRS's."""
        self.peer.hear(cancel(self.peer.theirs("INVITE")))

    @rule(cut=st.integers(0, 400))
    def garble(self, cut: int) -> None:
        """Send part of a message."""
        data = written(self.peer.theirs("INVITE", SDP, body=directed(Direction.RECVONLY)))[:cut]
        self.peer.take(machine.heard(self.peer.conduct, data, self.peer.now))

    @rule(seconds=st.sampled_from([0.1, 0.5, 3, 33, 61, 200, 1_000]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.peer.pass_time(seconds)

    @rule(left=st.integers(0, 2))
    def reach(self, left: int) -> None:
        """Find a way to another address, whether it was asked for or not."""
        self.peer.reach(addresses(left))

    @rule()
    def fail_to_reach(self) -> None:
        """Find none."""
        self.peer.fail_to_reach()

    @rule()
    def lose(self) -> None:
        """Lose the way."""
        self.peer.lose(SrsReason.LOST)

    @rule()
    def hang_up(self) -> None:
        """Hang up."""
        self.peer.hang_up()

    @invariant()
    def the_outcome_is_told_at_most_once(self) -> None:
        """And before nothing is awaited any more."""
        outcomes = [*self.peer.told(Failed), *self.peer.told(Ended)]
        assert len(outcomes) <= 1
        assert len(self.peer.told(Over)) <= 1
        if self.peer.over:
            assert outcomes

    def teardown(self) -> None:
        """Hang up, and wait: nothing may be left."""
        if not hasattr(self, "peer"):
            return
        self.peer.hang_up()
        self.peer.pass_time(200)
        assert self.peer.over
        assert self.peer.conduct.phase is Phase.OVER
        assert machine.deadline(self.peer.conduct) is None


TestSessions = Sessions.TestCase
TestSessions.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
