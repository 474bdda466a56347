"""Listing and deleting ranges of pairs."""

import pytest

from key_value_service.application.pairs.delete_range import SLICE_PAIRS, DeleteRange, DeleteRangeRequest, DeleteRangeResponse
from key_value_service.application.pairs.list_pairs import ListPairs, ListPairsRequest
from key_value_service.application.pairs.pair_ranges import DeletedSlice
from key_value_service.domain.exceptions import DeletionInterruptedError
from key_value_service.domain.value_objects.batch import WriteBatch
from key_value_service.domain.value_objects.key_range import KeyRange
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.value import JsonText
from shared_kernel.application.authentication import Caller, InsufficientScopeError
from shared_kernel.application.availability import DiskFullError, StoreFullError, StoreUnavailableError
from shared_kernel.domain.rules import RulesBrokenError
from test_support.key_value.in_memory_pairs import InMemoryPairRepository

READER = Caller("anna", frozenset({"read:default"}))
WRITER = Caller("anna", frozenset({"write:default"}))
COUNT = 2 * SLICE_PAIRS + 1


@pytest.fixture
async def pairs() -> InMemoryPairRepository:
    pairs = InMemoryPairRepository()
    keys = [f"a{number:04}" for number in range(COUNT)] + ["b"]
    await pairs.write(DEFAULT_NAMESPACE, WriteBatch([(key, JsonText("1")) for key in keys]))
    return pairs


async def test_next_page_follows_the_previous_one(pairs: InMemoryPairRepository) -> None:
    list_pairs = ListPairs(pairs)
    for reverse, firsts in ((False, ["a0000", "a0001"]), (True, [f"a{COUNT - 1:04}", f"a{COUNT - 2:04}"])):
        page = await list_pairs(READER, ListPairsRequest(DEFAULT_NAMESPACE, "a", limit=1, reverse=reverse))
        request = ListPairsRequest(DEFAULT_NAMESPACE, "a", limit=1, reverse=reverse, position=page.position)
        following = await list_pairs(READER, request)
        assert [pair.key for pair in (*page.pairs, *following.pairs)] == firsts


async def test_text_to_search_for_has_1_to_512_bytes(pairs: InMemoryPairRepository) -> None:
    for text in ("", "a" * 513, "é" * 257):
        with pytest.raises(RulesBrokenError) as broken:
            await ListPairs(pairs)(READER, ListPairsRequest(DEFAULT_NAMESPACE, contains=text))
        assert [(one.field, one.rule) for one in broken.value.violations] == [("contains", "length")]
    for text in ("a" * 512, "é" * 256):
        assert not (await ListPairs(pairs)(READER, ListPairsRequest(DEFAULT_NAMESPACE, contains=text))).pairs


async def test_all_pairs_with_the_prefix_are_deleted(pairs: InMemoryPairRepository) -> None:
    delete = DeleteRange(pairs)
    response = await delete(WRITER, DeleteRangeRequest(DEFAULT_NAMESPACE, "a"))
    assert response == DeleteRangeResponse(COUNT, 2 * COUNT + 1)
    assert pairs.pairs == {"b": "1"}
    assert await delete(WRITER, DeleteRangeRequest(DEFAULT_NAMESPACE, "a")) == DeleteRangeResponse(0, 2 * COUNT + 1)


@pytest.mark.parametrize("error", [StoreUnavailableError(), StoreFullError(), DiskFullError()])
async def test_interrupted_deletion_reports_the_number_deleted(
    pairs: InMemoryPairRepository, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    delete_range = pairs.delete_range

    async def fail_after(first: int) -> None:
        calls = 0

        async def fail(namespace: str, keys: KeyRange, limit: int) -> DeletedSlice:
            nonlocal calls
            calls += 1
            if calls > first:
                raise error
            return await delete_range(namespace, keys, limit)

        monkeypatch.setattr(pairs, "delete_range", fail)
        await DeleteRange(pairs)(WRITER, DeleteRangeRequest(DEFAULT_NAMESPACE, "", everything=True))

    with pytest.raises(type(error)):
        await fail_after(0)
    with pytest.raises(DeletionInterruptedError) as interrupted:
        await fail_after(2)
    assert interrupted.value.deleted == 2 * SLICE_PAIRS
    assert len(pairs.pairs) == 2


async def test_ranges_require_their_scopes(pairs: InMemoryPairRepository) -> None:
    for namespace in (DEFAULT_NAMESPACE, "absent"):
        with pytest.raises(InsufficientScopeError):
            await ListPairs(pairs)(WRITER, ListPairsRequest(namespace))
        with pytest.raises(InsufficientScopeError):
            await DeleteRange(pairs)(READER, DeleteRangeRequest(namespace, "a"))


async def test_prefix_longer_than_any_key_is_rejected(pairs: InMemoryPairRepository) -> None:
    with pytest.raises(RulesBrokenError):
        await ListPairs(pairs)(READER, ListPairsRequest(DEFAULT_NAMESPACE, "é" * 257))
    with pytest.raises(RulesBrokenError):
        await DeleteRange(pairs)(WRITER, DeleteRangeRequest(DEFAULT_NAMESPACE, "é" * 257))
