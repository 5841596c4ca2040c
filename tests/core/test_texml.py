"""TeXML documents: what they start and stop, and what is said of everything else in them."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.errors import TexmlError
from emulator.core.policy import Validation
from emulator.core.texml import MAX_PROBLEMS, Script, StartRecording, StopRecording, read_texml
from tests.core.engines import SCHEMAS


def read(body: str, validation: Validation = Validation.STANDARD) -> Script:
    return read_texml(
        f"<Response>\n{body}\n</Response>".encode(), file="f", schemas=SCHEMAS, validation=validation
    )


def warnings(body: str, validation: Validation = Validation.STANDARD) -> list[str]:
    return [str(one) for one in read(body, validation).warnings]


def complaints(body: str, validation: Validation = Validation.STANDARD) -> list[str]:
    with pytest.raises(TexmlError) as caught:
        read(body, validation)
    return [str(one) for one in caught.value.problems]


def test_telnyxs_examples_are_read() -> None:
    """Those of its page: names of attributes are those of the REST form's fields, their first letter aside."""
    started = read(
        '<Start><Siprec name="s" track="inbound_track" connectorName="c" statusCallback="https://a.de/"/></Start>'
    )
    [start] = started.instructions
    assert isinstance(start, StartRecording)
    assert start.fields == {
        "Name": "s",
        "Track": "inbound_track",
        "ConnectorName": "c",
        "StatusCallback": "https://a.de/",
    }
    assert started.warnings == ()
    stopped = read('<Stop><Siprec name="s"/></Stop><Stop><Siprec/></Stop>')
    assert [one.name for one in stopped.instructions if isinstance(one, StopRecording)] == ["s", None]


def test_every_attribute_is_read_as_its_type() -> None:
    [start] = read(
        '<Start><Siprec secure="true" includeMetadataCustomHeaders="false" sessionTimeoutSecs="0" '
        'statusCallbackMethod="GET"/></Start>'
    ).instructions
    assert isinstance(start, StartRecording)
    assert start.fields == {
        "Secure": True,
        "IncludeMetadataCustomHeaders": False,
        "SessionTimeoutSecs": 0,
        "StatusCallbackMethod": "GET",
    }


def test_instructions_come_in_the_order_of_the_document_with_their_places() -> None:
    script = read("<Start><Siprec/><Siprec/></Start>\n<Stop><Siprec/></Stop>")
    assert [one.place for one in script.instructions] == [(2, 8), (2, 17), (3, 7)]


@pytest.mark.parametrize(
    ("attribute", "said"),
    [
        ('sessionTimeoutSecs="89"', "sessionTimeoutSecs: The value is outside of allowed range 90 to 14440"),
        ('sessionTimeoutSecs="14441"', "sessionTimeoutSecs: The value is outside of allowed range 90 to 14440"),
        ('sessionTimeoutSecs="1e3"', "The 'sessionTimeoutSecs' parameter must be of type 'integer'"),
        ('sessionTimeoutSecs=""', "The 'sessionTimeoutSecs' parameter must be of type 'integer'"),
        ('track="left"', "track: The value must be one of: both_tracks, inbound_track, outbound_track."),
        ('secure="yes"', "The 'secure' parameter must be of type 'boolean'"),
        ('statusCallbackMethod="PUT"', "statusCallbackMethod: The value must be one of: GET, POST."),
        (
            'statusCallback="/cb"',
            "The 'statusCallback' parameter must be an absolute http or https URL of at most 2000 characters.",
        ),
    ],
)
def test_a_wrong_value_is_told_at_its_attribute(attribute: str, said: str) -> None:
    """And taken as not given where validation only warns."""
    body = f'<Start>\n  <Siprec name="s"\n    {attribute}/></Start>'
    assert complaints(body) == [f"f:4:5: {said}"]
    script = read(body, Validation.WARN)
    [start] = script.instructions
    assert isinstance(start, StartRecording)
    assert start.fields == {"Name": "s"}
    assert [str(one) for one in script.warnings] == [f"f:4:5: {said.removesuffix('.')}; it counts as not given"]


@pytest.mark.parametrize("seconds", [0, 90, 1800, 14_440])
def test_the_documented_range_of_the_timer_is_taken(seconds: int) -> None:
    assert read(f'<Start><Siprec sessionTimeoutSecs="{seconds}"/></Start>').warnings == ()


def test_every_mistake_is_told_at_once_and_nothing_else() -> None:
    body = '<Start><Siprec secure="x" track="y"/></Start>\n<Start><Siprec secure="z"/></Start>\n<Say/>'
    assert [one.split(":")[1:3] for one in complaints(body)] == [["2", "16"], ["2", "27"], ["3", "16"]]


