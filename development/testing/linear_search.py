"""The search for an order: Wing and Gong's, with Lowe's memory of what was tried.

Two things keep it from trying what need not be tried. A read that can be next is next: it disturbs nobody. A blind write whose
readers can all follow at once is next with them: in any order that exists they stand together, and could stand here. So plain
registers whose values are written once each are judged without ever going back.
"""

import math
from collections import Counter as Count
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from testing.history import Fact, Slot, State, Step

MOST_BRANCHES = 30_000  # some ten seconds


class UndecidedError(AssertionError):
    """The search was given up."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """An operation to be put in order; one that returns at infinity may be left out."""

    step: Step
    invoked: float
    returned: float
    counters: set[Slot]

    @property
    def is_optional(self) -> bool:
        """Tell whether it may be left out."""
        return math.isinf(self.returned)

    @property
    def is_read(self) -> bool:
        """Tell whether it leaves every state as it is."""
        return not self.step.leaves and self.step.change is None

    @property
    def is_blind(self) -> bool:
        """Tell whether it leaves the same, whatever the state."""
        return not self.step.needs and self.step.guard is None and self.step.change is None


def can_be_put_in_order(candidates: Sequence[Candidate], initial: State) -> bool:
    """Tell whether an order exists. `candidates` are in the order of their calls. Raises UndecidedError."""
    return _Search(_without_useless(candidates), initial).succeeds()


def _without_useless(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Leave out what need not have happened and nobody could have noticed."""
    needed = {fact for one in candidates for fact in one.step.needs.items()}
    watched = {slot for one in candidates for slot in one.step.open_slots}

    def may_matter(one: Candidate) -> bool:
        return not one.is_read and (
            one.step.change is not None
            or any(slot in watched or (slot, fact) in needed for slot, fact in one.step.leaves.items())
        )

    return [one for one in candidates if not one.is_optional or may_matter(one)]


