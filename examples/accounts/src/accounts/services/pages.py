"""Pages of listings that have filters."""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from accounts.exceptions import RuleError
from accounts.schemas import PageRead
from key_value_client import AsyncNamespace, Pair

T = TypeVar("T")
ID = re.compile(r"[0-9a-f-]{36}")


@dataclass(frozen=True)
class Part:
    """At most `limit` items after the place of a cursor, in an order or the other way round."""

    limit: int
    cursor: str | None
    is_reversed: bool


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


def slice_ids(ids: Iterable[str], part: Part) -> tuple[list[str], str | None]:
    """Return a page of ids that were all found already, in their order, and the cursor of the next one. Raises RuleError."""
    cursor = part.cursor
    if cursor is not None and not ID.fullmatch(cursor):
        raise RuleError("The cursor is not valid for this listing.", "cursor")
    behind = (each for each in ids if cursor is None or (each < cursor if part.is_reversed else each > cursor))
    left = sorted(behind, reverse=part.is_reversed)
    return left[: part.limit], left[part.limit - 1] if len(left) > part.limit else None
