"""JSON pointers (RFC 6901) and references between documents."""

from __future__ import annotations

import pytest

from emulator.core.references import at_pointer, followed, pointer_to

RFC_6901 = {"foo": {"a": 1}, "": 0, "a/b": 1, "c%d": 2, "m~n": 8, " ": 7}
LIBRARY = {
    "https://x.test/one.json": {"$defs": {"a": {"type": "string", "title": "A"}, "b": {"$ref": "#/$defs/a"}}},
    "https://x.test/loop.json": {"$ref": "#"},
}
BASE = "https://x.test/two.json"


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("", RFC_6901), ("/foo/a", 1), ("/", 0), ("/a~1b", 1), ("/c%d", 2), ("/m~0n", 8), ("/ ", 7)],
)
def test_a_pointer_finds_what_rfc_6901_says(pointer: str, value: object) -> None:
    assert at_pointer(RFC_6901, pointer) == value


@pytest.mark.parametrize("pointer", ["/bar", "/foo/a/b", "/foo/b"])
def test_a_pointer_to_nothing_is_a_lookup_error(pointer: str) -> None:
    with pytest.raises(LookupError, match=pointer):
        at_pointer(RFC_6901, pointer)


@pytest.mark.parametrize("path", [(), ("a/b", "m~n", ""), ("~1", "/~")])
def test_a_pointer_escapes_what_it_must(path: tuple[str, ...]) -> None:
    document: dict[str, object] = {}
    inner = document
    for part in path:
        inner[part] = inner = {}
    assert at_pointer(document, pointer_to(path)) is inner


def test_a_reference_is_followed_through_documents_and_what_stands_beside_it_wins() -> None:
    schema = {"$ref": "one.json#/$defs/b", "title": "mine"}
    assert followed(schema, LIBRARY, BASE) == {"type": "string", "title": "mine"}


def test_a_schema_without_a_reference_is_itself() -> None:
    schema = {"type": "string"}
    assert followed(schema, LIBRARY, BASE) is schema


@pytest.mark.parametrize("reference", ["none.json#/a", "one.json#/$defs/none", "loop.json"])
def test_a_reference_that_leads_nowhere_is_a_lookup_error(reference: str) -> None:
    with pytest.raises(LookupError):
        followed({"$ref": reference}, LIBRARY, BASE)
