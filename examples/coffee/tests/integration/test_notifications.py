"""Notifications: one for each recipient of each event, whatever is killed while they are written."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from coffee.db import keys
from coffee.db.models.user import User
from coffee.services.chat_service import ChatService
from coffee.services.coffee_service import CoffeeService
from coffee.tasks.celery_app import NOTIFY, make_celery
from coffee.tasks.dispatcher import Dispatcher
from key_value_client import AsyncNamespace
from test_support.applications import read_problem
from test_support.redis_server import Redis
from test_support.relay import Relay

from ..conftest import (
    Coffee,
    Person,
    add_coffee,
    give_role,
    make_environment,
    open_namespace,
    read_settings,
    register,
    until,
)

FOLLOWERS = 9
AUTHOR = User(id="anna", username="anna", name="Anna")


async def wait_for_notifications(person: Person, number: int) -> list[Any]:
    async def are_there() -> bool:
        return len(await person.read_all("/notifications")) >= number

    await until(are_there)
    return await person.read_all("/notifications")


async def test_followers_and_roasters_are_told_once(http: httpx.AsyncClient, administrator: Person, worker: Coffee) -> None:
    roaster = await give_role(administrator, await register(http, "rita"), "roaster")
    anna, boris = await register(http), await register(http, "boris")
    coffee = await add_coffee(roaster)
    room = await anna.post("/rooms", topic="Grind size", coffee=coffee["id"])
    path = f"/rooms/{room['id']}"
    assert (await roaster.ask("PUT", f"{path}/followers/me")).status_code == 204
    await boris.post(f"{path}/messages", text="Coarser")
    (told,) = await wait_for_notifications(anna, 1)
    assert (told["kind"], told["subject"], told["text"], told["is_read"]) == ("message", room["id"], "Boris: Coarser", False)
    await boris.post(f"/coffees/{coffee['id']}/reviews", rating=4, text="Peachy")
    newest, oldest = await wait_for_notifications(roaster, 2)
    assert (newest["kind"], newest["subject"], newest["text"]) == ("review", coffee["id"], "Boris: Peachy")
    assert oldest["id"] == told["id"]
    assert (await anna.ask("PUT", f"/notifications/{told['id']}/read")).status_code == 204
    assert await anna.read_all("/notifications", is_read=False) == []
    read_problem(await boris.ask("PUT", f"/notifications/{told['id']}/read"), 404, "not-found")
    await roaster.ask("DELETE", f"{path}/followers/me")
    await anna.post(f"{path}/messages", text="Finer")
    await wait_for_notifications(boris, 1)
    assert (len(await roaster.read_all("/notifications")), len(await anna.read_all("/notifications"))) == (2, 1)

    async def is_nothing_left() -> bool:
        return not await administrator.read_all("/tasks/waiting")

    await until(is_nothing_left)
    assert worker.is_running()


class Crowd:
    """A room with many followers, in a namespace with a queue of its own."""

    def __init__(self, environment: dict[str, str], namespace: AsyncNamespace, room_id: str) -> None:
        self.environment = environment
        self.namespace = namespace
        self.room_id = room_id
        self.chats = ChatService(namespace, CoffeeService(namespace))
        self.celery = make_celery(read_settings(environment))

    async def post(self) -> str:
        """Say something; return the id of its event."""
        before = {pair.key async for pair in self.namespace.scan(keys.OUTBOX, values=False)}
        await self.chats.post(AUTHOR, self.room_id, "Who comes?")
        (key,) = {pair.key async for pair in self.namespace.scan(keys.OUTBOX, values=False)} - before
        return key.removeprefix(keys.OUTBOX)

    async def queue(self, event_id: str) -> None:
        await asyncio.to_thread(self.celery.send_task, NOTIFY, [event_id])

    async def count(self) -> Counter[str]:
        """Return how many followers were told of each event."""
        found = [pair.key async for pair in self.namespace.scan("notifications/", values=False)]
        return Counter(key.rpartition("/")[2] for key in found)

    async def wait_for(self, expected: dict[str, int]) -> None:
        async def is_done() -> bool:
            return await self.count() == expected and not [pair async for pair in self.namespace.scan(keys.OUTBOX)]

        await until(is_done)
        assert all(pair.version == 1 for pair in [pair async for pair in self.namespace.scan("notifications/")])


@pytest.fixture
async def crowd(account: dict[str, str]) -> AsyncIterator[Crowd]:
    environment = make_environment(
        account, COFFEE_RECIPIENTS_AT_ONCE="1", COFFEE_WORKER_CONCURRENCY="1", COFFEE_VISIBILITY_SECONDS="2"
    )
    async with open_namespace(environment) as namespace:
        chats = ChatService(namespace, CoffeeService(namespace))
        room = await chats.add_room(AUTHOR, "The counter", None)
        await namespace.put_many({keys.follower(room.id, f"user{number:02}"): True for number in range(FOLLOWERS)})
        yield Crowd(environment, namespace, room.id)


async def stop_in_the_middle(crowd: Crowd, worker: Coffee, relay: Relay) -> str:
    """Let the relay, through which the worker reaches the store, fall silent when some were told of an event; return its id."""
    relay.requests_to_pass = len(relay.requests) + FOLLOWERS // 2
    event_id = await crowd.post()
    await crowd.queue(event_id)

    async def is_silent() -> bool:
        assert worker.is_running(), worker.output
        return relay.is_silent()

    await until(is_silent)
    assert 0 < (await crowd.count())[event_id] < FOLLOWERS
    assert await crowd.namespace.find(keys.event(event_id)) is not None
    return event_id


async def test_a_killed_worker_loses_and_repeats_nothing(crowd: Crowd, tmp_path: Path) -> None:
    """A worker queues the task of a killed process itself. That of a killed worker, Redis gives to another one.

    Queued again and again, a task does nothing more.
    """
    with Relay(int(crowd.environment["COFFEE_STORE_URL"].rpartition(":")[2])) as relay:
        worker = Coffee(tmp_path, crowd.environment | {"COFFEE_STORE_URL": relay.url}, "worker").start()
        first = await stop_in_the_middle(crowd, worker, relay)
        child = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text()
        os.kill(int(child), signal.SIGKILL)
        relay.cut()
        relay.go_on()
        await crowd.wait_for({first: FOLLOWERS})
        second = await stop_in_the_middle(crowd, worker, relay)
        worker.kill_all()
        relay.cut()
        relay.go_on()
        with Coffee(tmp_path, crowd.environment, "worker"):
            await crowd.wait_for({first: FOLLOWERS, second: FOLLOWERS})
            third = await crowd.post()
            for _ in range(3):
                await crowd.queue(third)
                await crowd.queue(second)
            await crowd.wait_for({first: FOLLOWERS, second: FOLLOWERS, third: FOLLOWERS})


async def test_a_broker_that_loses_its_data_loses_no_notification(crowd: Crowd, tmp_path: Path) -> None:
    with Redis(tmp_path / "redis") as redis:
        environment = crowd.environment | {"COFFEE_REDIS_URL": redis.url, "COFFEE_QUEUE": f"coffee-{uuid4().hex}"}
        dispatcher = Dispatcher(make_celery(read_settings(environment)), crowd.namespace, resend_seconds=1)
        running = asyncio.create_task(dispatcher.run())
        first = await crowd.post()

        async def is_queued() -> bool:
            return first in dispatcher.queued

        await until(is_queued)
        redis.kill()  # with the queued task
        second = await crowd.post()
        redis.start()
        with Coffee(tmp_path, environment, "worker"):
            await crowd.wait_for({first: FOLLOWERS, second: FOLLOWERS})
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_task_is_tried_again_while_the_store_is_away(crowd: Crowd, tmp_path: Path) -> None:
    """The worker's client gives up on a store that refuses connections; the queue does not."""
    with Relay(int(crowd.environment["COFFEE_STORE_URL"].rpartition(":")[2])) as relay:
        environment = crowd.environment | {"COFFEE_STORE_URL": relay.url, "COFFEE_STORE_WAIT_SECONDS": "0.5"}
        with Coffee(tmp_path, environment, "worker") as worker:
            event_id = await crowd.post()
            relay.answers_to_lose = 10**9
            await crowd.queue(event_id)

            async def is_tried_again() -> bool:
                return "Retry in" in worker.output

            await until(is_tried_again)
            relay.answers_to_lose = 0
            await crowd.wait_for({event_id: FOLLOWERS})
