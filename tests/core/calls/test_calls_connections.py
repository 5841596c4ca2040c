"""Where webhooks of calls go: per event, per call, by connection, and as usual."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from emulator.core.calls.connections import MAX_CONNECTIONS, put_connection
from emulator.core.calls.model import Connection
from emulator.core.errors import LimitReached
from emulator.core.models import SECOND, ConnectorFields, Route
from emulator.core.policy import Policy, Realism
from tests.core.engines import HOOK, Rig, error_of, failed

APP, APP_FAILOVER = "http://app.test/connection", "http://app.test/failover"
CONNECTION = Connection(
    id="7", webhook_event_url=APP, webhook_event_failover_url=APP_FAILOVER, webhook_timeout=5 * SECOND
)


def rig_of(**policy: Any) -> Rig:
    """One whose namespaces have the connection."""
    return Rig(policy=Policy(connections=(CONNECTION,), **policy))


def dialled(rig: Rig, **body: Any) -> str:
    """Dial, and the call's id."""
    return str(orjson.loads(rig.dial(**body).body)["data"]["call_control_id"])


def urls(rig: Rig) -> list[str]:
    """Where each attempt went."""
    return [send.url for send in rig.sends]


def test_a_call_that_comes_in_comes_to_the_only_connection_there_is() -> None:
    rig = rig_of()
    assert rig.call_in().connection_id == "7"
    assert urls(rig) == [APP]
    assert rig.sends[0].timeout == 5 * SECOND
    plain = Rig()
    assert plain.call_in().connection_id == plain.namespace.calls.connection_id
    assert urls(plain) == [HOOK]
    two = Rig(policy=Policy(connections=(CONNECTION, Connection(id="8"))))
    assert two.call_in().connection_id == two.namespace.calls.connection_id


def test_a_connection_without_a_url_leaves_that_to_the_server() -> None:
    rig = Rig(policy=Policy(connections=(Connection(id="8"),)))
    rig.call_in()
    assert urls(rig) == [HOOK]
    assert rig.sends[0].timeout == Policy().delivery.timeout


def test_the_connections_failover_is_tried_when_its_url_has_failed() -> None:
    rig = rig_of()
    rig.call_in()
    for _ in range(3):
        rig.report(failed(rig.sends[-1]))
        rig.run(4 * SECOND)
    assert urls(rig) == [APP, APP, APP, APP_FAILOVER]


def test_a_dial_may_say_where_its_calls_webhooks_go() -> None:
    """Per event before per call; a recording's events are the call's too."""
    rig = rig_of()
    call = dialled(
        rig,
        connection_id="7",
        webhook_url="http://own.test/all",
        webhook_urls={"call.answered": "http://own.test/answered", "siprec.started": ["http://own.test/rec"]},
    )
    rig.run(2 * SECOND)
    rig.start(call)
    rig.run(SECOND)
    rig.stop(call)
    rig.run(SECOND)
    assert urls(rig) == [
        "http://own.test/all",
        "http://own.test/answered",
        "http://own.test/rec",
        "http://own.test/all",
    ]


def test_an_answer_may_say_where_later_webhooks_go() -> None:
    rig = rig_of()
    call = rig.call_in().call_control_id
    rig.command(Route.ANSWER, call, webhook_url="http://own.test/")
    rig.command(Route.HANGUP, call)
    assert urls(rig) == [APP, "http://own.test/", "http://own.test/"]


def test_the_second_url_of_an_event_is_its_failover() -> None:
    rig = Rig()
    dialled(rig, webhook_urls={"call.initiated": ["http://own.test/1", "http://own.test/2"]})
    for _ in range(3):
        rig.fail_all()
        rig.run(4 * SECOND)
    own = [url for url in urls(rig) if url != HOOK]
    assert own == ["http://own.test/1"] * 3 + ["http://own.test/2"]


@pytest.mark.parametrize(
    "wrong", [{"webhook_url": "nowhere"}, {"webhook_urls": {"call.hangup": "ftp://x"}}, {"webhook_urls": "x"}]
)
def test_what_is_no_url_is_refused(wrong: dict[str, Any]) -> None:
    assert Rig().dial(**wrong).status == 422


def test_strict_realism_knows_no_connection_that_was_not_declared() -> None:
    rig = rig_of(realism=Realism.STRICT)
    reply = rig.dial(connection_id="8")
    assert reply.status == 422
    assert error_of(reply) == {
        "code": "10015",
        "title": "Invalid value for connection_id (Call Control App ID)",
        "source": {"pointer": "/connection_id"},
        "detail": (
            "The requested connection_id (Call Control App ID) is either invalid or does not exist. "
            "Only Call Control Apps with valid webhook URL are accepted."
        ),
    }
    assert rig.dial(connection_id="7").status == 200
    assert rig.request(Route.ACTIVE_CALLS, "8", method="GET").status == 422
    assert rig.request(Route.ACTIVE_CALLS, "7", method="GET").status == 200


def test_declared_connectors_are_there_from_the_beginning() -> None:
    fields = ConnectorFields(name="mine", host="srs.test", port=5060)
    rig = Rig(policy=Policy(connectors=(fields,)))
    reply = rig.request(Route.CONNECTOR_READ, "mine", method="GET")
    assert orjson.loads(reply.body)["data"]["created_at"] == "2023-11-14T22:13:20.000Z"


def test_there_are_as_many_connections_as_may_be() -> None:
    store = {str(number): Connection(id=str(number)) for number in range(MAX_CONNECTIONS)}
    put_connection(store, Connection(id="0", webhook_event_url=APP))
    assert store["0"].webhook_event_url == APP
    with pytest.raises(LimitReached):
        put_connection(store, Connection(id="more"))
