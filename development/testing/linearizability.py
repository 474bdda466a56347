"""Tells whether concurrent operations could have happened one after the other, each at a moment between its call and return.

The state is a set of slots, each holding a fact (a key and its value's text, a counter and its number). What an operation means
is a `Step`. Slots that no operation touches together are judged apart: linearizability is local. The search: `linear_search.py`.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from testing.history import Counter, Operation, Slot, State
from testing.linear_search import Candidate, UndecidedError, can_be_put_in_order

SHOWN_BEFORE = 12


@dataclass(frozen=True)
class Violation:
    """The shortest beginning of a history that cannot be put in order: up to the return of `last`."""

    last: Operation
    prefix: Sequence[Operation]

    def __str__(self) -> str:
        """The operations around the last, in the order of their calls; times in milliseconds before its return."""
        last = self.last
        facts = set(last.step.needs.items())
        before = [one for one in self.prefix if one.returned < last.invoked]
        latest = sorted(before, key=lambda one: one.returned)[-SHOWN_BEFORE:]
        shown = [
            one
            for one in self.prefix
            if one is last or one in latest or self._overlaps(one) or facts & set(one.step.leaves.items())
        ]
        lines = [self._line(one) for one in sorted(shown, key=lambda one: one.invoked)]
        left_out = len(self.prefix) - len(shown)
        return (
            f"no order of the first {len(self.prefix)} operations explains the answer of the last to return (>):\n"
            + "\n".join(lines)
            + (f"\n({left_out} earlier operations are not shown)" if left_out else "")
        )

    def _overlaps(self, one: Operation) -> bool:
        return not math.isinf(one.returned) and one.returned >= self.last.invoked

    def _line(self, one: Operation) -> str:
        mark = ">" if one is self.last else " "
        end = (
            "      …"
            if math.isinf(one.returned) or one.returned > self.last.returned
            else f"{(one.returned - self.last.returned) * 1000:7.1f}"
        )
        return f"{mark} {(one.invoked - self.last.returned) * 1000:9.1f} {end}  client {one.client}: {one.text}"


def find_violation(history: Iterable[Operation], initial: State | None = None) -> Violation | None:
    """Return the shortest beginning that cannot be put in order, or None: the history is linearizable.

    Raises UndecidedError where the search takes too long.
    """
    parts = _split(list(history))
    # What is wrong can mostly be seen at one slot alone, where it is found soon and shown shortly.
    for attempt in (map(_alone, parts), [parts]):
        violations = (_judge(part, initial or {}) for some in attempt for part in some)
        earliest = min((one for one in violations if one is not None), key=lambda one: one.last.returned, default=None)
        if earliest is not None:
            return earliest
    return None


def assert_linearizable(history: Iterable[Operation], initial: State | None = None) -> None:
    """Raises AssertionError, which shows the smallest counterexample."""
    violation = find_violation(history, initial)
    assert violation is None, str(violation)


def _split(history: Sequence[Operation]) -> list[list[Operation]]:
    """Return groups of operations that touch no slot of another group."""
    leader: dict[Slot, Slot] = {}

    def find(slot: Slot) -> Slot:
        while (above := leader.setdefault(slot, slot)) != slot:
            leader[slot] = leader[above]
            slot = above
        return slot

    for operation in history:
        first, *others = operation.step.slots or {None}
        for other in others:
            leader[find(other)] = find(first)
    parts: defaultdict[Slot, list[Operation]] = defaultdict(list)
    for operation in history:
        parts[find(next(iter(operation.step.slots or {None})))].append(operation)
    return list(parts.values())


def _alone(part: list[Operation]) -> Iterator[list[Operation]]:
    """Return what happens at each slot whose facts do not depend on more."""
    slots = {slot for one in part for slot in one.step.slots}
    open_slots = {slot for one in part for slot in one.step.open_slots}
    if len(slots) > 1:
        for slot in slots - open_slots:
            yield [replace(one, step=one.step.at(slot)) for one in part if slot in one.step.slots]


def _judge(history: list[Operation], initial: State) -> Violation | None:
    history = sorted(history, key=lambda one: one.invoked)
    returns = sorted(one.returned for one in history if not math.isinf(one.returned))
    if _is_linearizable(history, initial, math.inf):
        return None
    # Every beginning of a linearizable history is one, so the shortest that is none can be found by halving.
    good, bad = -1, len(returns) - 1
    while bad - good > 1:
        middle = (good + bad) // 2
        try:
            is_good = _is_linearizable(history, initial, returns[middle])
        except UndecidedError:
            is_good = True
        good, bad = (middle, bad) if is_good else (good, middle)
    prefix = [one for one in history if one.invoked <= returns[bad]]
    return Violation(next(one for one in prefix if one.returned == returns[bad]), prefix)


def _is_linearizable(history: Sequence[Operation], initial: State, until: float) -> bool:
    """Tell it of the history until a moment: what has not returned by then may have taken effect or not."""
    candidates = [
        Candidate(
            one.step,
            one.invoked,
            one.returned if one.returned <= until else math.inf,
            {slot for slot in one.step.slots if isinstance(slot, Counter)},
        )
        for one in history
        if one.invoked <= until
    ]
    return can_be_put_in_order(candidates, initial)
