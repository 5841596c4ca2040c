"""Messages for the tests of transactions, and what a transaction did, in short words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.models import MILLISECOND
from emulator.siprec.sip.headers import Headers
from emulator.siprec.sip.message import Message, Request, Response
from emulator.siprec.sip.transactions.replying import response
from emulator.siprec.sip.transactions.table import Deliver, Transmit
from emulator.siprec.sip.transactions.transaction import tick

if TYPE_CHECKING:
    from emulator.siprec.sip.transactions.transaction import Step, Transaction

MS = MILLISECOND


def request(method: str = "INVITE", *, branch: str = "z9hG4bKa", sent_by: str = "10.0.0.1:5060") -> Request:
    """A request with everything that a transaction looks at."""
    return Request(
        method=method,
        uri="sip:srs@10.0.0.2",
        headers=Headers(
            (
                ("Via", f"SIP/2.0/UDP {sent_by};branch={branch}"),
                ("Route", "<sip:proxy;lr>"),
                ("Max-Forwards", "70"),
                ("From", "<sip:src@10.0.0.1>;tag=mine"),
                ("To", "<sip:srs@10.0.0.2>"),
                ("Call-ID", "call"),
                ("CSeq", f"7 {method}"),
            )
        ),
    )


def answer(to: Request, status: int) -> Response:
    """An answer with a tag of its own."""
    return response(to, status, tag="theirs")


def told(step: Step) -> list[str]:
    """The actions, each in a word or two."""
    return [_word(action) for action in step.actions]


def _word(action: object) -> str:
    if isinstance(action, Transmit):
        return f"send {_name(action.message)}"
    if isinstance(action, Deliver):
        return f"deliver {_name(action.message)}"
    return type(action).__name__


def _name(message: Message) -> str:
    return message.method if isinstance(message, Request) else str(message.status)


def played(transaction: Transaction, until: int) -> tuple[Transaction, list[tuple[int, str]]]:
    """Tick at each deadline up to ``until`` (milliseconds), and say what happened when, in milliseconds."""
    story = []
    while transaction.deadline is not None and transaction.deadline <= until * MS:
        now = transaction.deadline
        step = tick(transaction, now)
        transaction = step.transaction
        story += [(now // MS, word) for word in told(step)]
    return transaction, story
