"""Answers in Telnyx's shapes: error documents, command results, connectors, TeXML resources, the public key.

Owns which fields an answer has, their order and how the text is laid out. Must not decide which answer is due.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from emulator.core.effects import Reply
from emulator.core.models import SessionState, Track
from emulator.core.times import iso_millis, rfc2822

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.core.errors import ApiError, ErrorItem
    from emulator.core.models import Connector, HeaderList, Instant, JsonValue

COMMAND_ACCEPTED = b'{"data":{"result":"ok"}}'
"""CallControlCommandResult, as every command answers."""


def compact(document: JsonValue) -> bytes:
    """JSON without white space, as successful answers are."""
    return orjson.dumps(document)


def pretty(document: JsonValue) -> bytes:
    """JSON indented by two spaces, as error documents were seen to be."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def _error_item(item: ErrorItem) -> dict[str, JsonValue]:
    """One entry, in the key order seen in real answers: code, title, source, detail, meta."""
    entry: dict[str, JsonValue] = {}
    if item.code is not None:
        entry["code"] = item.code
    if item.title is not None:
        entry["title"] = item.title
    if item.pointer is not None:
        entry["source"] = {"pointer": item.pointer}
    elif item.parameter is not None:
        entry["source"] = {"parameter": item.parameter}
    if item.detail is not None:
        entry["detail"] = item.detail
    meta = {key: text for key, text in (("url", item.url), ("emulator", item.note)) if text is not None}
    if meta:
        entry["meta"] = meta
    return entry


def error_document(items: Iterable[ErrorItem]) -> bytes:
    """``{"errors": [...]}``, indented (facts: shape of errors)."""
    return pretty({"errors": [_error_item(item) for item in items]})


def error_reply(error: ApiError) -> Reply:
    """The whole answer that an error gives, its hint as ``X-Emulator-Hint``."""
    return Reply(
        status=error.status,
        body=error_document(error.items),
        headers=(*error.headers, *hint_header(error.hint)),
    )


def hint_header(hint: str) -> HeaderList:
    """``X-Emulator-Hint`` for what Telnyx itself would not say; nothing for an empty hint."""
    return (("X-Emulator-Hint", hint),) if hint else ()


def connector_document(connector: Connector) -> bytes:
    """SiprecConnectorResponse."""
    fields = connector.fields
    data: dict[str, JsonValue] = {
        "record_type": "siprec_connector",
        "name": fields.name,
        "host": fields.host,
        "port": fields.port,
    }
    if fields.app_subdomain is not None:
        data["app_subdomain"] = fields.app_subdomain
    data["created_at"] = iso_millis(connector.created_at)
    data["updated_at"] = iso_millis(connector.updated_at)
    return compact({"data": data})


def public_key_document(key: str) -> bytes:
    """The legacy ``public_key`` resource, which no longer stands in the OpenAPI document."""
    return compact({"data": {"public": key, "record_type": "public_key"}})


def texml_status(state: SessionState) -> str:
    """The two words that a TeXML Siprec resource has for a session's state."""
    return "in-progress" if state in {SessionState.STARTING, SessionState.STARTED} else "stopped"


def texml_start_document(  # noqa: PLR0913 - the resource has this many independent facts
    *,
    account_sid: str,
    call_sid: str,
    sid: str,
    state: SessionState,
    track: Track,
    created_at: Instant,
    updated_at: Instant,
    uri: str,
) -> bytes:
    """TexmlCreateSiprecSessionResponseBody: flat, RFC 2822 dates, ``error_code`` null."""
    created = rfc2822(created_at)
    return compact(
        {
            "account_sid": account_sid,
            "call_sid": call_sid,
            "sid": sid,
            "date_created": created,
            "date_updated": rfc2822(updated_at),
            "start_time": created,
            "status": texml_status(state),
            "track": track,
            "uri": uri,
            "error_code": None,
        }
    )


def texml_update_document(
    *, account_sid: str, call_sid: str, sid: str, status: str, updated_at: Instant, uri: str
) -> bytes:
    """TexmlUpdateSiprecSessionResponseBody."""
    return compact(
        {
            "account_sid": account_sid,
            "call_sid": call_sid,
            "sid": sid,
            "date_updated": rfc2822(updated_at),
            "status": status,
            "uri": uri,
            "error_code": None,
        }
    )
