"""A recorded call for the tests of metadata, and the schema of RFC 7865 where it lies beside the checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree  # type: ignore[import-untyped] # lxml brings no types

from emulator.siprec.metadata.call import Party, RecordedCall, Track

SCHEMA = Path(__file__).parents[4] / "shared" / "spec" / "rs-metadata" / "recording-offline.xsd"

NOON = 1_732_536_000_000_000
"""2024-11-25T12:00:00Z."""

CALL = RecordedCall(
    uuid="6a09cdc3-8948-47f0-aa62-74ac943d6c58",
    sip_call_id="a84b4c76e66710@pc33.example.com",
    caller=Party(uuid="11111111-2222-4333-8444-555555555555", aor="sip:+15551230001@sip.telnyx.com", name="Zoë"),
    callee=Party(uuid="11111111-2222-4333-8444-666666666666", aor="sip:+15551230002@sip.telnyx.com"),
    tracks=(
        Track(uuid="aaaaaaaa-0000-4000-8000-000000000001", label="inbound", from_caller=True),
        Track(uuid="aaaaaaaa-0000-4000-8000-000000000002", label="outbound", from_caller=False),
    ),
    started_at=NOON,
)


@cache
def schema() -> Any:
    """RFC 7865's schema; the test is skipped where it is not there."""
    if not SCHEMA.exists():
        pytest.skip(f"no schema at {SCHEMA}")
    return etree.XMLSchema(file=str(SCHEMA))


def is_valid(document: bytes) -> bool:
    """Whether a document is as the schema says."""
    return bool(schema().validate(etree.fromstring(document)))
