"""Kinds of coffee: added, edited and listed."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from coffee.core.errors import InvalidCursorError, MissingRoleError, NotFoundError, NotYoursError
from coffee.core.utils import decode_cursor, encode_cursor, new_id
from coffee.db import keys
from coffee.db.models.coffee import Coffee, Roast
from coffee.db.models.user import User
from coffee.services.pages import Page, Part, read_page
from key_value_client import AsyncNamespace, Pair
from key_value_client.turns import Turns

Sort = Literal["name", "-name", "created_at", "-created_at", "rating", "-rating"]
LISTING_SECONDS = 600
MAX_RANKED = 1000
PLACE = re.compile(r"([0-9a-f-]{36}) (\d{1,4})")


@dataclass(frozen=True)
class Filter:
    """Which coffees are listed. `rating`: at least so good on average."""

    origin: str | None = None
    roast: Roast | None = None
    rating: float | None = None
    is_listed: bool = True

    def selects(self, coffee: Coffee) -> bool:
        """Return whether a coffee is listed."""
        return (
            coffee.is_listed is self.is_listed
            and (self.origin is None or coffee.origin.lower() == self.origin.lower())
            and self.roast in (None, coffee.roast)
            and (self.rating is None or (coffee.rating or 0) >= self.rating)
        )


class CoffeeService:
    """What may be done with kinds of coffee, and by whom."""

    def __init__(self, namespace: AsyncNamespace) -> None:
        self._namespace = namespace
        self.turns = Turns()
        """Of changes, by the coffee."""

    async def add(self, user: User, members: dict[str, Any]) -> Coffee:
        """Add a coffee; the user is its roaster. Raises MissingRoleError."""
        if not user.may("roaster"):
            raise MissingRoleError("Coffees are added by roasters.")
        coffee = Coffee(id=new_id(), roaster=user.id, created_at=datetime.now(UTC), **members)
        await self._namespace.put_many(
            {
                keys.coffee(coffee.id): coffee.model_dump(mode="json"),
                keys.coffee_name(coffee.name, coffee.id): coffee.id,
                keys.coffee_rating(coffee.rating_rank, coffee.id): coffee.id,
            }
        )
        return coffee

    async def get(self, coffee_id: str) -> Coffee:
        """Return a coffee. Raises NotFoundError."""
        return (await self.read(coffee_id))[0]

    async def read(self, coffee_id: str) -> tuple[Coffee, int]:
        """Return a coffee and its revision. Raises NotFoundError."""
        pair = await self._namespace.find(keys.coffee(coffee_id))
        if pair is None:
            raise NotFoundError(f"There is no coffee {coffee_id}.")
        return Coffee.model_validate(pair.value), pair.revision

    async def change(self, user: User, coffee_id: str, changes: dict[str, Any]) -> Coffee:
        """Change a coffee: by its roaster, or a moderator. Raises NotFoundError, NotYoursError."""

        async def attempt() -> Coffee | None:
            before, revision = await self.read(coffee_id)
            if not (user.may("moderator") or (before.roaster == user.id and user.may("roaster"))):
                raise NotYoursError
            after = before.model_copy(update=changes)
            async with self._namespace.transaction() as tx:
                tx.when(keys.coffee(coffee_id), revision=revision)  # a review may have changed the rating
                tx.write(keys.coffee(coffee_id), after.model_dump(mode="json"))
                tx.delete(keys.coffee_name(before.name, coffee_id))
                tx.write(keys.coffee_name(after.name, coffee_id), coffee_id)
            return after if tx.succeeded else None

        return await self.turns.until_done(coffee_id, attempt)

    async def list_page(self, user: User, wanted: Filter, sort: Sort, part: Part) -> Page[Coffee]:
        """Return a page of the coffees that a filter selects. Raises InvalidCursorError."""
        is_reversed = sort.startswith("-")
        if sort.endswith("rating"):
            return await self._list_by_rating(user, wanted, part, is_reversed=is_reversed)

        async def load(pairs: list[Pair[Any]]) -> list[Coffee | None]:
            return _select(wanted, [Coffee.model_validate(pair.value) for pair in pairs])

        async def load_by_name(pairs: list[Pair[Any]]) -> list[Coffee | None]:
            return _select(wanted, await self._get_many([pair.value for pair in pairs]))

        by_name = sort.endswith("name")
        prefix, loader = (keys.NAMES, load_by_name) if by_name else (keys.COFFEES, load)
        return await read_page(self._namespace, prefix, loader, part, reverse=is_reversed)

    async def _list_by_rating(self, user: User, wanted: Filter, part: Part, *, is_reversed: bool) -> Page[Coffee]:
        """Ratings change while somebody pages: the first page keeps the order of at most MAX_RANKED coffees for the others."""
        if part.cursor is None:
            listing_id, offset, ranked = new_id(), 0, await self._rank(wanted, is_reversed=is_reversed)
            if len(ranked) > part.limit:
                order = {"user": user.id, "coffees": ranked}
                await self._namespace.put(keys.listing(listing_id), order, ttl=LISTING_SECONDS)
        else:
            place = PLACE.fullmatch(decode_cursor(part.cursor))
            found = await self._namespace.get(keys.listing(place[1]), None) if place else None
            if place is None or found is None or found["user"] != user.id:
                raise InvalidCursorError(field="cursor")
            listing_id, offset, ranked = place[1], int(place[2]), found["coffees"]
        end = offset + part.limit
        coffees = [coffee for coffee in await self._get_many(ranked[offset:end]) if coffee is not None]
        return Page(coffees, encode_cursor(f"{listing_id} {end}") if end < len(ranked) else None)

    async def _rank(self, wanted: Filter, *, is_reversed: bool) -> list[str]:
        ranked: list[str] = []
        cursor: str | None = None
        while True:
            found = await self._namespace.page(keys.RATINGS, limit=MAX_RANKED, cursor=cursor, reverse=is_reversed)
            coffees = _select(wanted, await self._get_many([pair.value for pair in found.pairs]))
            ranked += [coffee.id for coffee in coffees if coffee is not None and coffee.id not in ranked]
            cursor = found.next_cursor
            if cursor is None or len(ranked) >= MAX_RANKED:
                return ranked[:MAX_RANKED]

    async def _get_many(self, coffee_ids: list[str]) -> list[Coffee | None]:
        found = await self._namespace.get_many(map(keys.coffee, coffee_ids))
        members = (found.get(keys.coffee(each)) for each in coffee_ids)
        return [None if each is None else Coffee.model_validate(each) for each in members]


def _select(wanted: Filter, coffees: list[Coffee] | list[Coffee | None]) -> list[Coffee | None]:
    return [coffee if coffee is not None and wanted.selects(coffee) else None for coffee in coffees]
