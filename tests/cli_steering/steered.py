"""What the tests of the commands for a running server share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Run = Callable[..., Result]


ROOT = Path(__file__).parent.parent.parent
BEGINNING = "2025-01-01T00:00:00.000000Z"
NOBODY = ["--port", "1"]


def document(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)
