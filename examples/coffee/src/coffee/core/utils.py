"""Identifiers, cursors, and changes that are tried until nobody else was faster."""

import asyncio
import base64
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar
from weakref import WeakValueDictionary

import uuid_utils

from coffee.core.errors import InvalidCursorError

T = TypeVar("T")
MAX_PAUSE_SECONDS = 0.1


def new_id() -> str:
    """Return a UUID of version 7 (RFC 9562): later ones sort behind earlier ones."""
    return str(uuid_utils.uuid7())


def encode_cursor(place: str) -> str:
    """Return a cursor of a place in a listing: nothing that clients should understand."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """Return the place of a cursor. Raises InvalidCursorError."""
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise InvalidCursorError(field="cursor") from error


class Turns:
    """Changes that are tried until nobody else was faster: one after the other in this process, so that only others can be."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def until_done(self, what: str, attempt: Callable[[], Awaitable[T | None]]) -> T:
        """Return the first result that is not None: an attempt returns None where what it had read was changed by somebody else.

        `what`: the thing that is changed; attempts at others do not wait.
        """
        lock = self._locks.setdefault(what, asyncio.Lock())
        failed = 0
        async with lock:
            while (done := await attempt()) is None:
                failed += 1
                await asyncio.sleep(random.uniform(0, min(MAX_PAUSE_SECONDS, 0.001 * 2**failed)))  # noqa: S311 - lets others finish
        return done
