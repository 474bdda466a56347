"""Rooms as it happens: over Server-Sent Events and WebSockets, complete after each cut, with who is there."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any

import httpx
import pytest
from httpx_sse import aconnect_sse
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from coffee.db import keys
from coffee.db.models.user import User
from coffee.main import in_background
from coffee.services.chat_service import ChatService
from coffee.services.coffee_service import CoffeeService
from coffee.services.live import LiveRooms
from key_value_client import AsyncNamespace, KeyMissing
from test_support.relay import Relay
from test_support.store import Store

from ..conftest import Coffee, Person, give_role, register

SECONDS = 120


@pytest.fixture
async def anna(http: httpx.AsyncClient) -> Person:
    return await register(http)


@pytest.fixture
async def room(anna: Person) -> str:
    room_id: str = (await anna.post("/rooms", topic="Grind size"))["id"]
    return room_id


async def read_events(person: Person, room: str, last: int | None = None) -> AsyncGenerator[tuple[str, Any], None]:
    """Yield the events of one connection."""
    headers = {"Authorization": f"Bearer {person.token}"} | ({} if last is None else {"Last-Event-ID": str(last)})
    async with aconnect_sse(person.http, "GET", f"/rooms/{room}/events", headers=headers, timeout=SECONDS) as source:
        async for event in source.aiter_sse():
            assert event.event in {"presence", "ended"} or event.id == str(event.json()["number"])
            yield event.event, event.json()


class Socket:
    """A WebSocket in a room."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def receive(self, kind: str) -> Any:
        """Return the data of the next event of a kind."""
        while True:
            event = json.loads(await self.connection.recv())
            if event["type"] == kind:
                return event["data"]

    async def wait_for_names(self, names: list[str]) -> None:
        """Return when exactly these are in the room."""
        while sorted(each["name"] for each in await self.receive("presence")) != names:
            pass


async def open_socket(url: str, person: Person, room: str, after: int | None = None) -> Socket:
    connection = await connect(f"{url.replace('http', 'ws')}/api/v1/rooms/{room}/socket", proxy=None)
    await connection.send(json.dumps({"type": "authenticate", "access_token": person.token, "after": after}))
    return Socket(connection)


async def test_what_is_said_and_removed_comes_to_everybody(
    app: Coffee, http: httpx.AsyncClient, administrator: Person, anna: Person, room: str
) -> None:
    boris = await give_role(administrator, await register(http, "boris"), "moderator")
    async with asyncio.timeout(SECONDS):
        socket = await open_socket(app.url, anna, room)
        await socket.wait_for_names(["Anna"])
        events = read_events(boris, room, 0)
        kind, _ = await anext(events)
        assert kind == "presence"
        await socket.wait_for_names(["Anna", "Boris"])
        await socket.connection.send(json.dumps({"type": "post", "text": "<b>Finer</b>"}))
        said = await socket.receive("message")
        assert (said["number"], said["text"], said["author"]) == (1, "<b>Finer</b>", anna.id)
        assert [event async for event in take(events, 1, "message")] == [said]
        await boris.ask("DELETE", f"/rooms/{room}/messages/1")
        removal = await socket.receive("removal")
        assert (removal["number"], removal["message"], removal["author"]) == (2, 1, boris.id)
        assert [event async for event in take(events, 1, "removal")] == [removal]
        await events.aclose()
        await socket.wait_for_names(["Anna"])
        assert [each["name"] for each in await anna.get(f"/rooms/{room}/present")] == ["Anna"]
        async with aclosing(read_events(boris, room, 0)) as again:
            replayed = [event async for event in take(again, 2, "message", "removal")]
        assert replayed == [said | {"text": None}, removal]
        await socket.connection.close()


async def take(events: AsyncGenerator[tuple[str, Any], None], number: int, *kinds: str) -> AsyncGenerator[Any, None]:
    """Yield so many events of some kinds."""
    async for kind, data in events:
        if kind in kinds:
            yield data
            number -= 1
        if not number:
            return


