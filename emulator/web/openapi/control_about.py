"""The control API's routes that tell of the server itself, described: what it is, and how it is.

Owns a part of ``control.py``'s table, apart only since the whole is long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.web.openapi.operation import Operation
from emulator.web.openapi.parts import TEXT, answer, content

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.web.openapi.parts import Part

_PAGE: Part = {"description": "Done.", "content": {**content("control.index"), **content(TEXT, "text/html")}}

_FILE: Part = {
    "description": "Done.",
    "content": content(TEXT, "text/html", "text/css", "text/javascript", "image/svg+xml"),
}

ABOUT: Mapping[str, Mapping[str, Operation]] = {
    "/": {
        "get": Operation(
            summary="The live page for browsers; to others, what there is here.",
            answers="control.index",
            also=(("200", _PAGE),),
        )
    },
    "/page/{name}": {
        "get": Operation(
            summary="A file of the live page.", answers=TEXT, also=(("200", _FILE),), faults=(404,), guarded=False
        ),
        "head": Operation(summary="Whether there is such a file.", answers=None, faults=(404,), guarded=False),
    },
    "/health": {
        "get": Operation(summary="Whether the process answers.", answers="control.health", guarded=False),
        "head": Operation(summary="Whether the process answers.", answers=None, guarded=False),
    },
    "/ready": {
        "get": Operation(
            summary="Whether commands are taken.",
            answers="control.ready",
            also=(("503", answer("It is stopping.", "control.ready")),),
            guarded=False,
        ),
        "head": Operation(
            summary="Whether commands are taken.",
            answers=None,
            also=(("503", answer("It is stopping.")),),
            guarded=False,
        ),
    },
    "/info": {"get": Operation(summary="Version, settings and numbers.", answers="control.info")},
    "/openapi.json": {"get": Operation(summary="This document.", answers="control.document")},
    "/schemas": {"get": Operation(summary="The JSON Schemas' names.", answers="control.names")},
    "/schemas/{name}": {
        "get": Operation(
            summary="A JSON Schema, by its name with or without `.schema.json`.",
            answers="control.document",
            faults=(404,),
        )
    },
    "/public-key": {
        "get": Operation(summary="The key that signs webhooks, in Base64.", answers="control.public_key")
    },
    "/ca.pem": {
        "get": Operation(
            summary="The certificate of the emulator's own authority, for trust.",
            answers=TEXT,
            media_type="application/pem-certificate-chain",
            faults=(404,),
            guarded=False,
        )
    },
    "/events": {
        "get": Operation(
            summary="As it happens: request, transition, call, srs, webhook, attempt, received, change, missed.",
            answers={"type": "string"},
            media_type="text/event-stream",
            faults=(503,),
            scoped=True,
        )
    },
    "/reset": {
        "post": Operation(summary="Forget a namespace, or all of them.", answers="control.reset", scoped=True)
    },
}
