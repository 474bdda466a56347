"""Rooms as it happens: Server-Sent Events, and a WebSocket that posts, too. Both go on after the last entry that was seen."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, WebSocket, WebSocketDisconnect
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field, ValidationError

from coffee.api.dependencies import AuthenticatorNeeded, Id, Services, ServicesNeeded, UserNeeded
from coffee.api.schemas import Body, Text
from coffee.api.schemas.chats import EntryOut, PresentOut
from coffee.core.errors import CoffeeError
from coffee.db.models.chat import Presence
from coffee.db.models.message import Entry
from coffee.db.models.user import User
from key_value_client import KeyValueError
from key_value_client.authentication import NotAuthenticated

AUTHENTICATE_SECONDS = 10
INVALID, NOT_AUTHENTICATED, NOT_FOUND, UNAVAILABLE = 4400, 4401, 4404, 1013

router = APIRouter(prefix="/rooms", tags=["live"])


class Authenticate(Body):
    """The first thing that a client sends. `after`: the number of the last entry that it has seen; null: only new ones.

    A page cannot give a WebSocket header fields, and a token in its address would be logged.
    """

    type: Literal["authenticate"]
    access_token: str
    after: int | None = Field(None, ge=0)


class Post(Body):
    """Something that a client says."""

    type: Literal["post"]
    text: Text


def to_event(news: Entry | list[Presence]) -> tuple[str, Any, int | None]:
    """Return the type, the data and the number of what has happened."""
    if isinstance(news, Entry):
        return news.kind, EntryOut.model_validate(news).model_dump(mode="json"), news.number
    return "presence", [PresentOut.model_validate(each).model_dump() for each in news], None


@router.get("/{room_id}/events", response_class=EventSourceResponse)
async def follow_events(
    room_id: Id,
    user: UserNeeded,
    authenticator: AuthenticatorNeeded,
    services: ServicesNeeded,
    token: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
    last_event_id: Annotated[int | None, Header(ge=0, description="Go on after this entry")] = None,
    after: Annotated[int | None, Query(ge=0, description="The same, at the beginning")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Send `message`, `removal` and `presence` as they happen. An entry's id is its number: each comes once, also after a cut.

    The events end with the access token.
    """
    position = after if last_event_id is None else last_event_id

    async def check() -> None:
        if token is not None:
            await authenticator.authenticate(token.credentials)

    try:
        async with aclosing(services.live.follow(room_id, user, position, check)) as follow:
            async for news in follow:
                kind, data, number = to_event(news)
                yield ServerSentEvent(data=data, event=kind, id=None if number is None else str(number))
    except (CoffeeError, KeyValueError) as error:
        yield ServerSentEvent(data={"detail": str(error)}, event="ended")


@router.websocket("/{room_id}/socket")
async def open_socket(room_id: str, socket: WebSocket, authenticator: AuthenticatorNeeded, services: ServicesNeeded) -> None:
    """Send `{type, data}` as the events do, and take `{"type": "post", "text"}`, after `{"type": "authenticate", …}`."""
    await socket.accept()
    try:
        async with asyncio.timeout(AUTHENTICATE_SECONDS):
            hello = Authenticate.model_validate_json(await socket.receive_text())
        user = await services.users.ensure(await authenticator.authenticate(hello.access_token))

        async def check() -> None:
            await authenticator.authenticate(hello.access_token)

        sending = asyncio.create_task(_send(socket, services.live.follow(room_id, user, hello.after, check)))
        taking = asyncio.create_task(_take(socket, services, user, room_id))
        done, others = await asyncio.wait({sending, taking}, return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        done.pop().result()
    except WebSocketDisconnect:
        return
    except (ValidationError, KeyError):
        await socket.close(INVALID, "Not what is taken here.")
    except (TimeoutError, NotAuthenticated):
        await socket.close(NOT_AUTHENTICATED, "A valid access token is required.")
    except CoffeeError as error:
        await socket.close(NOT_FOUND, str(error))
    except KeyValueError:
        await socket.close(UNAVAILABLE, "The store is away.")


async def _send(socket: WebSocket, news: AsyncGenerator[Entry | list[Presence], None]) -> None:
    async with aclosing(news):
        async for each in news:
            kind, data, _ = to_event(each)
            await socket.send_json({"type": kind, "data": data})


async def _take(socket: WebSocket, services: Services, user: User, room_id: str) -> None:
    while True:
        post = Post.model_validate_json(await socket.receive_text())
        await services.chats.post(user, room_id, post.text)
