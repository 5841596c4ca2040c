"""The control API's routes, described.

Owns one table, by path below ``/_emulator``; ``control_about.py`` has a part of it. docs/control-api.md says the
same at length. Must not answer: ``web/control_api.py`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.web.openapi.components import ref
from emulator.web.openapi.control_about import ABOUT
from emulator.web.openapi.control_stories import STORIES
from emulator.web.openapi.operation import VIEW, Operation, a_list, described, one
from emulator.web.openapi.parts import ERROR, TEXT, XML, YAML, answer, body, content, query_parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.web.openapi.parts import Part

PREFIX = "/_emulator"

_TAKES_SCENARIO = body("scenario", YAML, required=True)

_SCENARIO_AND_TEXT: Part = {
    "description": "Done.",
    "content": {**content("control.scenario"), **content(TEXT, YAML)},
}

_SIP_AND_LADDER: Part = {
    "description": "Done.",
    "content": {**content("control.sip_messages"), **content(TEXT, "text/plain")},
}

PCAP = "application/vnd.tcpdump.pcap"

_SETTING = (400, 413, 422, 503)

_MISSED = answer("It is not so; `meta.near_misses` tells what comes near.", "control.missed")

_RECEIVE = Operation(
    summary="Take a webhook, judge its signature and keep it.",
    answers=None,
    faults=(413,),
    guarded=False,
)

OPERATIONS: Mapping[str, Mapping[str, Operation]] = {
    **ABOUT,
    "/scenarios": {
        "get": Operation(summary="The scenarios that are loaded.", answers="control.scenarios", scoped=True)
    },
    "/scenarios/validate": {
        "post": Operation(
            summary="Check a scenario without loading it.",
            answers={
                "oneOf": [
                    ref("control.scenario_valid"),
                    ref("control.scenario_explained"),
                    ref("control.scenario_invalid"),
                ]
            },
            faults=(413, 422),
            query=(
                query_parameter("file", "What problems call the file."),
                query_parameter(
                    "explain",
                    "Whether to tell what a start would get from it, too, as if it were loaded.",
                    {"type": "string", "enum": ["true", "false"], "default": "false"},
                ),
            ),
            scoped=True,
            takes=_TAKES_SCENARIO,
        )
    },
    "/scenarios/{name}": {
        "get": Operation(
            summary="A scenario and its text; the text alone to whom accepts YAML.",
            answers="control.scenario",
            also=(("200", _SCENARIO_AND_TEXT),),
            faults=(404,),
            scoped=True,
        ),
        "put": Operation(
            summary="Load a scenario, for one namespace or for all.",
            answers="control.scenario_put",
            also=(
                ("201", answer("Loaded; there was none of that name.", "control.scenario_put")),
                (
                    "422",
                    answer(
                        "It is no scenario, or not of that name.",
                        {"oneOf": [ref("control.scenario_invalid"), ref(ERROR)]},
                    ),
                ),
            ),
            faults=(413, 503),
            scoped=True,
            takes=_TAKES_SCENARIO,
        ),
        "delete": Operation(
            summary="Take a scenario away; sessions that play it go on.",
            answers=None,
            status=204,
            faults=(404,),
            scoped=True,
        ),
    },
    "/namespaces": {"get": Operation(summary="The namespaces in use.", answers="control.namespaces", scoped=True)},
    "/namespaces/{namespace_id}": {
        "get": Operation(
            summary="A namespace; `self` is the API key's own.", answers="control.namespace", faults=(404, 422)
        ),
        "put": Operation(
            summary="Set what a namespace does differently, and declare its calls.",
            answers="control.namespace",
            faults=_SETTING,
            takes=body("control.settings"),
        ),
        "delete": Operation(
            summary="Forget a namespace with all that is in it.", answers=None, status=204, faults=(422,)
        ),
    },
    "/scenarios/{name}/explain": {
        "post": Operation(
            summary="What a siprec_start would get from a scenario, without playing it.",
            answers="control.outlook",
            faults=(400, 404, 413, 422),
            scoped=True,
            takes=body("control.start"),
        )
    },
    "/queue": {
        "get": Operation(
            summary="The scenarios that wait for their start, the next one first.",
            answers="control.queue_now",
            faults=(422,),
            scoped=True,
        ),
        "post": Operation(
            summary="Let a scenario play the next start, or the next few.",
            answers="control.queue_put",
            status=201,
            faults=_SETTING,
            scoped=True,
            takes=body("control.queue", required=True),
        ),
        "delete": Operation(summary="Empty the queue.", answers=None, status=204, faults=(422,), scoped=True),
    },
    "/faults": {
        "get": Operation(
            summary="The faults that are switched on, and how often each has struck.",
            answers="control.faults_now",
            faults=(422,),
            scoped=True,
        ),
        "put": Operation(
            summary="Switch faults on in place of those that are; an empty object switches all off.",
            answers="control.faults_now",
            faults=_SETTING,
            scoped=True,
            takes=body("control.faults"),
        ),
        "post": Operation(
            summary="Switch faults on beside those that are.",
            answers="control.faults_now",
            status=201,
            faults=_SETTING,
            scoped=True,
            takes=body("control.faults"),
        ),
        "delete": Operation(
            summary="Switch all faults off.", answers=None, status=204, faults=(422,), scoped=True
        ),
    },
    "/clock": {
        "get": Operation(
            summary="Where the clock stands, and what it waits for.",
            answers="control.clock_now",
            faults=(422, 503),
            scoped=True,
        ),
        "put": Operation(
            summary="Let the clock go in another way.",
            answers="control.clock_now",
            faults=_SETTING,
            scoped=True,
            takes=body("control.clock", required=True),
        ),
    },
    "/clock/advance": {
        "post": Operation(
            summary="Move the clock forward, letting everything happen on the way that falls due.",
            answers="control.advanced",
            faults=_SETTING,
            scoped=True,
            takes=body("control.advance", required=True),
        )
    },
    "/verify": {
        "post": Operation(
            summary="Whether so many entries match.",
            answers="control.verified",
            also=(("409", _MISSED),),
            faults=_SETTING,
            query=(VIEW,),
            scoped=True,
            takes=body("query.verify", required=True),
        )
    },
    "/wait": {
        "post": Operation(
            summary="Wait for webhooks, for a session, or until nothing is left to do.",
            answers="control.waited",
            also=(
                (
                    "408",
                    answer(
                        "It has not become so in time; `meta.near_misses` tells what comes near.",
                        {"anyOf": [ref("control.missed"), ref(ERROR)]},
                    ),
                ),
            ),
            faults=_SETTING,
            query=(VIEW,),
            scoped=True,
            takes=body("query.wait", required=True),
        )
    },
    "/sessions": {
        "get": a_list(
            "Recording sessions, oldest first.",
            "control.sessions",
            "state",
            "call_control_id",
            "scenario",
            "connector_name",
            "api",
            whole=True,
        )
    },
    "/sessions/{session_id}": {"get": one("A session, its transitions, dials and webhooks.", "control.session")},
    **STORIES,
    "/sessions/{session_id}/sip": {
        "get": Operation(
            summary="A session's SIP messages, both ways; drawn as a ladder to whom accepts plain text.",
            answers="control.sip_messages",
            also=(("200", _SIP_AND_LADDER),),
            faults=(404,),
            scoped=True,
        )
    },
    "/sessions/{session_id}/pcap": {
        "get": Operation(
            summary="A capture of what a session sent and received, for Wireshark.",
            answers={"type": "string", "contentMediaType": PCAP},
            media_type=PCAP,
            faults=(404,),
            scoped=True,
        )
    },
    "/sessions/{session_id}/events": {
        "post": Operation(
            summary="Let an event occur that no scenario asked for.",
            answers="control.webhook_made",
            status=202,
            faults=(404, *_SETTING),
            scoped=True,
            takes=body("control.event", required=True),
        )
    },
    "/calls": {
        "get": a_list(
            "Calls, in the order in which they began.",
            "control.calls",
            "call_control_id",
            "connection_id",
            "state",
            "direction",
            "from",
            "to",
            "scenario",
            whole=True,
        ),
        "post": Operation(
            summary="Let a call come in.",
            answers="control.call_told",
            status=201,
            faults=_SETTING,
            scoped=True,
            takes=body("control.arrival"),
        ),
    },
    "/calls/{call_id}": {"get": one("A call, its changes, recordings and webhooks.", "control.call")},
    "/calls/{call_id}/hangup": {
        "post": Operation(
            summary="Let the far end of a call hang up.",
            answers="control.call_told",
            status=202,
            faults=(404, *_SETTING),
            scoped=True,
            takes=body("control.hangup"),
        ),
    },
    "/calls/{call_id}/texml": {
        "post": Operation(
            summary="Carry out a TeXML document's <Start><Siprec/></Start> and <Stop><Siprec/></Stop> on a call.",
            answers="control.texml",
            also=(
                (
                    "422",
                    answer(
                        "It is no TeXML that is read here; nothing was carried out.",
                        {"oneOf": [ref("control.scenario_invalid"), ref(ERROR)]},
                    ),
                ),
            ),
            faults=(400, 413, 503),
            scoped=True,
            query=(
                query_parameter("file", "What problems call the document."),
                query_parameter("account_sid", "What callbacks say; without it, a UUID of the namespace's own."),
            ),
            takes=body(TEXT, XML, required=True),
        )
    },
    "/connections": {
        "get": Operation(
            summary="Connections, and where webhooks of their calls go.",
            answers="control.connections",
            faults=(422,),
            scoped=True,
        )
    },
    "/connections/{connection_id}": {
        "get": Operation(
            summary="A connection.", answers="control.connection_told", faults=(404, 422), scoped=True
        ),
        "put": Operation(
            summary="Say where webhooks of a connection's calls go.",
            answers="control.connection_told",
            also=(("201", answer("There was none of that id.", "control.connection_told")),),
            faults=(400, 413, 422, 503),
            scoped=True,
            takes=body("control.connection"),
        ),
        "delete": Operation(
            summary="Forget a connection.", answers=None, status=204, faults=(404, 422), scoped=True
        ),
    },
    "/requests": {
        "get": a_list(
            "Requests to Telnyx's routes, oldest first.",
            "control.requests",
            "method",
            "route",
            "call_control_id",
            "session_id",
            "scenario",
            "status",
            whole=True,
        ),
        "delete": Operation(summary="Empty the journal.", answers=None, status=204, scoped=True),
    },
    "/requests/near-misses": {
        "get": Operation(
            summary="The requests that no match or no route took, latest first, and what came nearest.",
            answers="control.unmatched",
            scoped=True,
        )
    },
    "/requests/{request_id}": {
        "get": one("A request, its answer, and why each scenario was chosen or not.", "control.request")
    },
    "/webhooks": {
        "get": a_list(
            "Events and how their delivery stands, oldest first.",
            "control.webhooks",
            "event_type",
            "session_id",
            "call_control_id",
            "state",
            whole=True,
        )
    },
    "/webhooks/{webhook_id}": {"get": one("An event with every attempt.", "control.webhook")},
    "/webhooks/{webhook_id}/replay": {
        "post": Operation(
            summary="Send a webhook once more, as it was or edited, and signed anew.",
            answers="control.webhook_made",
            status=202,
            faults=(404, *_SETTING),
            scoped=True,
            takes=body("control.replay"),
        )
    },
    "/received": {
        "get": a_list("What the built-in receiver got, oldest first.", "control.received", "method", "verdict")
    },
    "/problems": {
        "get": a_list("What went wrong that nobody scripted, oldest first.", "control.problems_met", "kind")
    },
    "/receiver": {
        "get": Operation(
            summary="What the built-in receiver answers, and how often each answer was given.",
            answers="control.reception_now",
            faults=(422,),
            scoped=True,
        ),
        "put": Operation(
            summary="Let the built-in receiver answer otherwise; an empty object lets it answer 200.",
            answers="control.reception_now",
            faults=_SETTING,
            scoped=True,
            takes=body("query.reception"),
        ),
        "post": Operation(
            summary="Tell the built-in receiver more answers, after those that it was told.",
            answers="control.reception_now",
            status=201,
            faults=_SETTING,
            scoped=True,
            takes=body("query.reception"),
        ),
        "delete": Operation(
            summary="Let the built-in receiver answer 200 again.",
            answers=None,
            status=204,
            faults=(422,),
            scoped=True,
        ),
    },
    "/receiver/{namespace_id}": dict.fromkeys(("get", "post", "put", "patch", "delete"), _RECEIVE),
}


def control_paths() -> Part:
    """The path items of the control API."""
    return {
        PREFIX + path: {method: described(method, path, operation) for method, operation in methods.items()}
        for path, methods in OPERATIONS.items()
    }
