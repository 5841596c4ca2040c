"""From YAML to ``Scenario``: reads, checks, builds, and reports everything that is wrong at once.

Owns the order of the checks. Must not touch files: callers bring bytes and a name.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.core.effects import DeliveryPolicy
from emulator.core.errors import ScenarioError
from emulator.core.scenario.draft import Draft
from emulator.core.scenario.drawing import is_random
from emulator.core.scenario.lint import lint
from emulator.core.scenario.matching import load_match
from emulator.core.scenario.model import Plays, Scenario
from emulator.core.scenario.plain import PlainDocument
from emulator.core.scenario.respond import load_delivery, load_respond, may_take_effect
from emulator.core.scenario.steps import load_timeline
from emulator.core.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.core.errors import Problem
    from emulator.core.models import JsonValue
    from emulator.core.scenario.draft import Located
    from emulator.core.scenario.grammar import Grammar
    from emulator.core.yaml_reader import Document

_DEFAULT_DELIVERY = DeliveryPolicy()

INLINE = "inline"
"""What a scenario is called that came within a request and has no name."""


def load_scenario(
    text: bytes | str, *, file: str, grammar: Grammar, delivery: DeliveryPolicy = _DEFAULT_DELIVERY
) -> Scenario:
    """Load one scenario.

    Args:
        text: Strict YAML (``yaml_reader.py``); bytes are UTF-8.
        file: What problems and ``Scenario.source`` call it.
        grammar: Made of ``schemas/scenario.schema.json``.
        delivery: What a scenario's own ``delivery`` leaves out.

    Returns:
        The scenario, checked throughout.

    Raises:
        ScenarioError: With every problem found, at most 100: of the YAML, else of the structure, else of the
            meaning.
    """
    return _load(text, file, grammar, delivery)[0]


def load_scenarios(
    files: Iterable[tuple[str, bytes | str]], *, grammar: Grammar, delivery: DeliveryPolicy = _DEFAULT_DELIVERY
) -> tuple[Scenario, ...]:
    """Load several scenarios, whose names must differ.

    Args:
        files: Name and content of each.
        grammar: As for ``load_scenario``.
        delivery: As for ``load_scenario``.

    Returns:
        The scenarios in the order of the files.

    Raises:
        ScenarioError: With the problems of all files.
    """
    scenarios: dict[str, Scenario] = {}
    problems: list[Problem] = []
    for file, text in files:
        try:
            scenario, document = _load(text, file, grammar, delivery)
        except ScenarioError as error:
            problems += error.problems
            continue
        if scenario.name in scenarios:
            first = scenarios[scenario.name].source
            problems.append(document.at(("name",), f"the name '{scenario.name}' is taken by {first}"))
        else:
            scenarios[scenario.name] = scenario
    if problems:
        raise ScenarioError(problems)
    return tuple(scenarios.values())


def load_inline(
    value: JsonValue, *, root: str, grammar: Grammar, delivery: DeliveryPolicy = _DEFAULT_DELIVERY
) -> Scenario:
    """Load a scenario that is part of a request's body.

    Args:
        value: As a file would say it; ``version`` and ``name`` may be left out.
        root: The pointer of ``value`` in the body; problems carry pointers.
        grammar: As for ``load_scenario``.
        delivery: As for ``load_scenario``.

    Raises:
        ScenarioError: With every problem found.
    """
    whole = {"version": 1, "name": INLINE, **value} if isinstance(value, dict) else value
    return _build(PlainDocument(value=whole, root=root), INLINE, grammar, delivery, json.dumps(whole, indent=2))


def _check_answers(draft: Draft) -> None:
    """What is written must be something that can be asked for."""
    written = draft.document.value
    if draft.plays is Plays.RECORDING:
        return
    if "respond_stop" in written:
        draft.complain_of_key(("respond_stop",), "'respond_stop' answers siprec_stop, and this plays a call")
    if "respond" in written and draft.plays is Plays.INBOUND:
        draft.complain_of_key(("respond",), "a call that comes in asks for no answer: leave 'respond' out")
    if "call_control_id" in written.get("match", {}):
        draft.complain_of_key(
            ("match", "call_control_id"), "a call that only begins has no id yet: match fields of the 'body'"
        )


def _load(text: bytes | str, file: str, grammar: Grammar, delivery: DeliveryPolicy) -> tuple[Scenario, Document]:
    document = read_yaml(text, file=file, error=ScenarioError)
    shown = text if isinstance(text, str) else text.decode("utf-8-sig")
    return _build(document, file, grammar, delivery, shown), document


def _build(document: Located, source: str, grammar: Grammar, delivery: DeliveryPolicy, text: str) -> Scenario:
    problems = grammar.check(document)
    if problems:
        raise ScenarioError(problems)
    draft = Draft(document)
    written = document.value
    draft.refuse_templates(dict(draft.vars), ("vars",))
    timeline = load_timeline(draft)
    scenario = Scenario(
        name=written["name"],
        plays=draft.plays,
        description=written.get("description", ""),
        priority=int(written.get("priority", 0)),
        vars=draft.vars,
        match=load_match(draft),
        respond=load_respond(draft, "respond"),
        respond_stop=load_respond(draft, "respond_stop"),
        delivery=load_delivery(draft, delivery),
        timeline=timeline,
        random=is_random(timeline),
        source=source,
        text=text,
    )
    _check_answers(draft)
    if scenario.timeline and not may_take_effect(scenario.respond):
        draft.complain_of_key(
            ("timeline",), "no answer under 'respond' starts a session, so this timeline would never run"
        )
    if draft.problems:
        raise ScenarioError(draft.problems)
    return replace(scenario, warnings=lint(document, scenario, delivery))
