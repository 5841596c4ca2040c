"""Every metadata document that is written in this process, recorded and held against RFC 7865's schema.

Owns the seam and the verdict. A document is written out of order where somebody asks for one that is not valid,
and nowhere else: it is counted and excused. The schema lies beside the checkout or nowhere; then documents are
counted alone.
"""

from __future__ import annotations

import os
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emulator.siprec.metadata import writing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

SCHEMA = Path(__file__).parents[3] / "shared" / "spec" / "rs-metadata" / "recording-offline.xsd"

_PLAIN = re.compile(rb"[A-Za-z0-9+/]{22}==|\d+")
"""Ids and numbers that are well formed: what differs in them alone is not distinct."""


@dataclass(frozen=True, slots=True)
class Written:
    """A document.

    Attributes:
        seen_in: The test that had it first.
    """

    content: bytes
    seen_in: str


@dataclass(kw_only=True)
class MetadataRecorder:
    """What was written so far.

    Attributes:
        written: How many there were, those that are alike included.
        excused: Of these, those that were asked to be invalid.
        distinct: What is to be checked.
    """

    written: int = 0
    excused: int = 0
    distinct: dict[bytes, Written] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record until the block is left, in whichever thread a document is written."""
        write, reverse = writing._written, writing._reverse  # noqa: SLF001 - the one seam of all writers
        on_purpose = threading.local()

        @wraps(write)
        def written(root: Element) -> bytes:
            content = write(root)
            self._keep(content, excused=getattr(on_purpose, "root", None) is root)
            return content

        @wraps(reverse)
        def reversed_on_purpose(root: Element) -> None:
            reverse(root)
            on_purpose.root = root

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(writing, "_written", written)
            patch.setattr(writing, "_reverse", reversed_on_purpose)
            yield

    def _keep(self, content: bytes, *, excused: bool) -> None:
        seen_in = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
        with self._lock:
            self.written += 1
            self.excused += excused
            if not excused:
                self.distinct.setdefault(_PLAIN.sub(b"0", content), Written(content, seen_in))

    def wrong(self) -> list[str] | None:
        """The documents that are not valid, in words; None where the schema is not there."""
        if not SCHEMA.exists():
            return None
        from lxml import etree  # type: ignore[import-untyped] # noqa: PLC0415 - once, and it brings no types

        schema = etree.XMLSchema(file=str(SCHEMA))
        told = []
        for one in self.distinct.values():
            if not schema.validate(etree.fromstring(one.content)):
                name = f"metadata first in {one.seen_in or 'no test'}"
                told.append("\n  ".join((name, str(schema.error_log.last_error), one.content.decode())))
        return told
