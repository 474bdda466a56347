"""Calls of stored functions that read, answered by the leader, or by any instance."""

from collections.abc import Coroutine
from typing import Any

from key_value_service.domain.value_objects.stale_read import StaleRead
from shared_kernel.infrastructure.tarantool import TarantoolConnection

GONE = -1
"""In place of a revision: there is no such namespace."""


def call_reader(
    tarantool: TarantoolConnection, stale: StaleRead | None, function: str, arguments: list[Any]
) -> Coroutine[Any, Any, Any]:
    """Return a call of the leader, or, for a stale read, of any instance, which then knows the answer's age."""
    if stale is None:
        return tarantool.call(function, arguments)
    return _call_any(tarantool, stale, function, arguments)


def note_revision(stale: StaleRead | None, revision: int) -> None:
    """Let a stale read know the revision that its answer is as of."""
    if stale is not None:
        stale.revision = revision


async def _call_any(tarantool: TarantoolConnection, stale: StaleRead, function: str, arguments: list[Any]) -> Any:
    answer, stale.age_seconds = await tarantool.call_replica(function, arguments, stale.max_age_seconds)
    return answer


class ReplicaCalls:
    """Calls functions that read the log of changes as TarantoolConnection does, at instances other than the leader."""

    def __init__(self, tarantool: TarantoolConnection, max_age_seconds: float) -> None:
        self.call_leader = tarantool.call
        self._tarantool = tarantool
        self._max_age_seconds = max_age_seconds

    async def call(self, function: str, arguments: list[Any]) -> Any:
        """Call a stored function and return its first result."""
        answer, _ = await self._tarantool.call_replica(function, [*arguments], self._max_age_seconds)
        if function == "changes.follow" and any(revision == GONE for _, revision, *_ in answer):
            return await self.call_leader(function, arguments)  # the namespace may only not be there yet
        return answer
