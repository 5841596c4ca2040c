"""XML, read safely: what is read, with its places, and what is refused before it does anything."""

from __future__ import annotations

import subprocess
import sys
from codecs import BOM_UTF16_LE
from typing import TYPE_CHECKING, Any, TypeAlias
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import TexmlError
from emulator.core.xml_reader import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, read_xml

if TYPE_CHECKING:
    from emulator.core.errors import Problem
    from emulator.core.xml_reader import Element

# what XML 1.0 allows in text (section 2.2), line ends left out, which a parser normalises
CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff\x85")
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True)


def complaint(source: bytes | str) -> str:
    with pytest.raises(TexmlError) as caught:
        read_xml(source if isinstance(source, bytes) else source.encode(), file="f")
    [problem] = caught.value.problems
    return str(problem)


# --- what is read ---


def test_elements_attributes_and_text_come_with_their_places() -> None:
    """Columns count characters, wherever in a tag an attribute stands and however its line ends."""
    source = '<?xml version="1.0"?>\n<a>\n  é<b x="1"\r\n\ty = \'a > "b"\'   é="2"/>t</a>'
    root = read_xml(source.encode(), file="f")
    [child] = root.children
    assert (root.name, root.place, root.text) == ("a", (2, 1), "\n  ét")
    assert (child.name, child.place) == ("b", (3, 4))
    assert child.attributes == {"x": "1", "y": 'a > "b"', "é": "2"}
    assert child.places == {"x": (3, 7), "y": (4, 2), "é": (4, 18)}


def test_a_byte_order_mark_is_no_character() -> None:
    root = read_xml('\ufeff<a x="1"/>'.encode(), file="f")
    assert (root.place, root.places) == ((1, 1), {"x": (1, 4)})


def test_references_comments_instructions_and_cdata_are_what_xml_says() -> None:
    root = read_xml(b'<?p i?><!-- c --><a x="&lt;&#233;">&amp;<![CDATA[<b>]]></a>', file="f")
    assert (root.attributes["x"], root.text, root.children) == ("<é", "&<b>", [])


def test_the_encoding_may_be_named_if_it_is_utf_8() -> None:
    for name in ("UTF-8", "utf-8", "US-ASCII"):
        assert read_xml(f'<?xml version="1.0" encoding="{name}"?><a/>'.encode(), file="f").name == "a"


# --- what is refused ---

BILLION = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]><a>&y;</a>'


@pytest.mark.parametrize(
    ("source", "where"),
    [
        (BILLION, "f:1:13"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "f:1:40"),
        ('<!DOCTYPE a PUBLIC "x" "http://127.0.0.1:9/a.dtd"><a/>', "f:1:50"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "f:1:13"),
        ('<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]><a/>', "f:1:13"),
        ("<!DOCTYPE a><a/>", "f:1:12"),
    ],
)
def test_a_document_type_is_refused_whatever_is_in_it(source: str, where: str) -> None:
    """So that nothing is expanded and nothing fetched."""
    assert complaint(source) == f"{where}: a document type (<!DOCTYPE>) is refused, and with it every entity"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("<a>&x;</a>", "f:1:4: this is not XML: undefined entity"),
        ("", "f:1:1: this is not XML: no element found"),
        ("  \n", "f:2:1: this is not XML: no element found"),
        ("hello", "f:1:1: this is not XML: syntax error"),
        ("<a>\n <b></a>", "f:2:7: this is not XML: mismatched tag"),
        ("<a/><b/>", "f:1:5: this is not XML: junk after document element"),
        ('<a x="1" x="2"/>', "f:1:10: this is not XML: duplicate attribute"),
        ("<a x=1/>", "f:1:6: this is not XML: not well-formed (invalid token)"),
        ("<a>\x01</a>", "f:1:4: this is not XML: not well-formed (invalid token)"),
        ("<a>\né\x00</a>", "f:2:2: write it in UTF-8: there are NULs in it"),
        ("<a>\né".encode() + b"\xff</a>", "f:2:2: write it in UTF-8"),
        ("<a", "f:1:1: this is not XML: unclosed token"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><a/>', "f:1:1: write it in UTF-8, not in ISO-8859-1"),
        ('<?xml version="1.0" encoding="x-unknown"?><a/>', "f:1:1: write it in UTF-8, not in x-unknown"),
        ("<a/>".encode("utf-16"), "f:1:1: write it in UTF-8, not in UTF-16"),
        (BOM_UTF16_LE, "f:1:1: write it in UTF-8, not in UTF-16"),
        ("<a x='1'/>".encode("utf-16-be"), "f:1:1: write it in UTF-8: there are NULs in it"),
        ("<a x='1'/>".encode("utf-16-le"), "f:1:2: write it in UTF-8: there are NULs in it"),
        ("<a x='1'/>".encode("utf-32-be"), "f:1:1: write it in UTF-8: there are NULs in it"),
        ("x" * (MAX_BYTES + 1), f"f:1:1: it is larger than {MAX_BYTES} bytes"),
        ("<a>" * (MAX_DEPTH + 1), f"f:1:{3 * MAX_DEPTH + 1}: it is nested deeper than {MAX_DEPTH} levels"),
        (
            "<a>" + "<b/>" * MAX_ELEMENTS + "</a>",
            f"f:1:{4 * MAX_ELEMENTS}: it has more than {MAX_ELEMENTS} elements",
        ),
    ],
)
def test_what_is_no_xml_of_ours_is_told_with_its_place(source: bytes | str, said: str) -> None:
    assert complaint(source) == said


