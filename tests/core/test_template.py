"""Templates: what is put in, what stays, and that no input does harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.template import MAX_OUTPUT, Lookup, parse_template, render

if TYPE_CHECKING:
    from emulator.core.models import JsonValue

CONTEXT = {
    "request": {
        "body": {"n": 5, "text": "hi", "list": [1, {"a": None}], "null": None, "e\u00e9": "x", "yes": True}
    },
    "vars": {"x": "y", "nested": "${vars.x}"},
    "uuid": lambda: "fresh",
    "lazy": lambda: {"inner": lambda: 7},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${vars.x}", "y"),
        ("${ vars.x }", "y"),
        ("a ${vars.x} b ${request.body.n}", "a y b 5"),
        ("${request.body.n}", 5),
        ("${request.body.yes}", True),
        ("is ${request.body.yes}", "is true"),
        ("${request.body.null}", None),
        ("is ${request.body.null}", "is null"),
        ("${request.body.list}", [1, {"a": None}]),
        ("of ${request.body.list}", 'of [1,{"a":null}]'),
        ("${uuid}", "fresh"),
        ("${lazy.inner}", 7),
        ('${vars.gone | "else"}', "else"),
        ('${vars.gone|"a \\"b\\" \\u00e9"}', 'a "b" \u00e9'),
        ("${vars.gone | null}", None),
        ("${vars.gone | 12} s", "12 s"),
        ("${vars.gone | false}", False),
        ('${request.body.null | "none"}', "none"),
        ('${vars.x | "else"}', "y"),
        ("$${vars.x}", "${vars.x}"),
        ("$${vars.x} ${vars.x}", "${vars.x} y"),
        ("${vars.nested}", "${vars.x}"),
        ("costs $5 or $$", "costs $5 or $$"),
        ("", ""),
    ],
)
def test_a_template_takes_the_value_at_its_path(text: str, value: JsonValue) -> None:
    """Alone it keeps the JSON type, inside text it is written as JSON; what is put in is not read again."""
    rendered = render(text, CONTEXT)
    assert rendered.value == value
    assert type(rendered.value) is type(value)
    assert (rendered.missing, rendered.oversize) == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        "${}",
        "${vars.}",
        "${.x}",
        "${vars.x",
        "${vars.x | other}",
        "${vars.x | 'y'}",
        "${vars.x()}",
        "${vars['x']}",
        "${1 + 1}",
        "${vars.${vars.x}",
        '${vars.x | "\\q"}',
    ],
)
def test_what_is_no_template_is_a_fault_and_stays_as_it_is(text: str) -> None:
    """No evaluation, no calls, no indexes, no nesting."""
    assert parse_template(text).faults == (0,)
    assert str(render(text, CONTEXT).value).startswith("${")


def test_a_missing_value_makes_its_field_null_and_is_named() -> None:
    """Other fields are rendered all the same; a path can't go on below a value that is no mapping."""
    rendered = render({"a": "x ${vars.gone}", "b": ["${vars.x.deeper}", "${vars.x}"], "c": 1.5}, CONTEXT)
    assert rendered.value == {"a": None, "b": [None, "y"], "c": 1.5}
    assert rendered.missing == ("vars.gone", "vars.x.deeper")


@pytest.mark.parametrize("path", ["vars.__class__", "vars.keys", "request.body.text.upper", "request.body.list.0"])
def test_a_path_reaches_no_attribute_and_no_index(path: str) -> None:
    """A dictionary walk, nothing else."""
    assert render(f"${{{path}}}", CONTEXT).missing == (path,)


def test_a_callable_is_called_only_when_a_path_reaches_it() -> None:
    """Once for each time that it is named."""
    calls: list[int] = []

    def count() -> int:
        calls.append(1)
        return len(calls)

    assert render({"a": "text", "b": "${other | 0}"}, {"seq": count}).value == {"a": "text", "b": 0}
    assert render("${seq} ${seq}", {"seq": count}).value == "1 2"


@pytest.mark.parametrize(
    "big", ["x" * (MAX_OUTPUT + 1), ["x" * 1000] * 300, {"k" * 1000 + str(n): 1 for n in range(300)}]
)
def test_what_is_put_in_is_bounded(big: JsonValue) -> None:
    """A field whose value is too large is null and named; the others are rendered."""
    rendered = render({"a": "${big}", "b": "n ${big}", "c": "${big | 1}"}, {"big": big})
    assert rendered.value == {"a": None, "b": None, "c": None}
    assert rendered.oversize == ("big", "big", "big")


def test_the_bound_is_for_all_fields_together() -> None:
    """Many copies of a value that would fit alone don't."""
    rendered = render(["${half}", "${half}", "${half}"], {"half": "x" * (MAX_OUTPUT // 2)})
    assert [value is None for value in rendered.value] == [False, False, True]


def test_a_value_nested_without_end_does_not_fit() -> None:
    """Depth is bounded as size is."""
    deep: JsonValue = []
    for _ in range(5000):
        deep = [deep]
    assert render("n ${deep}", {"deep": deep}).oversize == ("deep",)


def test_parts_have_their_places() -> None:
    """The loader points at them."""
    template = parse_template('a ${b.c | "d"} $${')
    assert template.parts == ("a ", Lookup(path=("b", "c"), offset=2, fallback="d", has_fallback=True), " ${")
    assert template.lookups == (template.parts[1],)


PIECES = st.text(alphabet='${}|." ab\\n1x\u00e9', max_size=40)
KEYS = st.text(alphabet="abx", min_size=1, max_size=2)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | PIECES | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(VALUES, st.dictionaries(KEYS, VALUES, max_size=3))
def test_no_input_crashes_it(value: JsonValue, context: dict[str, JsonValue]) -> None:
    """Any JSON value with any context renders, and the shape of lists and mappings stays."""
    rendered = render(value, context).value
    if isinstance(value, (list, dict)):
        assert type(rendered) is type(value)
        assert len(rendered) == len(value)


@given(st.text().filter(lambda text: "${" not in text))
def test_text_without_templates_does_not_change(text: str) -> None:
    """Whatever stands in it."""
    assert render(text, CONTEXT).value == text
    assert render([text], CONTEXT).value == [text]
