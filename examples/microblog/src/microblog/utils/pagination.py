"""Pages of a listing: a slice is asked for, a page is the answer."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from key_value_client import AsyncNamespace, Pair

T = TypeVar("T")
R = TypeVar("R")


class InvalidCursorError(Exception):
    """A cursor that no page of this listing has had."""


@dataclass(frozen=True)
class Slice:
    """At most `limit` items, after the place where a cursor was; None: from the beginning."""

    limit: int
    cursor: str | None = None


@dataclass(frozen=True)
class Page(Generic[T]):
    """Items, and the cursor of the next page; None: this is the last one."""

    items: list[T]
    next_cursor: str | None

    def map(self, change: Callable[[T], R | None]) -> "Page[R]":
        """Return the page of other items; those that become None are left out."""
        changed = (change(item) for item in self.items)
        return Page([item for item in changed if item is not None], self.next_cursor)


def encode_cursor(place: str) -> str:
    """Return a cursor of a place: nothing that clients should understand."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """Return the place of a cursor. Raises InvalidCursorError."""
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise InvalidCursorError from error


async def list_page(namespace: AsyncNamespace, prefix: str, part: Slice, *, values: bool = True) -> Page[Pair[Any]]:
    """Return pairs whose keys begin with a prefix, by key. Raises InvalidCursorError."""
    start = None
    if part.cursor is not None:
        start = decode_cursor(part.cursor)
        if not start.startswith(prefix):
            raise InvalidCursorError
        start += "\0"
    found = [pair async for pair in namespace.scan(prefix, start=start, limit=part.limit + 1, values=values)]
    items = found[: part.limit]
    return Page(items, encode_cursor(items[-1].key) if len(found) > part.limit else None)
