"""The whole test run held against the schemas: records, checks once at the end, fails the run, and says how much.

Owns the way from the recorder to the exit status and the terminal, over the workers of pytest-xdist too. Must not
know a schema (``documents.py``) nor where documents leave a server (``recorder.py``).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.documents import Deviation, Document
    from tests.conformance.metadata import MetadataRecorder
    from tests.conformance.recorder import Recorder

_SHOWN = 20
"""Documents that are told of in full."""

_BYTES_SHOWN = 2000

_OUTPUT = "conformance"


@dataclass(kw_only=True)
class Tally:
    """What came of the documents of one process.

    Attributes:
        answers, webhooks: Recorded.
        distinct: Checked.
        telnyx: Of these, those that Telnyx's document describes; None where it is not there.
        excused: Of these, those that deviate since a scenario, a fault or somebody by hand wanted it so.
        wrong: What deviates, in words.
        metadata: Documents of recording sessions that were written.
        metadata_excused: Of these, those that were asked to be invalid.
        metadata_distinct: Of the others, those that were checked; None where RFC 7865's schema is not there.
        metadata_wrong: Those that it does not allow, in words.
    """

    answers: int = 0
    webhooks: int = 0
    distinct: int = 0
    telnyx: int | None = None
    excused: int = 0
    wrong: list[str] = field(default_factory=list)
    metadata: int = 0
    metadata_excused: int = 0
    metadata_distinct: int | None = None
    metadata_wrong: list[str] = field(default_factory=list)

    def __add__(self, other: Tally) -> Tally:
        """Of two processes."""
        known = [one.telnyx for one in (self, other) if one.telnyx is not None]
        distinct = [one.metadata_distinct for one in (self, other) if one.metadata_distinct is not None]
        return Tally(
            answers=self.answers + other.answers,
            webhooks=self.webhooks + other.webhooks,
            distinct=self.distinct + other.distinct,
            telnyx=sum(known) if known else None,
            excused=self.excused + other.excused,
            wrong=self.wrong + other.wrong,
            metadata=self.metadata + other.metadata,
            metadata_excused=self.metadata_excused + other.metadata_excused,
            metadata_distinct=sum(distinct) if distinct else None,
            metadata_wrong=self.metadata_wrong + other.metadata_wrong,
        )

    @property
    def conforms(self) -> bool:
        """Whether nothing deviates."""
        return not self.wrong and not self.metadata_wrong

    def __str__(self) -> str:
        """On one line."""
        telnyx = "Telnyx's document is not there" if self.telnyx is None else f"{self.telnyx} by Telnyx's document"
        verdict = f"{len(self.wrong)} DO NOT CONFORM" if self.wrong else "all conform"
        return (
            f"{self.answers} answers and {self.webhooks} webhooks, {self.distinct} distinct checked "
            f"({telnyx}), {self.excused} deviate as scripted, {verdict}"
        )

    def of_metadata(self) -> str:
        """What came of the metadata, on one line."""
        known = self.metadata_distinct is not None
        held = f"{self.metadata_distinct} distinct checked" if known else "RFC 7865's schema is not there"
        verdict = f"{len(self.metadata_wrong)} ARE NOT VALID" if self.metadata_wrong else "all valid"
        return f"{self.metadata} metadata documents ({held}), {self.metadata_excused} invalid as asked, {verdict}"


_RECORDER: pytest.StashKey[Recorder] = pytest.StashKey()
_METADATA: pytest.StashKey[MetadataRecorder] = pytest.StashKey()
_TALLIES: pytest.StashKey[dict[str, Tally]] = pytest.StashKey()


@pytest.fixture(scope="session", autouse=True)
def _recorded(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every server that a test starts in this process."""
    # imported once tests run: those who only collect, and pytest-cov before it measures, do without
    from tests.conformance.metadata import MetadataRecorder  # noqa: PLC0415 - see above
    from tests.conformance.recorder import Recorder  # noqa: PLC0415 - see above

    recorder = request.config.stash[_RECORDER] = Recorder()
    metadata = request.config.stash[_METADATA] = MetadataRecorder()
    with recorder.recording(), metadata.recording():
        yield


def checked(recorder: Recorder, metadata: MetadataRecorder) -> Tally:
    """Check what was recorded."""
    from tests.conformance.documents import check, telnyx_is_here  # noqa: PLC0415 - as above

    tally = Tally(answers=recorder.answers, webhooks=recorder.webhooks, distinct=len(recorder.distinct))
    findings = [(document, check(document)) for document in recorder.distinct.values()]
    if telnyx_is_here():
        tally.telnyx = sum(found.by_telnyx for _, found in findings)
    tally.excused = sum(bool(found.excused) for _, found in findings)
    tally.wrong = [_told(document, found.deviations) for document, found in findings if found.deviations]
    tally.metadata, tally.metadata_excused = metadata.written, metadata.excused
    invalid = metadata.wrong() if metadata.written else None
    if invalid is not None:
        tally.metadata_distinct = len(metadata.distinct)
        tally.metadata_wrong = invalid
    return tally


def _told(document: Document, deviations: tuple[Deviation, ...]) -> str:
    shown = document.content[:_BYTES_SHOWN].decode("utf-8", "backslashreplace")
    lines = (f"first in {document.seen_in or 'no test'}", *map(str, deviations), *shown.splitlines())
    return "\n  ".join((document.name, *lines))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Check; a worker hands on what it found, and whoever has it all lets the run fail."""
    config = session.config
    tallies = config.stash.setdefault(_TALLIES, {})
    recorder = config.stash.get(_RECORDER, None)
    if recorder is not None:
        tallies[""] = checked(recorder, config.stash[_METADATA])
    output = getattr(config, "workeroutput", None)
    if output is not None:
        output[_OUTPUT] = asdict(tallies.get("", Tally()))
        return
    conforms = all(one.conforms for one in tallies.values())
    if not conforms and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker found; one that crashed has told nothing, and pytest-xdist says so."""
    told = getattr(node, "workeroutput", {}).get(_OUTPUT)
    if told is not None:
        node.config.stash.setdefault(_TALLIES, {})[node.gateway.id] = Tally(**told)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how many documents were held against the schemas, and which don't hold."""
    tallies = config.stash.get(_TALLIES, {})
    total = sum(tallies.values(), Tally())
    if not total.conforms:
        terminalreporter.section("answers and webhooks that do not conform", red=True)
        for told in (total.wrong + total.metadata_wrong)[:_SHOWN]:
            terminalreporter.write_line(told)
    if total.metadata:
        terminalreporter.write_line(f"conformance: {total.of_metadata()}", red=bool(total.metadata_wrong))
    if not total.distinct:
        return
    terminalreporter.write_line(f"conformance: {total}", red=bool(total.wrong))
    for worker, tally in sorted(tallies.items()):
        if worker:
            terminalreporter.write_line(f"  {worker}: {tally.answers} answers, {tally.webhooks} webhooks")
