"""The emulator's own description of what it answers, as an OpenAPI 3.1 document with webhooks.

Owns that it is made only when it is asked for: its tables are no part of a start. ``document.py`` puts it together
from Telnyx's routes (``telnyx.py``), the control API (``control.py``) and the schemas of both (``components.py``,
``shapes.py``). Must not describe what is not answered: tests hold the tables against the routes, and every answer
against its schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.models import JsonValue

__all__ = ["describe"]


def describe(schemas: Mapping[str, JsonValue], version: str) -> JsonValue:
    """Describe everything that a running emulator answers and sends.

    Args:
        schemas: File name (``request.siprec_start.schema.json``) to JSON Schema, as ``resources.load_schemas``
            gives them.
        version: Of the emulator.

    Returns:
        A self-contained OpenAPI document (OpenAPI 3.1.1): all its references point into itself.
    """
    from emulator.web.openapi.document import assemble  # noqa: PLC0415 - most runs never ask, and none waits for it

    return assemble(schemas, version)
