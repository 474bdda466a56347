"""The contract of PairHistory, for the implementations in memory and in Tarantool: as long as the log has all changes."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from key_value_service.application.pairs.pair_history import HistoryQuery, PairHistory, Restored
from key_value_service.application.pairs.pair_repository import PairRepository
from key_value_service.application.transactions.transaction_repository import TransactionRepository
from key_value_service.domain.exceptions import NoSuchNamespaceError, NoSuchRevisionError, RevisionConflictError
from key_value_service.domain.value_objects.batch import ANY_REVISION, KeyBatch, WriteBatch
from key_value_service.domain.value_objects.change import Change, ChangeKind
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.transaction import Delete, Operation, Transaction, Write
from key_value_service.domain.value_objects.value import Binary, JsonText, Value
from test_support.key_value.pair_repository_contract import batch_of, delete, describe, read, unused_key, write

IMAGE = Binary(b"image/png\n\x89PNG\x00\xff\n")
WRITTEN, DELETED, EXPIRED = ChangeKind.WRITTEN, ChangeKind.DELETED, ChangeKind.EXPIRED


async def list_history(history: PairHistory, key: str, limit: int = 100) -> Sequence[Change]:
    """Return all pages, together."""
    found: list[Change] = []
    page = await history.read_history(DEFAULT_NAMESPACE, HistoryQuery(key, limit=limit))
    found += page.changes
    while page.position is not None:
        assert len(page.changes) <= limit
        page = await history.read_history(DEFAULT_NAMESPACE, HistoryQuery(key, page.position, limit))
        found += page.changes
    return found


async def restore(
    history: PairHistory, key: str, revision: int, ttl: TimeToLive | None = None, *, expected: int | None = None
) -> Restored:
    expectation = {} if expected is None else {key: expected}
    return await history.restore(DEFAULT_NAMESPACE, key, revision, ttl, expectation)


class PairHistoryContract:
    """Subclass it as `Test…` and define the fixtures `pairs`, `history` and `transactions`."""

    async def test_changes_of_a_pair_are_listed_from_the_newest_one_on(self, pairs: PairRepository, history: PairHistory) -> None:
        key, other = unused_key(), unused_key()
        first = (await write(pairs, batch_of(**{key: "1.0"}))).revision
        await write(pairs, WriteBatch([(other, JsonText("1")), (key, IMAGE), (other + "b", JsonText("1"))]))
        await delete(pairs, [other, key])
        await pairs.write(DEFAULT_NAMESPACE, WriteBatch([(key, JsonText("null"))], TimeToLive(3600)))
        pair = await describe(pairs, key)
        assert pair is not None
        expected = [
            Change(first + 6, WRITTEN, key, JsonText("null"), pair.expires_at),
            Change(first + 5, DELETED, key, previous=IMAGE),
            Change(first + 2, WRITTEN, key, IMAGE),
            Change(first, WRITTEN, key, JsonText("1.0")),
        ]
        assert await list_history(history, key) == expected
        for limit in (1, 2, 3, 4):
            assert await list_history(history, key, limit) == expected

    async def test_pair_without_changes_has_an_empty_history(self, pairs: PairRepository, history: PairHistory) -> None:
        key = unused_key()
        revision = (await write(pairs, batch_of(**{key + "a": "1"}))).revision
        page = await history.read_history(DEFAULT_NAMESPACE, HistoryQuery(key))
        assert (page.changes, page.position) == ([], None)
        assert page.revision >= revision

    async def test_history_of_a_removed_pair_ends_with_its_removal(self, pairs: PairRepository, history: PairHistory) -> None:
        key, fleeting = unused_key(), unused_key()
        await write(pairs, batch_of(**{key: "1"}))
        deletion = (await delete(pairs, [key])).revision
        first = (await write(pairs, WriteBatch([(fleeting, JsonText("2"))], TimeToLive(0.001)))).revision
        await asyncio.sleep(0.01)
        await write(pairs, batch_of(**{fleeting: "3"}))
        assert (await list_history(history, key))[0] == Change(deletion, DELETED, key, previous=JsonText("1"))
        found = [(change.revision - first, change.kind, change.value) for change in await list_history(history, fleeting)]
        assert found == [(2, WRITTEN, "3"), (1, EXPIRED, None), (0, WRITTEN, "2")]

    async def test_changes_of_one_transaction_are_listed_apart(
        self, transactions: TransactionRepository, history: PairHistory
    ) -> None:
        key = unused_key()
        operations: list[Operation] = [
            Write(key, JsonText("1")),
            Write(key, JsonText("2")),
            Delete(key),
            Write(key, JsonText("3")),
        ]
        await transactions.run(DEFAULT_NAMESPACE, Transaction([], operations, []))
        for limit in (1, 2, 3, 100):
            assert [change.value for change in await list_history(history, key, limit)] == ["3", None, "2", "1"]

    @pytest.mark.parametrize("value", [JsonText("1.0"), JsonText(f'"{"x" * 20_000}"'), IMAGE, Binary(b"a/b\n" + bytes(70_000))])
    async def test_value_is_restored_as_a_new_change(self, pairs: PairRepository, history: PairHistory, value: Value) -> None:
        key = unused_key()
        first = (await write(pairs, WriteBatch([(key, value)]))).revision
        await write(pairs, WriteBatch([(key, JsonText("2"))], TimeToLive(3600)))
        assert await restore(history, key, first) == Restored(first + 2, is_new=False)
        assert await read(pairs, [key]) == {key: value}
        pair = await describe(pairs, key)
        assert pair is not None
        assert (pair.revision, pair.version, pair.expires_at) == (first + 2, 3, None)
        assert (await list_history(history, key))[0] == Change(first + 2, WRITTEN, key, value)

    async def test_removed_pair_is_restored(self, pairs: PairRepository, history: PairHistory) -> None:
        key = unused_key()
        first = (await write(pairs, batch_of(**{key: "1"}))).revision
        await delete(pairs, [key])
        assert await restore(history, key, first, TimeToLive(3600)) == Restored(first + 2, is_new=True)
        pair = await describe(pairs, key)
        assert pair is not None
        assert pair.expires_at is not None
        assert timedelta(seconds=3500) < pair.expires_at - datetime.now(UTC) <= timedelta(seconds=3600)

    async def test_present_revision_is_restored_as_a_new_change(self, pairs: PairRepository, history: PairHistory) -> None:
        key = unused_key()
        first = (await write(pairs, batch_of(**{key: "1"}))).revision
        assert await restore(history, key, first) == Restored(first + 1, is_new=False)

    async def test_what_is_no_value_of_the_pair_is_not_restored(self, pairs: PairRepository, history: PairHistory) -> None:
        key, other = unused_key(), unused_key()
        first = (await write(pairs, batch_of(**{key: "1", other: "2"}))).revision
        deletion = (await delete(pairs, [key])).revision
        for revision in (first, deletion, deletion + 1, 2**53 - 1):  # another pair's, a removal, and none at all
            with pytest.raises(NoSuchRevisionError):
                await restore(history, key, revision)
        assert await describe(pairs, key) is None
        assert (await write(pairs, batch_of(**{key: "3"}))).revision == deletion + 1

    async def test_restoration_may_depend_on_the_revision(self, pairs: PairRepository, history: PairHistory) -> None:
        key = unused_key()
        first = (await write(pairs, batch_of(**{key: "1"}))).revision
        for expected in (0, first + 1):
            with pytest.raises(RevisionConflictError) as refused:
                await restore(history, key, first, expected=expected)
            assert list(refused.value.conflicts) == [(key, first)]
        assert (await restore(history, key, first, expected=first)).revision == first + 1
        await pairs.delete(DEFAULT_NAMESPACE, KeyBatch([key]), {})
        with pytest.raises(RevisionConflictError):
            await restore(history, key, first, expected=ANY_REVISION)
        assert (await restore(history, key, first, expected=0)).is_new

    async def test_restoration_with_an_idempotency_key_is_done_once(self, pairs: PairRepository, history: PairHistory) -> None:
        key = unused_key()
        first = (await write(pairs, batch_of(**{key: "1"}))).revision
        for is_repeated in (False, True):
            once = IdempotencyKey(key, "request", 60_000)
            restored = await history.restore(DEFAULT_NAMESPACE, key, first, None, {}, once)
            assert (restored, once.is_replayed) == (Restored(first + 1, is_new=False), is_repeated)
        for _ in range(2):
            once = IdempotencyKey(key + "x", "request", 60_000)
            with pytest.raises(NoSuchRevisionError):
                await history.restore(DEFAULT_NAMESPACE, key, first + 2, None, {}, once)
            await write(pairs, batch_of(**{key: "2"}))

    async def test_namespace_must_exist(self, history: PairHistory) -> None:
        with pytest.raises(NoSuchNamespaceError):
            await history.read_history("absent", HistoryQuery("a"))
        with pytest.raises(NoSuchNamespaceError):
            await history.restore("absent", "a", 1, None, {})
