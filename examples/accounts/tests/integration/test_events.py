"""Events: each at least once, in order for each user, none lost whatever is killed, and handled once."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aio_pika
import httpx
import pytest

from key_value_client import AsyncClient
from test_support.rabbitmq import RabbitMQ
from test_support.store import Store

from ..conftest import Accounts, create_group, create_user, make_environment


@pytest.fixture(scope="module")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """A test may kill it, and start it again."""
    with RabbitMQ(tmp_path_factory.mktemp("rabbitmq")) as running:
        yield running


@asynccontextmanager
async def open_api(running: Accounts, keys: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Api-Key": keys["admin"]}
    async with httpx.AsyncClient(base_url=f"{running.url}/api/v1", headers=headers, trust_env=False, timeout=60) as http:
        yield http


@asynccontextmanager
async def open_queue(environment: dict[str, str]) -> AsyncIterator[Any]:
    """Yield a queue of all events, as a consumer of the company would have one."""
    connection = await aio_pika.connect(environment["RABBITMQ_URL"])
    async with connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(environment["EXCHANGE"], aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(f"{environment['EXCHANGE']}.seen", durable=True)
        await queue.bind(exchange, "#")
        yield queue


async def read_events(environment: dict[str, str], until: set[str]) -> list[dict[str, Any]]:
    """Return the events of the queue up to all that are wanted, by id."""
    events: list[dict[str, Any]] = []
    async with open_queue(environment) as queue, asyncio.timeout(120), queue.iterator() as messages:
        async for message in messages:
            events.append(json.loads(message.body))
            await message.ack()
            if until <= {event["id"] for event in events}:
                break
    return events


def check_order(events: list[dict[str, Any]]) -> None:
    """Each subject's events, as they come first, are 1, 2, 3, …"""
    seen: dict[str, int] = {}
    for event in events:
        last = seen.get(event["subject"], 0)
        assert event["number"] <= last + 1, event
        seen[event["subject"]] = max(last, event["number"])


async def test_each_change_is_told_of(store: Store, keys: dict[str, str], rabbitmq: RabbitMQ, tmp_path: Path) -> None:
    environment = make_environment(store, keys, tmp_path, rabbitmq.url)
    async with open_queue(environment):
        pass
    with Accounts(tmp_path, environment, "run") as running:
        running.wait_until_ready()
        async with open_api(running, keys) as api:
            user = await create_user(api, username="anna", profile={"a": 1})
            path = f"/users/{user['id']}"
            contact = (await api.post(f"{path}/contacts/", json={"type": "email", "value": "anna@example.com"})).json()
            await api.patch(f"{path}/contacts/{contact['id']}/", json={"value": "petrova@example.com"})
            await api.delete(f"{path}/contacts/{contact['id']}/")
            await api.patch(f"{path}/", json={"profile": {"b": 2}})
            await api.delete(f"{path}/")
            group = await create_group(api)
            await api.put(f"/groups/{group}/members/user/{user['id']}/")
            await api.delete(f"/groups/{group}/members/user/{user['id']}/")
        events = await read_events(environment, {f"{user['id']}:8", f"{group}:1"})
    check_order(events)
    types = {subject: [event["type"] for event in events if event["subject"] == subject] for subject in (user["id"], group)}
    assert types[user["id"]] == [
        "user.created", "contact.created", "contact.updated", "contact.deactivated", "user.updated", "user.deactivated",
        "membership.created", "membership.deleted",
    ]  # fmt: skip
    assert types[group] == ["group.created"]
    assert events[0]["data"] == {"username": "anna"}
    log = (tmp_path / "logs" / "accounts.log").read_text()
    records = [json.loads(line)["record"] for line in log.splitlines()]
    assert any(record["message"].startswith("Uvicorn running on") for record in records)  # what libraries log, too
    assert any(record["message"] == f"PATCH /api/v1{path}/" and record["extra"]["status"] == 200 for record in records)
    assert keys["admin"].partition(":")[2] not in log + running.output


async def test_nothing_is_lost_whatever_is_killed(store: Store, keys: dict[str, str], rabbitmq: RabbitMQ, tmp_path: Path) -> None:
    environment = make_environment(store, keys, tmp_path, rabbitmq.url)
    async with open_queue(environment):
        pass
    expected: set[str] = set()
    with Accounts(tmp_path, environment, "run") as running, Accounts(tmp_path, environment, "consume") as consumer:
        running.wait_until_ready()

        async def change(number: int) -> None:
            async with open_api(running, keys) as api:
                users = await asyncio.gather(*(create_user(api) for _ in range(number)))
                for each in range(3):
                    patch = {"profile": {"each": each}}
                    await asyncio.gather(*(api.patch(f"/users/{user['id']}/", json=patch) for user in users))
                expected.update(f"{user['id']}:{event}" for user in users for event in range(1, 5))

        await change(5)
        rabbitmq.kill()
        await change(5)  # the broker's absence stops nobody
        running.kill()  # between the changes and their publication
        consumer.kill()
        rabbitmq.start()
        running.start()
        consumer.start()
        running.wait_until_ready()
        await change(5)
        running.kill()
        running.start()
        running.wait_until_ready()
        events = await read_events(environment, expected)
        check_order(events)
        assert {event["id"] for event in events} == expected
        await until_the_trail_has(store, keys, environment["NAMESPACE"], expected)


async def until_the_trail_has(store: Store, keys: dict[str, str], namespace: str, expected: set[str]) -> None:
    """Wait until the consumer has written each event, and see that it did so once, and that the outbox is empty."""
    client_id, _, secret = keys["own"].partition(":")
    options: dict[str, Any] = {"authorization_url": store.authorization.url, "client_id": client_id, "client_secret": secret}
    async with AsyncClient(store.key_value.url, **options) as client, asyncio.timeout(120):
        there = client.namespace(namespace)
        while True:
            trail = [pair async for pair in there.scan("audit/audit/")]
            left = [pair.key async for pair in there.scan("outbox/", values=False)]
            if {pair.value["id"] for pair in trail} == expected and not left:
                break
            await asyncio.sleep(0.2)
        assert all(pair.version == 1 for pair in trail)
        assert {pair.value async for pair in there.scan("consumed/audit/")} == {4}