class _Search:
    def __init__(self, candidates: list[Candidate], initial: State) -> None:
        self._candidates = candidates
        self._states: list[Mapping[Slot, Fact]] = [dict(initial)]
        self._order: list[int] = []
        self._placed = 0  # a bit for each candidate in _order
        self._left = sum(not one.is_optional for one in candidates)
        # A ring of those not placed, in the order of their calls; the last place is its beginning and end.
        size = len(candidates)
        self._next = [*range(1, size + 1), 0] if size else [0]
        self._previous = [size, *range(size)] if size else [0]
        # What those not placed need (all of them; those that cannot be left out), make, look at and change.
        self._needing: Count[tuple[Slot, Fact]] = Count()
        self._insisting: Count[tuple[Slot, Fact]] = Count()
        self._making: Count[tuple[Slot, Fact]] = Count()
        self._looking: Count[Slot] = Count()
        self._changing: Count[Slot] = Count()
        for one in candidates:
            self._count(one, 1)
        self._likeness = [self._alike(one) for one in candidates]

    def succeeds(self) -> bool:
        tried: set[tuple[int, frozenset[tuple[Slot, Fact]]]] = set()
        branches: list[tuple[int, Iterator[int]]] = []
        while True:
            self._place_what_is_certain()
            if self._left == 0:
                return True
            known = (self._placed, frozenset(self._states[-1].items()))
            if known not in tried:
                tried.add(known)
                if len(tried) > MOST_BRANCHES:
                    raise UndecidedError(f"gave up after {MOST_BRANCHES} branches")
                branches.append((len(self._order), iter(self._next_ones())))
            while branches:
                depth, choices = branches[-1]
                self._take_back(depth)
                choice = next(choices, None)
                if choice is not None:
                    self._place(choice)
                    break
                branches.pop()
            else:
                return False

    def _possible(self) -> list[int]:
        """Return those that no other must precede."""
        found = []
        horizon = math.inf
        end = len(self._candidates)
        place = self._next[end]
        while place != end:
            one = self._candidates[place]
            if one.invoked > horizon:
                break
            found.append(place)
            horizon = min(horizon, one.returned)
            place = self._next[place]
        return found

    def _place_what_is_certain(self) -> None:
        self._place_reads()
        while any(self._settle(place) for place in sorted(self._possible(), key=lambda place: self._candidates[place].returned)):
            pass

    def _place_reads(self) -> None:
        again = True
        while again:
            again = False
            for place in self._possible():
                if self._candidates[place].is_read and self._changes(place) is not None:
                    self._place(place)
                    again = True

    def _settle(self, place: int) -> bool:
        """Place a blind write with all its readers, if that can do no harm."""
        one = self._candidates[place]
        if not one.is_blind:
            return False
        state = self._states[-1]
        facts = one.step.leaves.items()
        if any(self._looking[slot] or self._needing[slot, state.get(slot)] for slot, _ in facts):
            # Those who need the fact that stands need it no less if it is written once more.
            return False
        depth = len(self._order)
        self._place(place)
        self._place_reads()
        if any(self._needing[fact] for fact in facts):
            self._take_back(depth)
            return False
        return True

    def _next_ones(self) -> list[int]:
        """Return those worth trying, the likeliest first."""
        state = self._states[-1]
        alike: set[Hashable] = set()
        worth = []
        for place in self._possible():
            one = self._candidates[place]
            changes = self._changes(place)
            if changes is None or self._takes_away(one, state, changes):
                continue
            if one.is_optional and all(state.get(slot) == fact for slot, fact in changes.items()):
                continue
            likeness = self._likeness[place]
            if likeness is not None:
                if likeness in alike:
                    continue
                alike.add(likeness)
            worth.append(place)
        # Of those that may be left out, the latest: what took effect unseen did so most likely before the next was asked for.
        return sorted(worth, key=lambda place: (self._candidates[place].returned, -self._candidates[place].invoked))

    def _changes(self, place: int) -> Mapping[Slot, Fact] | None:
        """Return what it would change if it were next, or None where it cannot be."""
        step = self._candidates[place].step
        state = self._states[-1]
        for slot, fact in step.needs.items():
            if state.get(slot) != fact:
                return None
        if step.guard is not None and not step.guard(state):
            return None
        return step.leaves if step.change is None else {**step.leaves, **step.change(state)}

    def _takes_away(self, one: Candidate, state: State, changes: Mapping[Slot, Fact]) -> bool:
        """Tell whether somebody who cannot be left out would never find what it needs any more."""
        self._count(one, -1)
        lost = any(
            any(self._insisting[slot, number] for number in _passed(state.get(slot), fact))
            if slot in one.counters
            else self._insisting[slot, state.get(slot)] and not (self._making[slot, state.get(slot)] or self._changing[slot])
            for slot, fact in changes.items()
            if state.get(slot) != fact
        )
        self._count(one, 1)
        return lost

    def _place(self, place: int) -> None:
        changes = self._changes(place)
        assert changes is not None
        one = self._candidates[place]
        self._states.append({**self._states[-1], **changes} if changes else self._states[-1])
        self._order.append(place)
        self._placed |= 1 << place
        self._left -= not one.is_optional
        self._next[self._previous[place]] = self._next[place]
        self._previous[self._next[place]] = self._previous[place]
        self._count(one, -1)

    def _take_back(self, depth: int) -> None:
        while len(self._order) > depth:
            place = self._order.pop()
            one = self._candidates[place]
            self._states.pop()
            self._placed ^= 1 << place
            self._left += not one.is_optional
            self._next[self._previous[place]] = place
            self._previous[self._next[place]] = place
            self._count(one, 1)

    def _count(self, one: Candidate, by: int) -> None:
        for fact in one.step.needs.items():
            self._needing[fact] += by
            if not one.is_optional:
                self._insisting[fact] += by
        for fact in one.step.leaves.items():
            self._making[fact] += by
        for slot in one.step.open_slots:
            self._looking[slot] += by
            if one.step.change is not None:
                self._changing[slot] += by

    def _alike(self, one: Candidate) -> Hashable:
        """Return what it shares with those that could as well take its place; None where it is alone."""
        if not one.is_optional or one.step.alike is None:
            return None
        seen = [(slot, fact) for slot, fact in one.step.leaves.items() if self._needing[slot, fact] or self._looking[slot]]
        return one.step.alike, frozenset(seen)


def _passed(before: Fact, after: Fact) -> Iterator[Fact]:
    """Return the facts that a counter does not hold any more."""
    yield before
    assert isinstance(after, int)
    yield from range((before if isinstance(before, int) else 0) + 1, after)
