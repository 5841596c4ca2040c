"""The control API's routes that tell of one recording, one call or one webhook as a whole, described.

Owns a part of ``control.py``'s table, apart only since the whole is long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.web.openapi.operation import Operation, one
from emulator.web.openapi.parts import TEXT, YAML, content

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.web.openapi.parts import Part

_RETOLD: Part = {
    "description": "Done.",
    "content": {**content("control.retold"), **content(TEXT, YAML)},
}

STORIES: Mapping[str, Mapping[str, Operation]] = {
    "/sessions/{session_id}/story": {
        "get": one("All that happened to a session: requests, states, webhooks with attempts.", "control.story")
    },
    "/sessions/{session_id}/scenario": {
        "get": Operation(
            summary="What happened to a session as a scenario; the YAML alone to whom accepts YAML.",
            answers="control.retold",
            also=(("200", _RETOLD),),
            faults=(404,),
            scoped=True,
        )
    },
    "/calls/{call_id}/story": {
        "get": one("All that happened to a call, and to what was recorded of it.", "control.story")
    },
    "/webhooks/{webhook_id}/story": {
        "get": one("A webhook as a story has it: with the time and the verdict of each attempt.", "control.story")
    },
}
