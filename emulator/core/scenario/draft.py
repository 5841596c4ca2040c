"""A scenario while it is loaded: the document, the problems so far, and what every part of it needs read.

Owns durations and templates of the language. Must not know a construct: ``respond.py``, ``matching.py`` and
``steps.py`` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from emulator.core.draws import Lognormal, Uniform
from emulator.core.durations import MAX_DURATION, parse_duration
from emulator.core.errors import ScenarioError
from emulator.core.scenario.model import Plays
from emulator.core.scenario.paths import complaint
from emulator.core.template import parse_template
from emulator.core.yaml_reader import MAX_PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.core.draws import Delay
    from emulator.core.errors import Problem
    from emulator.core.models import Duration, JsonValue
    from emulator.core.yaml_reader import Path


class Located(Protocol):
    """What was read, and where each part of it stands: a YAML file (``yaml_reader.py``), a body (``plain.py``)."""

    @property
    def value(self) -> JsonValue:
        """The whole."""
        ...

    def at(self, path: Path, message: str) -> Problem:
        """A complaint about the value at ``path``."""
        ...

    def at_key(self, path: Path, message: str) -> Problem:
        """A complaint about the key of the value at ``path``."""
        ...


class Draft:
    """What the loader carries through a document whose structure is right.

    Attributes:
        problems: Complaints so far.
        vars: The scenario's variables.
        plays: What the scenario is for.
    """

    def __init__(self, document: Located) -> None:
        """Start without problems."""
        self.document = document
        self.problems: list[Problem] = []
        self.vars: Mapping[str, JsonValue] = document.value.get("vars", {})
        self.plays = Plays(document.value.get("plays", Plays.RECORDING))

    def complain(self, path: Path, message: str) -> None:
        """Something is wrong with the value at ``path``."""
        self._report(self.document.at(path, message))

    def complain_of_key(self, path: Path, message: str) -> None:
        """Something is wrong with the key of the value at ``path``."""
        self._report(self.document.at_key(path, message))

    def _report(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) >= MAX_PROBLEMS:
            raise ScenarioError(self.problems)

    def duration(self, mapping: Mapping[str, JsonValue], key: str, path: Path, default: Duration = 0) -> Duration:
        """The duration at ``key``; ``default`` where there is none or it is wrong.

        Args:
            mapping: What may hold the key.
            key: Its name.
            path: Of ``mapping``.
            default: Microseconds.

        Returns:
            Microseconds, variables resolved.
        """
        if key not in mapping:
            return default
        here = (*path, key)
        try:
            return parse_duration(self._resolved(mapping[key], here))
        except ValueError as error:
            self.complain(here, str(error))
            return default

    def delay(self, mapping: Mapping[str, JsonValue], key: str, path: Path) -> Delay:
        """The duration or the distribution at ``key``; 0 where there is none or it is wrong.

        Args:
            mapping: What may hold the key.
            key: Its name.
            path: Of ``mapping``.
        """
        written = mapping.get(key)
        if not isinstance(written, dict):
            return self.duration(mapping, key, path)
        ((kind, operands),) = written.items()
        here = (*path, key, kind)
        if kind == "uniform":
            return self._uniform(operands, here)
        median = self.duration(operands, "median", here)
        longest = self.duration(operands, "max", here, MAX_DURATION)
        if longest < median:
            self.complain((*here, "max"), "'max' is shorter than 'median'")
        return Lognormal(median=median, sigma=float(operands["sigma"]), longest=longest)

    def _uniform(self, operands: Mapping[str, JsonValue], path: Path) -> Uniform:
        low, high = self.duration(operands, "min", path), self.duration(operands, "max", path)
        if high < low:
            self.complain((*path, "max"), "'max' is shorter than 'min'")
        return Uniform(low=low, high=max(low, high))

    def _resolved(self, text: str, path: Path) -> str:
        """The text of a duration, after ``${vars.x}``; zero for a variable that was complained about."""
        lookups = parse_template(text).lookups
        if not lookups:
            return text
        wrong = complaint(lookups[0], self.vars, self.plays)
        if wrong:
            self.complain(path, wrong)
            return "0s"
        name = lookups[0].path[1]
        value = self.vars[name]
        if isinstance(value, str):
            return value
        self.complain(path, f"vars.{name} is {value!r}, not a duration: write a number and its unit, such as 30s")
        return "0s"

    def check_templates(self, value: JsonValue, path: Path) -> None:
        """Complain about every template in ``value`` that can't be read or names nothing."""
        if isinstance(value, dict):
            for key, inner in value.items():
                self.check_templates(inner, (*path, key))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                self.check_templates(inner, (*path, index))
        elif isinstance(value, str):
            self._check_template(value, path)

    def _check_template(self, text: str, path: Path) -> None:
        template = parse_template(text)
        for offset in template.faults:
            shown = text[offset : offset + 30]
            self.complain(
                path, f"'{shown}' is no template: write ${{path}} or ${{path | \"fallback\"}}, or $${{ for text"
            )
        for lookup in template.lookups:
            wrong = complaint(lookup, self.vars, self.plays)
            if wrong:
                self.complain(path, wrong)

    def refuse_templates(self, value: JsonValue, path: Path) -> None:
        """Complain about a template where none is filled in, rather than leave it as it is."""
        if isinstance(value, dict):
            for key, inner in value.items():
                self.refuse_templates(inner, (*path, key))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                self.refuse_templates(inner, (*path, index))
        elif isinstance(value, str) and "${" in value:
            self.complain(path, "templates are filled in in payloads and durations, not here")
