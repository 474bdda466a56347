"""Pages of listings that have filters."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from accounts.schemas import PageRead
from key_value_client import AsyncNamespace, Pair

T = TypeVar("T")


async def list_page(
    namespace: AsyncNamespace,
    prefix: str,
    load: Callable[[list[Pair[Any]]], Awaitable[list[T]]],
    *,
    limit: int,
    cursor: str | None,
    reverse: bool = False,
) -> PageRead[T]:
    """Return a page of what `load` makes of pairs; what it leaves out is made up for by the pairs that follow."""
    items: list[T] = []
    while True:
        page = await namespace.page(prefix, limit=limit - len(items), cursor=cursor, reverse=reverse)
        items += await load(page.pairs)
        cursor = page.next_cursor
        if cursor is None or len(items) == limit:
            return PageRead(items=items, next_cursor=cursor)
