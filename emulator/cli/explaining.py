"""The command that tells what a scenario does, without a server: ``explain``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emulator.cli.options import CONTEXT

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.core.models import HeaderList
    from emulator.core.outlook import Outlook
    from emulator.core.outlook_question import Asked
    from emulator.core.outlook_text import Line
    from emulator.core.scenario.model import Scenario


def _headers(_ctx: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> HeaderList:
    """``Name: value`` as click's callback reads them."""
    pairs = [text.partition(":") for text in given]
    for (name, colon, _), text in zip(pairs, given, strict=True):
        if not name.strip() or not colon:
            raise click.BadParameter(f"{text!r} is not of the form 'Name: value'")
    return tuple((name.strip(), value.strip()) for name, _, value in pairs)


@click.command(context_settings=CONTEXT)
@click.argument("file")
@click.option("--call", metavar="ID", help="The call_control_id of the siprec_start.")
@click.option("--body", metavar="JSON", default="", help="Its body.")
@click.option(
    "--header", "headers", metavar="'NAME: VALUE'", multiple=True, callback=_headers, help="One of its headers."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def explain(file: str, call: str | None, body: str, headers: HeaderList, *, as_json: bool) -> None:
    """Tell what a siprec_start, or a call, would get from a scenario.

    FILE is a scenario's file, or the name of one that comes with the emulator. Nothing is run. The left column
    says when: since the command was accepted (+400ms), or since the step before (50ms later).

    The status is 1 when the file has problems, each a line "file:line:column: message", or when the request would
    be refused whatever the scenario.
    """
    from emulator.core.outlook_walk import outlook  # noqa: PLC0415 - other commands do without
    from emulator.core.policy import Policy  # noqa: PLC0415 - same

    scenario = _load(file)
    ahead = outlook(scenario, _asked(scenario, call, body, headers), Policy())
    if as_json:
        import orjson  # noqa: PLC0415 - same

        from emulator.core.outlook_views import outlook_view  # noqa: PLC0415 - same

        click.echo(orjson.dumps(outlook_view(ahead), option=orjson.OPT_INDENT_2))
        return
    _print(ahead)


def _load(file: str) -> Scenario:
    from emulator.core.errors import ScenarioError  # noqa: PLC0415 - see above
    from emulator.core.scenario.grammar import Grammar  # noqa: PLC0415 - see above
    from emulator.core.scenario.load import load_scenario  # noqa: PLC0415 - see above
    from emulator.resources import load_schemas, scenario_files  # noqa: PLC0415 - see above

    built_in = {path.stem: path for path in scenario_files()}
    path = Path(file)
    if not path.exists() and file in built_in:
        path = built_in[file]
    try:
        grammar = Grammar(load_schemas()["scenario.schema.json"])
        return load_scenario(path.read_bytes(), file=str(path), grammar=grammar)
    except OSError as error:
        raise click.UsageError(f"can't read {file}: {error.strerror}") from None
    except ScenarioError as error:
        click.echo(str(error))
        raise SystemExit(1) from None


def _asked(scenario: Scenario, call: str | None, body: str, headers: HeaderList) -> Asked:
    from emulator.core.errors import ApiError  # noqa: PLC0415 - see above
    from emulator.core.outlook_question import ANY_CALL, ask  # noqa: PLC0415 - see above
    from emulator.core.policy import Policy  # noqa: PLC0415 - see above
    from emulator.core.validation import Schemas  # noqa: PLC0415 - see above
    from emulator.resources import load_schemas  # noqa: PLC0415 - see above

    try:
        return ask(
            Schemas(load_schemas()),
            Policy(),
            plays=scenario.plays,
            call_control_id=ANY_CALL if call is None else call,
            headers=headers,
            body=body.encode(),
        )
    except ApiError as error:
        asked = "siprec_start" if scenario.plays == "recording" else "the call"
        click.echo(f"{asked} is refused whatever the scenario, with {error.status}:")
        for item in error.items:
            where = f"{item.pointer}: " if item.pointer else ""
            click.echo(f"  {where}{item.code} {item.detail or item.title}")
        raise SystemExit(1) from None


def _print(ahead: Outlook) -> None:
    from emulator.core.outlook_text import printable, text_lines  # noqa: PLC0415 - see above
    from emulator.logs import painter  # noqa: PLC0415 - see above

    paint = painter(sys.stdout)
    about = printable(ahead.scenario.description)
    title = f"{paint('good', ahead.scenario.name)}{': ' if about else ''}{about}"
    lines = (title, "", *(_painted(line, paint) for line in text_lines(ahead)))
    # whether there is colour was the painter's to say
    click.echo("\n".join(lines), color=True)


def _painted(line: Line, paint: Callable[[str, str], str]) -> str:
    head = paint("event", line.head) if line.head else ""
    return f"{line.left}{head}{line.text}".rstrip()
