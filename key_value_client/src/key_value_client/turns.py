"""Changes that are read, planned and written on a condition, by many at once."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar
from weakref import WeakValueDictionary

T = TypeVar("T")
MAX_PAUSE_SECONDS = 0.1


class Turns:
    """Attempts at a change, one after the other in this process, so that only another process can be faster.

    Without turns, of a hundred attempts at one pair one succeeds and the others begin again: their number grows with the square.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def until_done(self, what: str, attempt: Callable[[], Awaitable[T | None]]) -> T:
        """Return the first result that is not None: an attempt returns None where what it had read was changed by somebody else.

        `what`: the thing that is changed; attempts at others do not wait. Whatever an attempt raises is raised.
        """
        lock = self._locks.setdefault(what, asyncio.Lock())
        failed = 0
        async with lock:
            while (done := await attempt()) is None:
                failed += 1
                await asyncio.sleep(random.uniform(0, min(MAX_PAUSE_SECONDS, 0.001 * 2**failed)))  # noqa: S311 - lets others finish
        return done
