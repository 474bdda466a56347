"""Rooms and what is said there."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from coffee.api.dependencies import ByAge, Id, PartNeeded, ServicesNeeded, UserNeeded
from coffee.api.schemas import PageOut
from coffee.api.schemas.chats import EntryOut, MessageIn, PresentOut, RoomCreate, RoomOut
from coffee.db.models.chat import Presence, Room
from coffee.db.models.message import Entry

router = APIRouter(prefix="/rooms", tags=["chats"])


@router.post("", status_code=201, response_model=RoomOut)
async def add_room(body: RoomCreate, user: UserNeeded, services: ServicesNeeded) -> Room:
    """Open a room. You follow it."""
    return await services.chats.add_room(user, body.topic, body.coffee)


@router.get("")
async def list_rooms(
    _: UserNeeded,
    services: ServicesNeeded,
    part: PartNeeded,
    coffee: Annotated[str | None, Query(max_length=64, description="Those under a coffee")] = None,
    sort: ByAge = "created_at",
) -> PageOut[RoomOut]:
    """Return rooms."""
    return PageOut[RoomOut].of(await services.chats.list_rooms(coffee, part, reverse=sort.startswith("-")))


@router.get("/{room_id}", response_model=RoomOut)
async def show_room(room_id: Id, _: UserNeeded, services: ServicesNeeded) -> Room:
    """Return a room."""
    return await services.chats.get_room(room_id)


@router.get("/{room_id}/messages")
async def list_messages(
    room_id: Id,
    _: UserNeeded,
    services: ServicesNeeded,
    part: PartNeeded,
    author: Annotated[str | None, Query(max_length=64, description="Those of one user, by id")] = None,
    sort: Annotated[Literal["number", "-number"], Query(description="`-number`: the newest first")] = "-number",
) -> PageOut[EntryOut]:
    """Return what was said."""
    return PageOut[EntryOut].of(await services.chats.list_messages(room_id, author, part, reverse=sort.startswith("-")))


@router.post("/{room_id}/messages", status_code=201, response_model=EntryOut)
async def post_message(room_id: Id, body: MessageIn, user: UserNeeded, services: ServicesNeeded) -> Entry:
    """Say something. You follow the room from then on."""
    return await services.chats.post(user, room_id, body.text)


@router.delete("/{room_id}/messages/{number}", status_code=204)
async def remove_message(
    room_id: Id, number: Annotated[int, Path(ge=1, lt=10**12)], user: UserNeeded, services: ServicesNeeded
) -> None:
    """Remove a message of yours, or any as a moderator."""
    await services.chats.remove(user, room_id, number)


@router.put("/{room_id}/followers/me", status_code=204)
async def follow_room(room_id: Id, user: UserNeeded, services: ServicesNeeded) -> None:
    """Be told of new messages."""
    await services.chats.follow(user, room_id)


@router.delete("/{room_id}/followers/me", status_code=204)
async def unfollow_room(room_id: Id, user: UserNeeded, services: ServicesNeeded) -> None:
    """Be told of new messages no longer."""
    await services.chats.unfollow(user, room_id)


@router.get("/{room_id}/present", response_model=list[PresentOut])
async def list_present(room_id: Id, _: UserNeeded, services: ServicesNeeded) -> list[Presence]:
    """Return who is in the room."""
    await services.chats.get_room(room_id)
    return await services.live.list_present(room_id)
