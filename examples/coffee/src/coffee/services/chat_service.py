"""Rooms and what is said there."""

from datetime import UTC, datetime
from typing import Any

from coffee.core.errors import NotFoundError, NotYoursError
from coffee.core.utils import new_id
from coffee.db import keys
from coffee.db.models.chat import Room
from coffee.db.models.message import Entry
from coffee.db.models.notification import Event
from coffee.db.models.user import User
from coffee.services.coffee_service import CoffeeService
from coffee.services.pages import Page, Part, read_page
from key_value_client import AsyncNamespace, Pair
from key_value_client.turns import Turns


class ChatService:
    """What may be done in rooms, and by whom."""

    def __init__(self, namespace: AsyncNamespace, coffees: CoffeeService) -> None:
        self._namespace = namespace
        self._coffees = coffees
        self._turns = Turns()

    async def add_room(self, user: User, topic: str, coffee_id: str | None) -> Room:
        """Open a room, whose first follower is the user. Raises NotFoundError for a coffee."""
        if coffee_id is not None:
            await self._coffees.get(coffee_id)
        room = Room(id=new_id(), topic=topic, coffee=coffee_id, created_by=user.id, created_at=datetime.now(UTC))
        members = room.model_dump(mode="json")
        under = {} if coffee_id is None else {keys.coffee_room(coffee_id, room.id): members}
        there = {keys.room(room.id): members, keys.chat_head(room.id): 0, keys.follower(room.id, user.id): True}
        await self._namespace.put_many(there | under)
        return room

    async def get_room(self, room_id: str) -> Room:
        """Return a room. Raises NotFoundError."""
        members = await self._namespace.get(keys.room(room_id), None)
        if members is None:
            raise NotFoundError(f"There is no room {room_id}.")
        return Room.model_validate(members)

    async def list_rooms(self, coffee_id: str | None, part: Part, *, reverse: bool) -> Page[Room]:
        """Return rooms by age: all, or those under a coffee."""

        async def load(pairs: list[Pair[Any]]) -> list[Room | None]:
            return [Room.model_validate(pair.value) for pair in pairs]

        prefix = keys.ROOMS if coffee_id is None else keys.coffee_room(coffee_id)
        return await read_page(self._namespace, prefix, load, part, reverse=reverse)

    async def post(self, user: User, room_id: str, text: str) -> Entry:
        """Say something; whoever does follows the room from then on. Raises NotFoundError."""
        event_id = new_id()

        async def attempt() -> Entry | None:
            last, revision = await self._read_head(room_id)
            now = datetime.now(UTC)
            entry = Entry(number=last + 1, kind="message", author=user.id, author_name=user.name, at=now, text=text)
            event = Event.tell(event_id, "message", room_id, user, text, now)
            async with self._namespace.transaction() as tx:
                tx.when(keys.chat_head(room_id), revision=revision)
                tx.write(keys.chat_head(room_id), entry.number)
                tx.write(keys.chat_entry(room_id, entry.number), entry.model_dump(mode="json"))
                tx.write(keys.follower(room_id, user.id), True)
                tx.write(keys.event(event.id), event.model_dump(mode="json"))
            return entry if tx.succeeded else None

        return await self._turns.until_done(room_id, attempt)

    async def remove(self, user: User, room_id: str, number: int) -> None:
        """Remove a message: by its author, or a moderator. The log says so. Raises NotFoundError, NotYoursError."""

        async def attempt() -> bool | None:
            last, revision = await self._read_head(room_id)
            pair = await self._namespace.find(keys.chat_entry(room_id, number))
            message = None if pair is None else Entry.model_validate(pair.value)
            if pair is None or message is None or message.kind != "message" or message.text is None:
                raise NotFoundError(f"There is no message {number} in this room.")
            if message.author != user.id and not user.may("moderator"):
                raise NotYoursError
            removal = Entry(
                number=last + 1, kind="removal", author=user.id, author_name=user.name, at=datetime.now(UTC), message=number
            )
            async with self._namespace.transaction() as tx:
                tx.when(keys.chat_head(room_id), revision=revision)
                tx.when(pair.key, revision=pair.revision)
                tx.write(keys.chat_head(room_id), removal.number)
                tx.write(pair.key, message.model_copy(update={"text": None}).model_dump(mode="json"))
                tx.write(keys.chat_entry(room_id, removal.number), removal.model_dump(mode="json"))
            return True if tx.succeeded else None

        await self._turns.until_done(room_id, attempt)

    async def follow(self, user: User, room_id: str) -> None:
        """Be told of a room's messages. Raises NotFoundError."""
        await self.get_room(room_id)
        await self._namespace.put(keys.follower(room_id, user.id), True)

    async def unfollow(self, user: User, room_id: str) -> None:
        """Be told of a room's messages no longer."""
        await self._namespace.delete(keys.follower(room_id, user.id))

    async def list_messages(self, room_id: str, author: str | None, part: Part, *, reverse: bool) -> Page[Entry]:
        """Return what was said, by anybody or one author, and not removed, in the order of time. Raises NotFoundError."""
        await self.get_room(room_id)

        async def load(pairs: list[Pair[Any]]) -> list[Entry | None]:
            entries = [Entry.model_validate(pair.value) for pair in pairs]
            return [entry if entry.text is not None and author in (None, entry.author) else None for entry in entries]

        return await read_page(self._namespace, keys.chat_log(room_id), load, part, reverse=reverse)

    async def read_log(self, room_id: str, after: int) -> list[Entry]:
        """Return all entries after one."""
        start = keys.chat_entry(room_id, after + 1)
        return [Entry.model_validate(pair.value) async for pair in self._namespace.scan(keys.chat_log(room_id), start=start)]

    async def get_last(self, room_id: str) -> int:
        """Return the number of the last entry. Raises NotFoundError."""
        return (await self._read_head(room_id))[0]

    async def _read_head(self, room_id: str) -> tuple[int, int]:
        head = await self._namespace.find(keys.chat_head(room_id))
        if head is None:
            raise NotFoundError(f"There is no room {room_id}.")
        return head.value, head.revision
