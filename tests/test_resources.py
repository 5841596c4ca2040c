"""The files that come with the emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from emulator import resources

if TYPE_CHECKING:
    from pathlib import Path


def test_every_schema_is_found_by_its_file_name() -> None:
    found = resources.load_schemas()
    assert {"common.schema.json", "request.siprec_start.schema.json"} <= set(found)
    assert list(found) == sorted(found)


def test_the_published_text_is_the_parsed_document() -> None:
    for name, document in resources.load_schemas().items():
        assert orjson.loads(resources.schema_text(name)) == document


@pytest.mark.parametrize("name", ["none.schema.json", "../pyproject.toml", "differences.yaml", ""])
def test_no_other_file_can_be_read_by_name(name: str) -> None:
    with pytest.raises(KeyError):
        resources.schema_text(name)


def test_the_expected_differences_are_text() -> None:
    assert "reason:" in resources.expected_differences()


def test_scenarios_are_yaml_files_by_name() -> None:
    found = resources.scenario_files()
    assert list(found) == sorted(found)
    assert all(file.suffix == ".yaml" for file in found)


def test_an_installed_package_has_the_files_inside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The wheel maps ``scenarios/`` to ``emulator/scenarios``; a checkout has it beside the package."""
    package = tmp_path / "emulator"
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "beside.yaml").touch()
    (package / "scenarios").mkdir(parents=True)
    (package / "scenarios" / "inside.yaml").touch()
    monkeypatch.setattr(resources, "_PACKAGE", package)
    assert [file.name for file in resources.scenario_files()] == ["inside.yaml"]
    (package / "scenarios" / "inside.yaml").unlink()
    (package / "scenarios").rmdir()
    assert [file.name for file in resources.scenario_files()] == ["beside.yaml"]
