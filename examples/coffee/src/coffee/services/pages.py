"""Pages of listings: in the order of keys, with what filters leave, and without gaps while others write."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from coffee.core.errors import InvalidCursorError
from coffee.core.utils import decode_cursor, encode_cursor
from key_value_client import AsyncNamespace, Pair

T = TypeVar("T")
MAX_CHUNK = 500


@dataclass(frozen=True)
class Part:
    """At most `limit` items after the place of a cursor; None: from the beginning."""

    limit: int
    cursor: str | None = None


@dataclass(frozen=True)
class Page(Generic[T]):
    """Items, and the cursor of the next page; None: this is the last one."""

    items: list[T]
    next_cursor: str | None


async def read_page(
    namespace: AsyncNamespace,
    prefix: str,
    load: Callable[[list[Pair[Any]]], Awaitable[list[T | None]]],
    part: Part,
    *,
    reverse: bool = False,
) -> Page[T]:
    """Return a page of a prefix in the order of its keys. `load` returns an item of each pair, None where it is left out.

    The cursor is the last item's key, so nothing that is written or deleted elsewhere moves what follows. Raises
    InvalidCursorError.
    """
    place = None if part.cursor is None else decode_cursor(part.cursor)
    if place is not None and not place.startswith(prefix):
        raise InvalidCursorError(field="cursor")
    start, end = (None, place) if reverse else (place, None)
    items: list[T] = []
    last, cursor, chunk = "", None, part.limit + 2  # the place itself may come first, and one more says that there is a next page
    while True:
        found = await namespace.page(prefix, limit=chunk, reverse=reverse, cursor=cursor, start=start, end=end)
        pairs = [pair for pair in found.pairs if pair.key != place]
        for pair, item in zip(pairs, await load(pairs), strict=True):
            if item is None:
                continue
            if len(items) == part.limit:
                return Page(items, encode_cursor(last))
            items.append(item)
            last = pair.key
        cursor, chunk = found.next_cursor, min(chunk * 2, MAX_CHUNK)
        if cursor is None:
            return Page(items, None)