def test_mistakes_and_warnings_are_told_up_to_a_bound() -> None:
    many = MAX_PROBLEMS + 1
    assert len(complaints('<Start><Siprec secure="x"/></Start>' * many)) == MAX_PROBLEMS
    assert len(warnings("<Say/>" * many)) == MAX_PROBLEMS


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<Say>hi</Say>", "f:2:1: the emulator skips <Say>"),
        ("<Dial><Number/></Dial>", "f:2:1: the emulator skips <Dial>"),
        ("<Sya/>", "f:2:1: <Sya> is no verb that the emulator knows, and skipped; did you mean 'Say'?"),
        ("<start/>", "f:2:1: <start> is no verb that the emulator knows, and skipped; did you mean 'Start'?"),
        ("<Siprec/>", "f:2:1: <Siprec> stands in a <Start> or a <Stop>; here it is skipped"),
        ("<Start/>", "f:2:1: an empty <Start> does nothing"),
        ("<Start><Stream/></Start>", "f:2:8: the emulator skips <Stream>"),
        (
            "<Stop><siprec/></Stop>",
            "f:2:7: <siprec> is no noun of <Stop> that the emulator knows, and skipped; did you mean 'Siprec'?",
        ),
        ("<Start><Siprec><Parameter/></Siprec></Start>", "f:2:16: <Parameter> in a <Siprec> is skipped"),
        ('<Start action="/x"><Siprec/></Start>', "f:2:8: action is ignored on <Start>"),
        ("<Start>now<Siprec/></Start>", "f:2:1: text in <Start> is ignored"),
        ("now", "f:1:1: text in <Response> is ignored"),
        (
            '<Start><Siprec conectorName="c"/></Start>',
            "f:2:16: conectorName is no attribute of this <Siprec>, and ignored; did you mean 'connectorName'?",
        ),
        ('<Start><Siprec a~b="c"/></Start>', ""),
        ('<Stop><Siprec track="x"/></Stop>', "f:2:15: track is no attribute of this <Siprec>, and ignored"),
        (f"<{'x' * 200}/>", f"f:2:1: <{'x' * 60}…> is no verb that the emulator knows, and skipped"),
    ],
)
def test_what_has_no_meaning_here_is_skipped_with_a_warning(body: str, said: str) -> None:
    if not said:
        assert complaints(body) == ["f:2:17: this is not XML: not well-formed (invalid token)"]
        return
    assert warnings(body) == [said]


def test_strict_validation_refuses_attributes_that_there_are_none_of() -> None:
    """SipTransport is one of the REST form alone."""
    body = '<Start><Siprec sipTransport="tcp"/></Start>'
    assert complaints(body, Validation.STRICT) == ["f:2:16: sipTransport is no attribute of this <Siprec>"]
    assert warnings(body) == ["f:2:16: sipTransport is no attribute of this <Siprec>, and ignored"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("<Answer/>", "f:1:1: a TeXML document is a <Response>, not a <Answer>"),
        (
            "<response/>",
            "f:1:1: a TeXML document is a <Response>, not a <response>; names are written with their capitals",
        ),
    ],
)
def test_a_document_is_a_response(source: str, said: str) -> None:
    with pytest.raises(TexmlError) as caught:
        read_texml(source.encode(), file="f", schemas=SCHEMAS, validation=Validation.STANDARD)
    assert str(caught.value) == said


def test_an_empty_response_asks_for_nothing() -> None:
    assert read("") == Script(instructions=(), warnings=())


PARTS = st.sampled_from(
    [
        "<Start>",
        "</Start>",
        "<Stop>",
        "</Stop>",
        "<Siprec/>",
        '<Siprec name="a" secure="b" x="&lt;" sessionTimeoutSecs="99999999999999999999999"/>',
        "<Siprec>",
        "</Siprec>",
        "<Say>x</Say>",
        "text",
        "\n",
    ]
)


@given(st.lists(PARTS, max_size=12).map("".join), st.sampled_from(Validation))
def test_any_document_is_read_or_refused_with_places(body: str, validation: Validation) -> None:
    try:
        script = read(body, validation)
    except TexmlError as error:
        told = error.problems
    else:
        told = script.warnings
    assert all(one.line >= 1 and one.column >= 1 and one.message for one in told)


@given(
    st.dictionaries(
        st.sampled_from(["name", "track", "secure", "sessionTimeoutSecs", "zz", "é"]), st.text("09tru<&'\"é -")
    )
)
def test_any_attributes_are_read_or_refused_with_places(attributes: dict[str, str]) -> None:
    said = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())
    lines = {2}
    try:
        lines |= {one.line for one in read(f"<Start><Siprec {said}/></Start>").warnings}
    except TexmlError as error:
        lines |= {one.line for one in error.problems}
    assert lines == {2}