async def test_readers_are_complete_though_connections_are_cut_while_others_post(
    app: Coffee, http: httpx.AsyncClient, anna: Person, room: str, store: Store
) -> None:
    """Readers come through a relay that is cut again and again; the store's service is killed meanwhile, too."""
    boris = await register(http, "boris")
    total = 30
    seen: dict[str, list[int]] = {"socket": [], "events": []}

    async def post_all(person: Person, number: int) -> None:
        for each in range(number):
            await person.post(f"/rooms/{room}/messages", text=f"{person.name} {each}")

    async def read_socket(url: str) -> None:
        while len(seen["socket"]) < total:
            try:
                socket = await open_socket(url, anna, room, len(seen["socket"]))
                while len(seen["socket"]) < total:
                    seen["socket"].append((await socket.receive("message"))["number"])
                await socket.connection.close()
            except (WebSocketException, OSError):
                continue

    async def read_stream(url: str) -> None:
        async with httpx.AsyncClient(base_url=f"{url}/api/v1", trust_env=False) as through_relay:
            reader = Person(anna.id, anna.name, anna.token, through_relay)
            while len(seen["events"]) < total:
                try:
                    async with aclosing(read_events(reader, room, len(seen["events"]))) as events:
                        async for data in take(events, total - len(seen["events"]), "message"):
                            seen["events"].append(data["number"])
                except httpx.TransportError:
                    continue

    async def disturb(relay: Relay) -> None:
        is_killed, cut_at = False, 0
        while min(map(len, seen.values())) < total:
            await asyncio.sleep(0.01)
            if sum(map(len, seen.values())) >= cut_at + 5:  # so each connection brings something, however slow the machine is
                cut_at = sum(map(len, seen.values()))
                relay.cut()
            if not is_killed and cut_at > total // 2:
                is_killed = True
                await asyncio.to_thread(store.key_value.kill)
                await asyncio.to_thread(store.key_value.start)
                await asyncio.to_thread(store.key_value.wait_until_ready)

    async with asyncio.timeout(SECONDS):
        with Relay(int(app.url.rpartition(":")[2])) as relay:
            readers = read_socket(relay.url), read_stream(relay.url)
            await asyncio.gather(post_all(anna, total // 2), post_all(boris, total // 2), *readers, disturb(relay))
    assert seen == {"socket": list(range(1, total + 1)), "events": list(range(1, total + 1))}


async def test_a_socket_takes_nothing_before_a_valid_token(app: Coffee, anna: Person, room: str) -> None:
    nobody = Person("", "", "wrong", anna.http)
    for person, where, code in ((nobody, room, 4401), (anna, "absent", 4404)):
        socket = await open_socket(app.url, person, where)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.receive("message")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code
    socket = await open_socket(app.url, anna, room)
    await socket.connection.send('{"type": "post", "text": ""}')
    with pytest.raises(ConnectionClosed) as closed:
        await socket.receive("message")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4400


async def test_a_revoked_token_ends_what_is_open(app: Coffee, http: httpx.AsyncClient, anna: Person, store: Store) -> None:
    boris = await register(http, "boris")
    room = (await anna.post("/rooms", topic="Water"))["id"]
    socket = await open_socket(app.url, boris, room)
    await socket.wait_for_names(["Boris"])
    events = read_events(boris, room)
    await anext(events)
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = {"Authorization": f"Bearer {boris.token}"}
        (await client.post(f"{store.authorization.url}/logout", headers=headers)).raise_for_status()
    async with asyncio.timeout(SECONDS):
        with pytest.raises(ConnectionClosed) as closed:
            await socket.receive("message")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
        assert [kind async for kind, _ in events][-1:] == ["ended"]


async def test_those_whose_server_is_killed_are_gone_when_their_time_has_passed(namespace: AsyncNamespace) -> None:
    chats = ChatService(namespace, CoffeeService(namespace))
    live = LiveRooms(namespace, chats)
    people = [User(id=name.lower(), username=name.lower(), name=name) for name in ("Anna", "Boris")]
    room = (await chats.add_room(people[0], "Water", None)).id

    async def check() -> None:
        """All tokens are valid."""

    async with asyncio.timeout(SECONDS), in_background(live.run()):
        follows = [live.follow(room, person, None, check) for person in people]
        async with aclosing(follows[0]) as first, aclosing(follows[1]) as second:
            await anext(second)
            names: list[str] = []
            async for news in first:
                names = [each.name for each in news] if isinstance(news, list) else names
                if names == ["Anna", "Boris"]:
                    async for pair in namespace.scan(keys.presence(room, "boris")):
                        with suppress(KeyMissing):
                            await namespace.expire(pair.key, 0.1)  # nobody renews it
                elif names == ["Anna"] and not [pair async for pair in namespace.scan(keys.presence(room, "boris"))]:
                    break
        await live.close()
    assert await live.list_present(room) == []
