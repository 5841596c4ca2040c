"""What each Telnyx operation answers, once its request has been read.

Owns the way from a command to its reply, one function an operation. Must not read bodies (``commands.py``) and
must not hold rules of recordings or connectors (``recording.py``, ``connectors.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from emulator.core import call_events, connectors, delivery_records, documents, ids, recording, sessions
from emulator.core.answer import Answer, scripted
from emulator.core.calls import answers as call_answers
from emulator.core.effects import Reply
from emulator.core.errors import DeliveryNotFound
from emulator.core.inspection import ListCallEvents, ListDeliveries, ReadDelivery
from emulator.core.models import (
    CreateConnector,
    DeleteConnector,
    ReadConnector,
    SessionState,
    ShowPublicKey,
    StartSiprec,
    StopSiprec,
    UpdateConnector,
)

if TYPE_CHECKING:
    from emulator.core.commands import Parsed
    from emulator.core.errors import ApiError
    from emulator.core.inspection import Inspection
    from emulator.core.models import HeaderList, Request, Session
    from emulator.core.recording import Answered
    from emulator.core.scenario.model import Answer as Respond
    from emulator.core.turn import Turn


_NO_CONTENT = Answer(reply=Reply(status=204))


def answer(turn: Turn, request: Request, parsed: Parsed, public_key: str) -> Answer:
    """Carry out a request's command and render what comes of it.

    Args:
        turn: At hand; takes the effects.
        request: As it arrived.
        parsed: The command and its body.
        public_key: Base64, for GET /public_key.

    Raises:
        ApiError: The command is refused.
    """
    command = parsed.command
    match command:
        case StartSiprec():
            return _start(turn, request, parsed, command)
        case StopSiprec():
            return _stop(turn, request, command)
        case ShowPublicKey():
            return Answer(reply=Reply(status=200, body=documents.public_key_document(public_key)))
        case ListDeliveries() | ReadDelivery() | ListCallEvents():
            return Answer(reply=Reply(status=200, body=_inspected(turn, command)))
        case CreateConnector() | ReadConnector() | UpdateConnector() | DeleteConnector():
            return _connector(turn, command)
        case _:
            return call_answers.answer(turn, request, command, parsed.document)


def refused(error: ApiError) -> Answer:
    """The answer that an error gives."""
    return Answer(reply=documents.error_reply(error), hint=error.hint)


def struck(turn: Turn, respond: Respond) -> Answer:
    """The answer that an injected fault gives to a command that does not take effect."""
    return Answer(reply=scripted(turn, respond, Reply(status=200, body=documents.COMMAND_ACCEPTED)))


# --- recordings ---


def _start(turn: Turn, request: Request, parsed: Parsed, command: StartSiprec) -> Answer:
    headers = {name.lower(): value for name, value in request.headers}
    came_to = recording.start(turn, command, parsed.document, headers, size=len(request.body))
    body = documents.COMMAND_ACCEPTED
    if command.texml is not None:
        body = _texml_started(request, came_to.session or _imagined(turn, command))
    return _as_scripted(turn, came_to, body)


def _imagined(turn: Turn, command: StartSiprec) -> Session:
    """What an answer shows that says a session began, although the scenario lets none begin."""
    return sessions.begin(ids.uuid4(turn.namespace.randomness), command, "", turn.now)


def _stop(turn: Turn, request: Request, command: StopSiprec) -> Answer:
    came_to = recording.stop(turn, command)
    body = documents.COMMAND_ACCEPTED
    if command.siprec_sid is not None:
        body = _texml_updated(turn, request, command, came_to.session)
    return _as_scripted(turn, came_to, body)


def _as_scripted(turn: Turn, came_to: Answered, accepted: bytes) -> Answer:
    """The standard answer, or what the scenario wants instead."""
    named: HeaderList = (("X-Emulator-Scenario", came_to.scenario),) if came_to.scenario else ()
    named += documents.hint_header(came_to.hint)
    return Answer(
        reply=scripted(turn, came_to.respond, Reply(status=200, body=accepted, headers=named)),
        selected=came_to.selected,
        session_id=came_to.session.id if came_to.session else None,
        hint=came_to.hint,
    )


def _uri(request: Request, account_sid: str, call_sid: str, sid: str) -> str:
    """Where the resource is, on this server: a program that follows it must not leave for Telnyx."""
    host = next((value for name, value in request.headers if name.lower() == "host"), "localhost")
    account, call = quote(account_sid, safe=""), quote(call_sid, safe=":")
    scheme = "https" if request.secure else "http"
    return f"{scheme}://{host}/v2/texml/Accounts/{account}/Calls/{call}/Siprec/{quote(sid, safe='')}"


def _texml_started(request: Request, session: Session) -> bytes:
    account_sid, call_sid = request.params
    return documents.texml_start_document(
        account_sid=account_sid,
        call_sid=call_sid,
        sid=session.id,
        state=session.state,
        track=session.start.track,
        created_at=session.created_at,
        updated_at=session.updated_at,
        uri=_uri(request, account_sid, call_sid, session.id),
    )


def _texml_updated(turn: Turn, request: Request, command: StopSiprec, session: Session | None) -> bytes:
    """A stop that was taken shows as stopped, although the event may follow later."""
    account_sid, call_sid, sid = request.params
    state = SessionState.STARTED if session is None else turn.namespace.sessions[session.id].state
    return documents.texml_update_document(
        account_sid=account_sid,
        call_sid=call_sid,
        sid=sid,
        status="stopped" if command.stops else documents.texml_status(state),
        updated_at=turn.now,
        uri=_uri(request, account_sid, call_sid, sid),
    )


# --- inspection ---


def _inspected(turn: Turn, command: Inspection) -> bytes:
    namespace = turn.namespace
    match command:
        case ListDeliveries():
            return delivery_records.list_document(namespace.journal, command)
        case ListCallEvents():
            return call_events.list_document(namespace, command, turn.now)
        case _:
            document = delivery_records.read_document(namespace.journal, command.id)
            if document is None:
                raise DeliveryNotFound
            return document


# --- connectors ---


def _connector(turn: Turn, command: CreateConnector | ReadConnector | UpdateConnector | DeleteConnector) -> Answer:
    match command:
        case CreateConnector():
            return _create(turn, command)
        case ReadConnector():
            return _read(turn, command)
        case UpdateConnector():
            return _update(turn, command)
        case _:
            return _delete(turn, command)


def _create(turn: Turn, command: CreateConnector) -> Answer:
    stored = connectors.create(turn.namespace.connectors, command.fields, turn.now)
    return Answer(reply=Reply(status=201, body=documents.connector_document(stored)))


def _read(turn: Turn, command: ReadConnector) -> Answer:
    stored = connectors.read(turn.namespace.connectors, command.name, turn.policy.realism, turn.now)
    return Answer(reply=Reply(status=200, body=documents.connector_document(stored)))


def _update(turn: Turn, command: UpdateConnector) -> Answer:
    store = turn.namespace.connectors
    stored = connectors.update(store, command.name, command.fields, turn.policy.realism, turn.now)
    return Answer(reply=Reply(status=200, body=documents.connector_document(stored)))


def _delete(turn: Turn, command: DeleteConnector) -> Answer:
    connectors.delete(turn.namespace.connectors, command.name, turn.policy.realism)
    return _NO_CONTENT
