"""What answers a question to the journal: by field, by age, by number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.core.body import decode_form
from emulator.core.delivery import DeliveryState
from emulator.core.facts import Facts, Field
from emulator.core.inputs import Received
from emulator.core.matching import read_matcher
from emulator.core.models import SECOND, EventType, SessionState, TexmlDetails
from emulator.core.query import Count, Hit, Kind, Query, Tally, candidates, find, hit_view, hit_whole, matches
from tests.core.engines import KEY, T0, Rig
from tests.core.journals import FORM, SESSION, namespace, received, request, stray, webhook

if TYPE_CHECKING:
    from emulator.core.facts import Answerable
    from emulator.core.models import Instant, JsonValue
    from emulator.core.namespace import Namespace


def field(written: str) -> Field:
    """``status``, or ``body.a`` with the part before the first dot."""
    part, dot, name = written.partition(".")
    return Field(part, name if dot else None)


def query(kind: Kind, matchers: dict[str, JsonValue] | None = None, last: int | None = None) -> Query:
    """A query of fields as ``field`` reads them."""
    read = tuple((field(name), read_matcher(written)) for name, written in (matchers or {}).items())
    return Query(kind=kind, matchers=read, last=last)


def at_zero(_: Namespace) -> Instant:
    """The clock of a namespace where no time has passed."""
    return 0


BODY = b'{"connector_name":"srs","a":{"b":[1,{"c":null}]},"a.b":"dotted","deep":{"x.y":1}}'
EVENT = b'{"data":{"event_type":"siprec.stopped","payload":{"hangup_cause":"normal_clearing"}}}'


@pytest.mark.parametrize(
    ("entry", "name", "value"),
    [
        (request(), "route", "siprec_start"),
        (request(), "method", "POST"),
        (request(status=422), "status", 422),
        (request(), "target", "/v2/calls/v3:a/actions/siprec_start"),
        (request(), "violations", 0),
        (request(headers=(("X-Foo", "1"), ("x-foo", "2"))), "headers.x-foo", "2"),
        (request(body=BODY), "body.connector_name", "srs"),
        (request(body=BODY), "body.a.b", "dotted"),
        (request(body=BODY), "body.deep.x.y", 1),
        (request(body=b'{"a":{"b":[1,{"c":2}]}}'), "body.a.b.0", 1),
        (request(body=b'{"a":{"b":[1,{"c":2}]}}'), "body.a.b.1.c", 2),
        (request(body=b'{"a":1,"a":2}'), "body.a", 2),
        (request(body=b"Name=x&Track=both", media_type=FORM), "body.Track", "both"),
        (stray(), "target", "/v2/nowhere"),
        (stray(), "reason", "Resource not found"),
        (webhook(), "event_type", "siprec.started"),
        (webhook(), "state", "unaddressed"),
        (webhook(state=DeliveryState.FAILED), "state", "failed"),
        (webhook(), "attempts", 0),
        (webhook(payload={"a": {"b": True}}), "payload.a.b", True),
        (received(), "verdict", "good"),
        (received(body=EVENT), "event_type", "siprec.stopped"),
        (received(body=EVENT), "payload.hangup_cause", "normal_clearing"),
        (received(body=EVENT), "body.data.event_type", "siprec.stopped"),
        (received(headers=(("A", "b"),)), "headers.a", "b"),
        (received(body=b"A=b", headers=(("Content-Type", f"{FORM}; charset=utf-8"),)), "body.A", "b"),
        (received(method="GET", target="/receiver/n?CallSid=c"), "body.CallSid", "c"),
        (SESSION, "session_id", "s1"),
        (SESSION, "state", "started"),
        (SESSION, "api", "call_control"),
        (SESSION, "connector_name", "srs"),
        (replace(SESSION, start=replace(SESSION.start, texml=TexmlDetails(account_sid="A"))), "api", "texml"),
    ],
)
def test_a_field_is_what_the_entry_says(entry: Answerable, name: str, value: JsonValue) -> None:
    fact = Facts(entry).at(field(name))
    assert (fact.value, fact.there) == (value, True)


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (request(), "scenario"),
        (request(), "headers.x-foo"),
        (request(body=b"not JSON"), "body.a"),
        (request(body=b'["a"]'), "body.0"),
        (request(body=b"a=%ff", media_type=FORM), "body.a"),
        (request(body=BODY), "body.a.c"),
        (request(body=BODY), "body.connector_name.x"),
        (request(body=b'{"a":[1]}'), "body.a.1"),
        (request(body=b'{"a":[1]}'), "body.a.-1"),
        (stray(), "route"),
        (stray(), "body.a"),
        (webhook(), "payload.a"),
        (received(body=b"\xff"), "event_type"),
        (received(body=b'{"data":[]}'), "payload.a"),
        (SESSION, "cause"),
    ],
)
def test_what_has_no_value_is_absent(entry: Answerable, name: str) -> None:
    assert Facts(entry).at(field(name)) == (None, False)


def test_a_null_in_a_body_is_there() -> None:
    fact = Facts(request(body=b'{"a":{"b":null}}')).at(Field("body", "a.b"))
    assert (fact.value, fact.there) == (None, True)


def test_every_matcher_must_hold() -> None:
    both = query(Kind.REQUESTS, {"status": 200, "call_control_id": {"prefix": "v3:"}})
    assert matches(both, request())
    assert not matches(both, request(status=422))
    assert not matches(both, request(call="x"))
    assert matches(query(Kind.REQUESTS), request())


@pytest.mark.parametrize("kind", Kind)
def test_only_what_is_of_the_kind_answers(kind: Kind) -> None:
    entries: dict[Kind, list[Answerable]] = {
        Kind.REQUESTS: [request(), stray()],
        Kind.WEBHOOKS: [webhook()],
        Kind.RECEIVED: [received()],
        Kind.SESSIONS: [SESSION],
    }
    for own, some in entries.items():
        assert all(matches(query(kind), entry) is (own is kind) for entry in some)


def test_entries_of_several_namespaces_come_by_number_and_sessions_by_creation() -> None:
    one = namespace(request(1), request(4), stray(3), replace(SESSION, id="late", created_at=2))
    other = namespace(stray(2), webhook(5), received(6), replace(SESSION, id="early", created_at=1), id="m")
    both = (one, other)

    def seqs(kind: Kind) -> list[int]:
        return [getattr(hit.entry, "seq", 0) for hit in candidates(kind, both)]

    assert [seqs(kind) for kind in (Kind.REQUESTS, Kind.WEBHOOKS, Kind.RECEIVED)] == [[1, 2, 3, 4], [5], [6]]
    assert [hit.at for hit in candidates(Kind.SESSIONS, both)] == [1, 2]
    assert [hit.namespace.id for hit in candidates(Kind.REQUESTS, both)] == ["n", "m", "n", "n"]


def test_last_is_measured_in_each_namespaces_own_time_and_its_bound_counts() -> None:
    recent, old = namespace(webhook(1, at=SECOND)), namespace(webhook(2, at=SECOND), id="old")
    now = {"n": 11 * SECOND, "old": 11 * SECOND + 1}
    wanted = query(Kind.WEBHOOKS, last=10 * SECOND)
    found = find(wanted, (recent, old), lambda one: now[one.id])
    assert [hit.namespace.id for hit in found] == ["n"]


def test_find_gives_what_matches_oldest_first() -> None:
    where = namespace(request(1), request(2, status=422), request(3))
    found = find(query(Kind.REQUESTS, {"status": 200}), [where], at_zero)
    assert [hit_view(hit)["id"] for hit in found] == [1, 3]


def test_an_answer_is_shown_as_lists_show_it() -> None:
    where = namespace()
    shown = [hit_view(Hit(where, entry)) for entry in (stray(7), webhook(8), received(9), SESSION)]
    assert [view["id"] for view in shown] == [7, "e8", 9, "s1"]


@pytest.mark.parametrize(
    ("count", "words", "admitted"),
    [
        (Count(), "at least 1", {1, 2, 3, 4}),
        (Count(at_least=2, at_most=2), "exactly 2", {2}),
        (Count(at_least=0, at_most=0), "exactly 0", {0}),
        (Count(at_least=0, at_most=3), "at most 3", {0, 1, 2, 3}),
        (Count(at_least=1, at_most=3), "1 to 3", {1, 2, 3}),
    ],
)
def test_a_count_admits_what_its_words_say(count: Count, words: str, admitted: set[int]) -> None:
    assert str(count) == words
    assert {number for number in range(5) if count.admits(number)} == admitted


PENDING, DONE = webhook(1, state=DeliveryState.PENDING), webhook(1, state=DeliveryState.DELIVERED)


def told(tally: Tally, *entries: Answerable) -> list[int]:
    """How many count after each entry that the tally is told of."""
    where = namespace()
    counts = []
    for entry in entries:
        tally.take(Hit(where, entry))
        counts.append(len(tally.hits(at_zero)))
    return counts


def test_a_lasting_tally_counts_an_entry_once_from_when_it_first_matches() -> None:
    """A webhook is told of anew with each attempt, under the same number."""
    tally = Tally(query(Kind.WEBHOOKS, {"state": "delivered"}), lasting=True)
    other = webhook(2, state=DeliveryState.DELIVERED)
    assert told(tally, PENDING, DONE, request(9), DONE, PENDING, other) == [0, 1, 1, 1, 1, 2]
    assert [hit.entry for hit in tally.hits(at_zero)] == [DONE, other]


def test_another_tally_counts_an_entry_while_it_matches() -> None:
    tally = Tally(query(Kind.WEBHOOKS, {"state": "pending"}), lasting=False)
    assert told(tally, PENDING, stray(2), DONE, DONE) == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (Kind.REQUESTS, {"request", "answer", "selection"}),
        (Kind.WEBHOOKS, {"signing"}),
        (Kind.SESSIONS, {"transitions", "webhooks"}),
        (Kind.RECEIVED, set()),
    ],
)
def test_a_whole_answer_has_what_a_short_one_leaves_out(kind: Kind, more: set[str]) -> None:
    rig = Rig()
    rig.start()
    rig.run(SECOND)
    rig.engine.received(KEY, Received(method="POST", target="/", headers=(), body=b"", verdict="", reason=""), T0)
    hit = next(candidates(kind, [rig.namespace]))
    assert more <= hit_whole(hit).keys()
    assert more.isdisjoint(hit_view(hit))


def test_a_tally_leaves_out_what_has_grown_too_old() -> None:
    tally = Tally(query(Kind.WEBHOOKS, last=SECOND), lasting=True)
    assert told(tally, DONE) == [1]
    assert tally.hits(lambda _: SECOND + 1) == []


def test_a_tally_of_sessions_knows_each_by_its_id() -> None:
    tally = Tally(query(Kind.SESSIONS, {"state": "started"}), lasting=True)
    starting = replace(SESSION, id="s2", state=SessionState.STARTING)
    assert told(tally, SESSION, starting, SESSION, replace(starting, state=SessionState.STARTED)) == [1, 1, 1, 2]


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="."), min_size=1, max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
NESTED = st.recursive(
    st.dictionaries(NAMES, SCALARS, max_size=3), lambda inner: st.dictionaries(NAMES, inner | SCALARS, max_size=3)
)


def leaves(document: JsonValue, path: str = "") -> list[tuple[str, JsonValue]]:
    """Every scalar of a nested object, by its dotted path."""
    if not isinstance(document, dict):
        return [(path, document)]
    return [leaf for name, inner in document.items() for leaf in leaves(inner, f"{path}.{name}" if path else name)]


@settings(deadline=None, max_examples=60)
@given(NESTED)
def test_a_query_made_of_a_bodys_own_fields_matches_it(document: JsonValue) -> None:
    entry = request(body=orjson.dumps(document))
    own = tuple((Field("body", path), read_matcher(value)) for path, value in leaves(document))
    assert matches(Query(kind=Kind.REQUESTS, matchers=own), entry)


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=40), st.sampled_from(["POST", "GET"]), st.sampled_from([FORM, "application/json", ""]))
def test_whatever_was_received_can_be_asked_about(body: bytes, method: str, content_type: str) -> None:
    entry = received(body=body, method=method, headers=(("Content-Type", content_type),))
    wanted = query(Kind.RECEIVED, {"verdict": "good", "body.x": {"present": False}})
    form = decode_form(body) if content_type == FORM and method == "POST" and body.isascii() else {}
    assert matches(wanted, entry) is ("x" not in form)


def test_a_query_made_of_an_engines_own_entries_matches_them() -> None:
    """The fields of real requests, webhooks and sessions, as the lists show them."""
    rig = Rig()
    rig.start(connector_name="srs")
    rig.run(SECOND)
    rig.deliver_all()
    fields = {
        Kind.REQUESTS: (
            "method",
            "target",
            "route",
            "call_control_id",
            "status",
            "scenario",
            "rule",
            "violations",
        ),
        Kind.WEBHOOKS: ("id", "event_type", "call_control_id", "session_id", "state", "attempts"),
        Kind.SESSIONS: ("call_control_id", "state", "scenario", "api"),
    }
    for kind, names in fields.items():
        [hit] = candidates(kind, [rig.namespace])
        shown = hit_view(hit)
        assert matches(query(kind, {name: shown[name] for name in names}), hit.entry)
    started = query(Kind.WEBHOOKS, {"event_type": EventType.STARTED, "state": "delivered", "attempts": 1})
    assert len(find(started, [rig.namespace], lambda _: rig.now)) == 1
