"""A store that is right by construction: each operation happens at one moment, and the history is what its clients see."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations

from verification.key_value_model import Change, Changes, Pair
from verification.key_value_operations import Call, Response
from verification.timeline import Operation


@dataclass(frozen=True)
class Planned:
    """A call, when it takes effect (None: never) and how long before and after that its client waits (None: for ever)."""

    call: Call
    moment: float | None
    invoked: float
    returned: float | None
    client: int = 0


class Store:
    """One namespace."""

    def __init__(self) -> None:
        self.log: list[Change] = []
        self._pairs: dict[str, Pair | None] = {}

    def do(self, call: Call, now: int = 0) -> Response:
        """Return the answer of an operation that happens now, in milliseconds."""
        changes = Changes(self._pairs.get, len(self.log), now=now, history=self._find_history)
        answer = call.do(changes)
        if not answer.is_refusal:
            self._pairs |= changes.left
            self.log += changes.made
        return answer

    def sweep(self, now: int) -> None:
        """Remove the pairs that have expired."""
        changes = Changes(self._pairs.get, len(self.log), now=now)
        for key in self._pairs:
            changes.find(key)
        self._pairs |= changes.left
        self.log += changes.made

    def _find_history(self, key: str) -> list[Change]:
        return [change for change in self.log if change.key == key]


def carry_out(plan: Iterable[Planned], sweeps: Callable[[], bool] = lambda: False) -> tuple[list[Operation], list[Change]]:
    """Return what the clients see, and the log; `sweeps` decides before each operation whether expired pairs are removed."""
    store = Store()
    seen = []
    for one in sorted(plan, key=lambda one: math.inf if one.moment is None else one.moment):
        now = 0 if one.moment is None else math.floor(one.moment * 1000)
        if sweeps():
            store.sweep(now)
        answer = None if one.moment is None else store.do(one.call, now)
        if one.returned is None:
            seen.append(Operation(one.client, one.call, one.invoked))
        else:
            seen.append(Operation(one.client, one.call, one.invoked, answer, one.returned))
    return seen, store.log


def has_an_order(history: Sequence[Operation], log: Sequence[Change]) -> bool:
    """Return whether any order of what may have happened explains history and log. For a handful of operations: it tries all."""
    unknown = [one for one in history if one.answer is None]
    known = [one for one in history if one.answer is not None]
    return any(
        _explains(order, log)
        for chosen in range(2 ** len(unknown))
        for order in permutations([*known, *(one for place, one in enumerate(unknown) if chosen >> place & 1)])
    )


def _explains(order: Sequence[Operation], log: Sequence[Change]) -> bool:
    latest_call = -math.inf
    store = Store()
    for one in order:
        latest_call = max(latest_call, one.invoked)
        if one.returned < latest_call:
            return False
        answer = store.do(one.call)
        if one.answer is not None and one.answer.text != answer.text:
            return False
    return store.log == list(log)
