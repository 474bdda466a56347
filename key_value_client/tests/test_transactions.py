"""Transactions: compare, then, else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from key_value_client import AsyncTransaction, Binary, Incremented, NotDone, OperationRefused, RuleBroken, Transaction, Written


async def test_a_lock_is_taken_once(pairs: Any) -> None:
    async with transaction(pairs) as first:
        first.when("lock", exists=False)
        taken = first.write("lock", "anna", ttl=60)
        holder = first.otherwise.read("lock")
    assert first.succeeded is True
    assert taken.result == Written(first.revision, created=True)
    assert holder.is_done is False
    with pytest.raises(NotDone):
        _ = holder.result
    async with transaction(pairs) as second:
        second.when("lock", exists=False)
        taken = second.write("lock", "boris", ttl=60)
        holder = second.otherwise.read("lock")
    assert second.succeeded is False
    assert holder.result == await pairs.find("lock")
    assert holder.result.value == "anna"
    with pytest.raises(NotDone):
        _ = taken.result


async def test_all_operations_have_results(pairs: Any) -> None:
    await pairs.put_many({"a": 1, "b": Binary(b"\x00", "image/png")})
    revision = (await pairs.stats()).revision
    async with transaction(pairs) as tx:
        tx.when("a", revision=revision, operator="<=").when("a", value=1, version=1).when("b", value=Binary(b"\x00", "image/png"))
        tx.when("c", value=1, operator="!=")
        wrote = tx.write("c", b"x", ttl=None)
        read = tx.read("c")
        deleted, absent = tx.delete("b"), tx.delete("absent")
        added = tx.increment("a", 2)
        nothing = tx.read("b")
    assert tx.succeeded
    assert wrote.result.created
    assert (read.result.value, read.result.key) == (b"x", "c")
    assert (deleted.result, absent.result) == (True, False)
    assert added.result == Incremented(3, tx.revision)
    assert nothing.result is None


async def test_nothing_is_sent_if_the_block_fails(pairs: Any) -> None:
    tx = begin(pairs)
    tx.write("a", 1)
    if hasattr(pairs, "blocking"):
        with pytest.raises(ZeroDivisionError), tx:
            _ = 1 / 0
    else:
        with pytest.raises(ZeroDivisionError):
            async with tx:
                _ = 1 / 0
    assert await pairs.find("a") is None
    with pytest.raises(NotDone):
        _ = tx.succeeded


async def test_a_transaction_that_is_refused_does_nothing(pairs: Any) -> None:
    await pairs.put("a", "text")
    refused = begin(pairs)
    refused.write("b", 1)
    refused.increment("a")
    with pytest.raises(OperationRefused) as caught:
        await commit(refused)
    assert caught.value.members["operation"] == "then.1"
    wrong = begin(pairs)
    wrong.write("", 1)
    with pytest.raises(RuleBroken):
        await commit(wrong)
    with pytest.raises(ValueError, match="Say what to compare"):
        begin(pairs).when("a")
    assert await pairs.find("b") is None


def begin(pairs: Any) -> Any:
    """Return a transaction of either client."""
    return getattr(pairs, "blocking", pairs).transaction()


async def commit(tx: Transaction[Any] | AsyncTransaction[Any]) -> None:
    """Commit a transaction of either client."""
    if isinstance(tx, AsyncTransaction):
        await tx.commit()
    else:
        tx.commit()


@asynccontextmanager
async def transaction(pairs: Any) -> AsyncIterator[Any]:
    """Begin a transaction of either client, and commit it."""
    tx = begin(pairs)
    if isinstance(tx, AsyncTransaction):
        async with tx:
            yield tx
    else:
        with tx:
            yield tx
