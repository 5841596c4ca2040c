"""The commands that need no server: ``validate``, ``schema`` and ``keygen``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from emulator.cli.options import CONTEXT


@click.command(context_settings=CONTEXT)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--strict", is_flag=True, help="A warning counts as a problem.")
def validate(files: tuple[Path, ...], *, strict: bool) -> None:
    """Check scenario files and folders.

    Each problem is a line "file:line:column: message"; the status is 1 when there is one. What loads and is
    probably not meant is a line "file:line:column: warning: message".
    """
    from emulator.core.errors import ScenarioError  # noqa: PLC0415 - other commands do without
    from emulator.core.scenario.grammar import Grammar  # noqa: PLC0415 - same
    from emulator.core.scenario.lint import lint_together  # noqa: PLC0415 - same
    from emulator.core.scenario.load import load_scenarios  # noqa: PLC0415 - same
    from emulator.resources import load_schemas  # noqa: PLC0415 - same

    paths = [one for path in files for one in _yaml_files(path)]
    try:
        sources = [(str(path), path.read_bytes()) for path in paths]
        scenarios = load_scenarios(sources, grammar=Grammar(load_schemas()["scenario.schema.json"]))
    except OSError as error:
        raise click.ClickException(f"can't read {error.filename}: {error.strerror}") from None
    except ScenarioError as error:
        click.echo(str(error))
        raise SystemExit(1) from None
    warnings = [*(one for scenario in scenarios for one in scenario.warnings), *lint_together(scenarios)]
    for one in warnings:
        click.echo(replace(one, message=f"warning: {one.message}"))
    if strict and warnings:
        raise SystemExit(1)
    click.echo(f"{len(scenarios)} {'scenario is' if len(scenarios) == 1 else 'scenarios are'} good")


def _yaml_files(path: Path) -> list[Path]:
    return sorted((*path.glob("*.yaml"), *path.glob("*.yml"))) if path.is_dir() else [path]


@click.group(context_settings=CONTEXT)
def schema() -> None:
    """The JSON Schemas that decide what is valid."""


@schema.command("print", context_settings=CONTEXT)
@click.argument("name", required=False)
@click.option("--list", "listed", is_flag=True, help="The names there are.")
def print_schema(name: str | None, listed: bool) -> None:
    """Print the schema NAME, such as request.siprec_start, scenario or config."""
    from emulator.core.scenario.suggest import did_you_mean  # noqa: PLC0415 - other commands do without
    from emulator.resources import load_schemas, schema_text  # noqa: PLC0415 - same

    suffix = ".schema.json"
    names = [file.removesuffix(suffix) for file in load_schemas()]
    if listed:
        click.echo("\n".join(names))
        return
    if name is None:
        raise click.UsageError("give a NAME, or --list")
    wanted = name.removesuffix(suffix)
    if wanted not in names:
        raise click.UsageError(f"there is no schema {name!r}{did_you_mean(name, names)}")
    click.echo(schema_text(wanted + suffix).decode(), nl=False)


@schema.command("diff", context_settings=CONTEXT)
@click.argument("openapi_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def diff_schemas(openapi_file: Path) -> None:
    """Compare the schemas with Telnyx's OPENAPI_FILE.

    The status is 1 when they differ otherwise than schemas/differences.yaml lists.
    """
    from emulator import resources  # noqa: PLC0415 - other commands do without
    from emulator.schema_diff import diff, load_yaml, read_expected  # noqa: PLC0415 - same

    report = diff(
        load_yaml(openapi_file), resources.load_schemas(), read_expected(resources.expected_differences())
    )
    click.echo("\n".join(report.lines()))
    raise SystemExit(0 if report.clean else 1)


@click.command(context_settings=CONTEXT)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def keygen(as_json: bool) -> None:
    """Make a key that signs webhooks.

    It prints the seed for --signing-key, and the public key for the app.
    """
    import base64  # noqa: PLC0415 - other commands do without
    import secrets  # noqa: PLC0415 - same

    from emulator.core.signing import SEED_BYTES, Signer  # noqa: PLC0415 - same

    seed = secrets.token_bytes(SEED_BYTES)
    pair = {
        "signing_key": base64.b64encode(seed).decode("ascii"),
        "public_key": Signer(seed=seed).public_key,
    }
    if as_json:
        click.echo(json.dumps(pair))
        return
    click.echo(f"SIPREC_EMULATOR_SIGNING_KEY={pair['signing_key']}\nTELNYX_PUBLIC_KEY={pair['public_key']}")
