"""The OpenAPI document as a whole.

Owns how the parts come together. Must not know a route or a shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.web.openapi.components import components
from emulator.web.openapi.control import control_paths
from emulator.web.openapi.shapes import SHAPES
from emulator.web.openapi.shapes_of_calls import SHAPES_OF_CALLS
from emulator.web.openapi.shapes_of_outlook import SHAPES_OF_OUTLOOK
from emulator.web.openapi.shapes_of_questions import SHAPES_OF_QUESTIONS
from emulator.web.openapi.shapes_of_settings import SHAPES_OF_SETTINGS
from emulator.web.openapi.shapes_of_wire import SHAPES_OF_WIRE
from emulator.web.openapi.telnyx import telnyx_paths, webhooks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.models import JsonValue

_ABOUT = (
    "A local stand-in for Telnyx's SIPREC API. Telnyx's routes answer with and without the prefix /v2; what lies "
    "under /_emulator is the emulator's own and tells what happened."
)


def assemble(schemas: Mapping[str, JsonValue], version: str) -> JsonValue:
    """Put the document together; arguments and answer are those of ``describe``."""
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "telnyx-siprec-emulator",
            "version": version,
            "summary": "Telnyx's SIPREC API, emulated, and the control API beside it.",
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "Where this document was read."}],
        "tags": [
            {"name": "telnyx", "description": "As Telnyx answers."},
            {"name": "control", "description": "The emulator's own."},
        ],
        "paths": {**telnyx_paths(schemas), **control_paths()},
        "webhooks": webhooks(),
        "components": {
            "schemas": {
                **components(schemas),
                **SHAPES,
                **SHAPES_OF_CALLS,
                **SHAPES_OF_SETTINGS,
                **SHAPES_OF_QUESTIONS,
                **SHAPES_OF_OUTLOOK,
                **SHAPES_OF_WIRE,
            },
            "securitySchemes": {
                "api_key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Any text, unless keys were listed at the start; each opens its own namespace.",
                },
                "admin_token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-Emulator-Admin-Token",
                    "description": "Guards the control API where it was set at the start.",
                },
            },
        },
    }
