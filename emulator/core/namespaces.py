"""All namespaces of a server, and the scenarios that they see.

Owns which namespaces there are, their bound, and the indexes of scenarios. Must not let anything happen in one:
``engine.py`` does, on the turns that it gets from here.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import count
from typing import TYPE_CHECKING

from emulator.core import clock
from emulator.core.errors import LimitReached
from emulator.core.journal import Budget
from emulator.core.namespace import Namespace
from emulator.core.selection import Catalog
from emulator.core.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from emulator.core.ids import Randomness
    from emulator.core.models import Instant
    from emulator.core.policy import Policy
    from emulator.core.scenario.model import Scenario
    from emulator.core.turn import Addresses

MAX_SCENARIOS = 1_000
"""That one namespace may have, and that the server may: each change of them indexes them anew."""


class Namespaces:
    """Every namespace, by its id.

    Attributes:
        policy: The server's.
        addresses: Where webhooks go by default.
        scenarios: The server's, by name; a namespace may have its own besides.
        evicted: How many had to go for ``max_namespaces``.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        scenarios: Iterable[Scenario],
        addresses: Addresses,
        randomness: Callable[[str | None], Randomness],
    ) -> None:
        """Start with none.

        Args:
            policy: The server's settings.
            scenarios: Those that every namespace sees.
            addresses: Where webhooks go by default.
            randomness: Makes a source of bits from a seed; None: one that no other equals.
        """
        self.policy = policy
        self.addresses = addresses
        self.scenarios = {scenario.name: scenario for scenario in scenarios}
        self.evicted = 0
        self.randomness = randomness
        self._catalog = Catalog.of(self.scenarios.values())
        self._catalogs: dict[str, Catalog] = {}
        self._namespaces: OrderedDict[str, Namespace] = OrderedDict()
        self._budget = Budget(limit=policy.limits.journal_bytes)
        self._numbers = count(1)

    def __iter__(self) -> Iterator[Namespace]:
        """The longest unused first."""
        return iter(tuple(self._namespaces.values()))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._namespaces)

    def get(self, namespace_id: str) -> Namespace | None:
        """The one of that id, None when there is none."""
        return self._namespaces.get(namespace_id)

    def turn(self, namespace_id: str, wall: Instant) -> Turn:
        """A turn for the namespace of that id, which is made if need be and counts as used.

        Args:
            namespace_id: Any text.
            wall: Wall time.

        Raises:
            LimitReached: There are as many as may be, all busy.
        """
        namespace = self._namespaces.get(namespace_id)
        if namespace is None:
            namespace = self._new(namespace_id, wall)
        else:
            self._namespaces.move_to_end(namespace_id)
        return self.turn_of(namespace, wall)

    def turn_of(self, namespace: Namespace, wall: Instant) -> Turn:
        """A turn for a namespace that something falls due in."""
        return Turn(
            namespace=namespace,
            policy=namespace.overrides.policy or self.policy,
            catalog=self._catalogs.get(namespace.id, self._catalog),
            addresses=self.addresses,
            now=namespace.clock.read(wall),
            wall=wall,
            numbers=self._numbers,
        )

    def forget(self, namespace: Namespace) -> None:
        """Drop a namespace with all that is in it."""
        del self._namespaces[namespace.id]
        self._catalogs.pop(namespace.id, None)
        namespace.journal.close()

    def reindex(self) -> None:
        """Take in that scenarios were added or removed."""
        self._catalog = Catalog.of(self.scenarios.values())
        self._catalogs = {
            namespace.id: Catalog.of({**self.scenarios, **namespace.scenarios}.values())
            for namespace in self._namespaces.values()
            if namespace.scenarios
        }

    def visible_scenarios(self, namespace_id: str | None) -> Mapping[str, Scenario]:
        """The scenarios that a namespace sees, by name; None: the server's."""
        namespace = self._namespaces.get(namespace_id or "")
        return self.scenarios if namespace is None else {**self.scenarios, **namespace.scenarios}

    def put_scenario(self, scenario: Scenario, namespace_id: str | None, wall: Instant) -> bool:
        """Add or replace a scenario for one namespace, or for all; sessions that play go on with theirs.

        Returns:
            Whether it is new there.

        Raises:
            LimitReached: There are as many as may be.
        """
        shelf = self.scenarios if namespace_id is None else self.turn(namespace_id, wall).namespace.scenarios
        new = scenario.name not in shelf
        if new and len(shelf) >= MAX_SCENARIOS:
            raise LimitReached("scenarios", limit=MAX_SCENARIOS)
        shelf[scenario.name] = scenario
        self.reindex()
        return new

    def remove_scenario(self, name: str, namespace_id: str | None) -> bool:
        """Take a scenario away from one namespace, or from all; False when it was not there."""
        namespace = self._namespaces.get(namespace_id or "")
        shelf = self.scenarios if namespace_id is None else namespace.scenarios if namespace else {}
        removed = shelf.pop(name, None) is not None
        self.reindex()
        return removed

    def _new(self, namespace_id: str, wall: Instant) -> Namespace:
        if len(self._namespaces) >= self.policy.limits.max_namespaces:
            self._evict()
        seed = self.policy.seed
        namespace = Namespace(
            namespace_id,
            policy=self.policy,
            clock=clock.begin(self.policy.clock, wall, repeatable=seed is not None),
            randomness=self.randomness(None if seed is None else f"{seed}/{namespace_id}"),
            budget=self._budget,
        )
        self._namespaces[namespace_id] = namespace
        return namespace

    def _evict(self) -> None:
        """The longest unused one in which nothing happens any more has to go."""
        for namespace in self._namespaces.values():
            if namespace.idle:
                self.forget(namespace)
                self.evicted += 1
                return
        limit = self.policy.limits.max_namespaces
        raise LimitReached("namespaces (API keys)", limit=limit, setting="--max-namespaces")
