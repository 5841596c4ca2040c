"""The pytest plugin: an emulator for every test that asks for one.

Owns the fixtures, the mark, the ini options, and what a test's result is told of its emulator. Must import nothing
but pytest until a test asks for an emulator, since every run of a project that has the package installed loads it.
What the fixtures hand out is ``emulator/fixture/``'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from contextlib import AbstractContextManager

    from emulator.fixture import Receiver, SiprecEmulator
    from emulator.fixture.host import Host
    from emulator.fixture.options import Options

_EMULATOR = pytest.StashKey["SiprecEmulator"]()
"""On a test's item, while its emulator is open."""

_SETTLED = pytest.StashKey[bool]()
"""On a test's item, once it has failed or was told of its problems: it is not told again."""

_TITLE = "siprec emulator"

_INI = (
    ("scenario", "string", None, "the scenario that plays unless another is chosen"),
    ("clock", "string", "auto", "how time goes: auto, manual or running"),
    ("seed", "string", None, "what is drawn follows from it; left out: from the test's name"),
    ("realism", "string", None, "how much must exist before it is named: lenient, standard or strict"),
    ("validation", "string", None, "what becomes of invalid bodies: standard, warn or strict"),
    ("strict", "bool", True, "whether tests fail for unknown routes and scenarios that went wrong"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Make the ini options known."""
    parser.addini("siprec_scenarios", "scenario files and folders of this project", type="paths", default=[])
    parser.addini("siprec_webhook_timeout", "how long an app may take for a webhook, in real time", default="")
    for name, kind, default, about in _INI:
        parser.addini(f"siprec_{name}", about, type=kind, default=default)  # type: ignore[arg-type] # both are kinds


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers",
        "siprec(scenario, clock, seed, realism, validation, strict): what the test's siprec_emulator is like",
    )


# --- fixtures ---


@pytest.fixture(scope="session")
def _siprec_host(pytestconfig: pytest.Config) -> Iterator[Host]:
    """The emulator of this run, or of this worker; in this process unless SIPREC_EMULATOR_URL names another."""
    from emulator.core.errors import EmulatorError  # noqa: PLC0415 - nobody pays who doesn't ask

    try:
        hosting = _hosting(pytestconfig)
        host = hosting.__enter__()
    except EmulatorError as error:
        raise _failure(f"the SIPREC emulator can't be had: {error}") from None
    try:
        yield host
    finally:
        hosting.__exit__(None, None, None)


@pytest.fixture
def siprec_emulator(request: pytest.FixtureRequest, _siprec_host: Host) -> Iterator[SiprecEmulator]:
    """A Telnyx SIPREC emulator of this test's own: nothing is in it, and no other test sees it.

    See docs/pytest.md. The mark ``siprec`` says what it is like; ``.env`` has the variables for Telnyx's SDKs.
    """
    from contextlib import suppress  # noqa: PLC0415 - nobody pays who doesn't ask

    from emulator.core.errors import ControlUnreachable, EmulatorError  # noqa: PLC0415 - same

    item = request.node
    try:
        emulator = _open(item, _siprec_host)
    except (EmulatorError, ValueError, TypeError, OSError) as error:
        raise _failure(f"siprec_emulator: {error}") from None
    item.stash[_EMULATOR] = emulator
    # a test that runs again is the same item
    item.stash[_SETTLED] = False
    try:
        yield emulator
        _must_be_clean(item)
    finally:
        del item.stash[_EMULATOR]
        # where nobody answers any more there is nothing to forget, and the test was told
        with suppress(ControlUnreachable):
            emulator.forget()


@pytest.fixture(scope="session")
def siprec_emulator_factory(
    pytestconfig: pytest.Config, _siprec_host: Host
) -> Callable[..., AbstractContextManager[SiprecEmulator]]:
    """Opens emulators for as long as a block: in fixtures of a wider scope than a test, or several in one test.

    It takes the keywords of the mark ``siprec``; the project's ini options are their defaults.
    """
    from emulator.fixture.factory import factory  # noqa: PLC0415 - nobody pays who doesn't ask

    return factory(_siprec_host, _ini(pytestconfig), _failure)


@pytest.fixture
def siprec_receiver(siprec_emulator: SiprecEmulator) -> Receiver:
    """The built-in receiver in an app's stead: it gets this test's webhooks.

    It answers 401 to those whose signature is not good.
    """
    siprec_emulator.webhook_url = None
    siprec_emulator.receiver.refuse_unverified()
    return siprec_emulator.receiver


def _hosting(config: pytest.Config) -> AbstractContextManager[Host]:
    from contextlib import nullcontext  # noqa: PLC0415 - nobody pays who doesn't ask

    from emulator.config import load_attachment  # noqa: PLC0415 - nobody pays who doesn't ask
    from emulator.fixture import host  # noqa: PLC0415 - nobody pays who doesn't ask
    from emulator.resources import files_below  # noqa: PLC0415 - nobody pays who doesn't ask

    scenarios = config.getini("siprec_scenarios")
    attachment = load_attachment()
    if attachment is None:
        return host.started(scenarios, config.getini("siprec_webhook_timeout") or host.WEBHOOK_TIMEOUT)
    return nullcontext(host.attached(attachment, tuple(files_below(scenarios))))


def _open(item: pytest.Item, host: Host) -> SiprecEmulator:
    return host.open_as(_options(item), item.nodeid)


def _options(item: pytest.Item) -> Options:
    """What the test wants.

    Raises:
        ValueError: A mark says what no mark can.
    """
    from emulator.fixture.options import read_options  # noqa: PLC0415 - nobody pays who doesn't ask

    marks = list(item.iter_markers("siprec"))
    if any(mark.args for mark in marks):
        raise ValueError("the mark 'siprec' takes keywords alone, such as siprec(clock='manual')")
    return read_options(_ini(item.config), [mark.kwargs for mark in marks])


def _ini(config: pytest.Config) -> dict[str, object]:
    return {name: config.getini(f"siprec_{name}") for name, *_ in _INI}


# --- a test's result ---


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that passed although something went wrong that nobody scripted."""
    try:
        result = yield
    except BaseException:
        item.stash[_SETTLED] = True
        raise
    _must_be_clean(item)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell with a failure what happened in the test's emulator."""
    report = yield
    emulator = item.stash.get(_EMULATOR, None)
    if emulator is not None and report.failed:
        report.sections.append((_TITLE, _story(emulator)))
    return report


def _must_be_clean(item: pytest.Item) -> None:
    """Fail a strict test for what went wrong; once only, also where its fixtures' ends do more of it."""
    emulator = item.stash.get(_EMULATOR, None)
    if emulator is None or not emulator.strict or item.stash.get(_SETTLED, False):
        return
    problems = emulator.problems
    if not problems:
        return
    item.stash[_SETTLED] = True
    said = "something went wrong that this test does not speak of (siprec(strict=False) lets it pass):"
    raise _failure("\n".join((said, *(f"  {problem}" for problem in problems))))


def _failure(said: str) -> BaseException:
    """What fails a test with words alone, since no line of its own would say more."""
    return pytest.fail.Exception(said, pytrace=False)


def _story(emulator: SiprecEmulator) -> str:
    from emulator.core.errors import EmulatorError  # noqa: PLC0415 - nobody pays who doesn't ask
    from emulator.fixture.report import ask, told  # noqa: PLC0415 - nobody pays who doesn't ask

    try:
        return told(ask(emulator.client, emulator.namespace))
    except EmulatorError as error:
        return f"what happened there can't be told: {error}"