def test_at_its_bounds_a_document_is_read() -> None:
    read_xml(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH, file="f")
    read_xml(b"<a>" + b"<b/>" * (MAX_ELEMENTS - 1) + b"</a>", file="f")
    read_xml(b"<a>" + b" " * (MAX_BYTES - 7) + b"</a>", file="f")


def test_the_parser_opens_nothing() -> None:
    """Audited: neither a file nor a connection, whatever the document asks for (PEP 578)."""
    script = f"""
import sys
from emulator.core.errors import TexmlError
from emulator.core.xml_reader import read_xml
opened = []
sys.addaudithook(lambda event, args: opened.append(event) if event in {{"open", "socket.connect"}} else None)
for source in ({BILLION!r}, '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "<a/>",
               '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'):
    try:
        read_xml(source.encode(), file="f")
    except TexmlError:
        pass
sys.exit(bool(opened))
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0  # noqa: S603 - our own script


# --- whatever it is given ---


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_read_or_refused_in_words(source: bytes) -> None:
    try:
        read_xml(source, file="f")
    except TexmlError as error:
        [problem] = error.problems
        assert problem.line >= 1
        assert problem.column >= 1


FRAGMENTS = st.sampled_from(
    [
        "<a>",
        "</a>",
        "<b x='1'/>",
        '<b x="\n" y="2">',
        "</b>",
        "<!DOCTYPE a [",
        "]>",
        "<!ENTITY x '&y;'>",
        "&x;",
        "&#x0;",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?p",
        "?>",
        "<?xml version='1.0' encoding='utf-7'?>",
        "é",
        "\r\n",
    ]
)


@given(st.lists(FRAGMENTS, max_size=30).map("".join))
def test_any_row_of_pieces_is_read_or_refused_in_words(source: str) -> None:
    told: tuple[Problem, ...] = ()
    try:
        read_xml(source.encode(), file="f")
    except TexmlError as error:
        told = error.problems
    assert len(told) <= 1


Tree: TypeAlias = "tuple[str, dict[str, str], str, list[Any]]"
"""Name, attributes, text and children."""


def elements() -> st.SearchStrategy[Tree]:
    leaf: st.SearchStrategy[Tree] = st.tuples(
        NAMES, st.dictionaries(NAMES, st.text(CHARACTERS), max_size=4), st.text(CHARACTERS), st.just([])
    )
    return st.recursive(
        leaf,
        lambda inner: st.tuples(
            NAMES,
            st.dictionaries(NAMES, st.text(CHARACTERS), max_size=4),
            st.text(CHARACTERS),
            st.lists(inner, max_size=3),
        ),
        max_leaves=8,
    )


def written(tree: Tree) -> str:
    name, attributes, text, children = tree
    said = "".join(f"\n {key} = {quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{said}>{escape(text)}{''.join(map(written, children))}</{name}>"


def as_read(element: Element) -> Tree:
    return element.name, dict(element.attributes), element.text, [as_read(child) for child in element.children]


@given(elements())
def test_what_is_written_is_read_again_and_each_place_is_where_it_says(tree: Tree) -> None:
    source = written(tree)
    root = read_xml(source.encode(), file="f")
    assert as_read(root) == tree
    lines = source.split("\n")
    waiting = [root]
    while waiting:
        element = waiting.pop()
        waiting += element.children
        assert lines[element.place.line - 1][element.place.column - 1 :].startswith(f"<{element.name}")
        assert element.places.keys() == element.attributes.keys()
        for name, (line, column) in element.places.items():
            assert lines[line - 1][column - 1 :].startswith(f"{name} = ")
