"""What a history of concurrent operations is made of."""

import math
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Slot = Hashable
Fact = Hashable
State = Mapping[Slot, Fact]


class Counter(NamedTuple):
    """A slot that holds None and then ever higher integers."""

    name: Hashable


@dataclass(frozen=True, slots=True)
class Step:
    """What an operation that took effect needs and leaves. A slot that holds nothing holds None.

    Where that depends on the state: `guard` tells whether it can have happened, `change` what it leaves beyond `leaves`, and
    `open_slots` names what they look at or set. Of operations that are `alike` and may never have taken effect, it is all the
    same which did.
    """

    needs: Mapping[Slot, Fact] = field(default_factory=dict)
    leaves: Mapping[Slot, Fact] = field(default_factory=dict)
    guard: Callable[[State], bool] | None = None
    change: Callable[[State], Mapping[Slot, Fact]] | None = None
    open_slots: Collection[Slot] = ()
    alike: Hashable = None

    @property
    def slots(self) -> set[Slot]:
        """All slots that it touches."""
        return {*self.needs, *self.leaves, *self.open_slots}

    def at(self, slot: Slot) -> "Step":
        """Return what it means to a slot that is not open."""
        needs, leaves = ({slot: facts[slot]} if slot in facts else {} for facts in (self.needs, self.leaves))
        return Step(needs, leaves)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a history. `returned` is infinite where nobody knows whether it took effect, or will."""

    client: int
    text: str
    step: Step
    invoked: float
    returned: float = math.inf
