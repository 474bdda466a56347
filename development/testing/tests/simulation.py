"""A store that is right by construction: each operation happens at one moment, and the history is what its clients see."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from testing.history import Operation
from testing.key_value_operations import Answer, Call, Create, Delete, Increment, Read, Refused, Write
from testing.tests.histories import operation


@dataclass(frozen=True)
class Planned:
    """A call, when it takes effect (None: never) and how long before and after that its client waits."""

    call: Call
    moment: float | None
    invoked: float
    returned: float | None
    client: int = 0


class Store:
    """One namespace."""

    def __init__(self) -> None:
        self._pairs: dict[str, tuple[Any, int]] = {}
        self._revision = 0

    def do(self, call: Call) -> Answer:
        """Return the answer of an operation that happens now."""
        match call:
            case Write(data=data):
                if any(self._pairs.get(key, (None, 0))[1] != number for key, number in call.if_revision.items()):
                    return Refused()
                for key, value in data.items():
                    self._put(key, value)
                return {"written": len(data), "revision": self._revision}
            case Create(key=key):
                skipped = [key] if key in self._pairs else []
                if not skipped:
                    self._put(key, call.value)
                return {"skipped": skipped, "revision": self._revision}
            case Read(keys=keys):
                return {"data": {key: self._pairs[key][0] for key in keys if key in self._pairs}, "revision": self._revision}
            case Delete(keys=keys):
                gone = [key for key in keys if self._pairs.pop(key, None) is not None]
                self._revision += len(gone)
                return {"deleted": len(gone), "revision": self._revision}
            case Increment():
                self._put(call.key, self._pairs.get(call.key, (0, 0))[0] + call.by)
                return {"value": self._pairs[call.key][0], "revision": self._revision}
            case _:
                raise AssertionError(call)

    def _put(self, key: str, value: Any) -> None:
        self._revision += 1
        self._pairs[key] = value, self._revision


def answers_of(plan: Iterable[Planned]) -> list[tuple[Planned, Answer]]:
    """Return what each client sees: None, where it was not answered."""
    store = Store()
    by_moment = sorted(plan, key=lambda one: math.inf if one.moment is None else one.moment)
    return [(one, None if one.moment is None else store.do(one.call)) for one in by_moment]


def record(seen: Iterable[tuple[Planned, Answer]], *, numbered: bool) -> list[Operation]:
    """Return the history."""
    return [operation(one.invoked, one.returned, one.call, answer, client=one.client, numbered=numbered) for one, answer in seen]
