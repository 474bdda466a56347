"""A program as users write it: mypy --strict and pyright check it. It is never run."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from typing_extensions import assert_type

from key_value_client import AsyncClient, Change, Client, Holder, Incremented, Lock, Namespace, Pair, RevisionConflict, Written


@dataclass
class Order:
    """A value."""

    number: int


def block(client: Client) -> None:
    """Use a blocking client."""
    orders = client.namespace("orders").typed(Order)
    assert_type(orders, Namespace[Order])
    assert_type(orders.get("a"), Order)
    assert_type(orders["a"], Order)
    assert_type(orders.find("a"), Pair[Order] | None)
    assert_type(orders.get_many(["a"]), dict[str, Order])
    assert_type(orders.put("a", Order(1), ttl=timedelta(hours=1), if_revision=7), Written)
    assert_type(orders.increment("n", by=2), Incremented)
    assert_type(orders.expire("a", 30).expires_at, datetime | None)
    assert_type(orders.update("a", lambda order: Order(order.number + 1)).value, Order)
    for pair in orders.scan(prefix="2026/", reverse=True):
        assert_type(pair, Pair[Order])
    for change in orders.watch(after=7):
        assert_type(change, Change[Order])
    with orders.transaction() as tx:
        written = tx.when("a", exists=False).write("a", Order(1))
        present = tx.otherwise.read("a")
    assert_type(written.result, Written)
    with orders.lock("jobs", ttl=timedelta(seconds=30), timeout=5) as lock:
        assert_type(lock, Lock)
        assert_type(lock.token, int)
        with lock.guard(orders.transaction()) as tx:
            tx.write("a", Order(2))
    for leader in orders.elect("leader", "node-1").observe():
        assert_type(leader, Holder | None)
    assert_type(present.result, Pair[Order] | None)
    try:
        del orders["a"]
    except RevisionConflict as conflict:
        assert_type(conflict.revision, int)


async def wait(client: AsyncClient) -> None:
    """Use an asynchronous client."""
    orders = client.namespace("orders", cached=True).typed(Order)
    assert_type(await orders.get("a"), Order)
    assert_type(await orders.put("a", Order(1)), Written)
    async for pair in orders.scan():
        assert_type(pair.value, Order)
    async for change in orders.watch():
        assert_type(change.value, Order | None)
    async with orders.transaction() as tx:
        deleted = tx.delete("a")
    assert_type(deleted.result, bool)
    async with orders.lock("jobs", on_lost=lambda: None) as lock:
        assert_type(lock.is_held, bool)
        assert_type(await lock.holder(), Holder | None)
    assert_type(await orders.elect("leader", "node-1").campaign(timeout=0), bool)
