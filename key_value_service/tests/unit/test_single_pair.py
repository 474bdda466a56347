"""Operations on a single pair, with preconditions."""

import asyncio
import json

import orjson
import pytest

from key_value_service.application.pairs.delete_pair import DeletePair, DeletePairRequest
from key_value_service.application.pairs.increment_pair import IncrementPair, IncrementPairRequest
from key_value_service.application.pairs.patch_pair import MAX_ATTEMPTS, PatchPair, PatchPairRequest
from key_value_service.application.pairs.read_pair import ReadPair, ReadPairRequest
from key_value_service.application.pairs.set_time_to_live import SetTimeToLive, SetTimeToLiveRequest
from key_value_service.application.pairs.write_pair import WritePair, WritePairRequest, WritePairResponse
from key_value_service.domain.exceptions import NoSuchPairError, PreconditionFailedError
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.precondition import ANY, NO_PRECONDITION, Precondition
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import JsonText
from shared_kernel.application.authentication import Caller, InsufficientScopeError
from shared_kernel.application.availability import BusyError
from shared_kernel.domain.rules import RulesBrokenError
from test_support.key_value.in_memory_pairs import InMemoryPairRepository

CALLER = Caller("anna", frozenset({"read:default", "write:default"}))
READER = Caller("anna", frozenset({"read:default", "write:other"}))
WRITER = Caller("anna", frozenset({"write:default", "read:other"}))
NAMESPACE = DEFAULT_NAMESPACE


@pytest.fixture
def write(pairs: InMemoryPairRepository) -> WritePair:
    return WritePair(pairs, orjson.dumps)


@pytest.fixture
def patch(pairs: InMemoryPairRepository) -> PatchPair:
    return PatchPair(pairs, orjson.dumps)


async def put(write: WritePair, value: object, precondition: Precondition = NO_PRECONDITION) -> WritePairResponse:
    return await write(CALLER, WritePairRequest(NAMESPACE, "a", value, precondition=precondition))


async def test_pair_is_created_and_then_replaced(write: WritePair, pairs: InMemoryPairRepository) -> None:
    assert await put(write, [1, 1.0]) == WritePairResponse(1, is_new=True)
    assert await put(write, "é") == WritePairResponse(2, is_new=False)
    assert pairs.pairs == {"a": '"é"'}


@pytest.mark.parametrize(
    "precondition",
    [
        Precondition(frozenset({1})),
        Precondition(ANY),
        Precondition(frozenset({1, 9})),
        Precondition(None, frozenset({9})),
        Precondition(frozenset({1, 9}), frozenset({9})),
    ],
)
async def test_pair_is_changed_if_the_precondition_holds(
    write: WritePair, pairs: InMemoryPairRepository, precondition: Precondition
) -> None:
    await put(write, {"b": 1})
    assert (await put(write, {"c": 1}, precondition)).revision == 2
    await put(write, 1)
    assert pairs.revision == 3


@pytest.mark.parametrize(
    "precondition",
    [
        Precondition(frozenset({9})),
        Precondition(frozenset()),
        Precondition(None, ANY),
        Precondition(None, frozenset({1})),
        Precondition(frozenset({8, 9})),
        Precondition(ANY, ANY),
    ],
)
async def test_nothing_is_changed_if_the_precondition_fails(
    write: WritePair, patch: PatchPair, pairs: InMemoryPairRepository, precondition: Precondition
) -> None:
    await put(write, 1)
    for change in (
        put(write, 2, precondition),
        patch(CALLER, PatchPairRequest(NAMESPACE, "a", 2, precondition)),
        DeletePair(pairs)(CALLER, DeletePairRequest(NAMESPACE, "a", precondition)),
        SetTimeToLive(pairs)(CALLER, SetTimeToLiveRequest(NAMESPACE, "a", TimeToLive(1), precondition)),
        IncrementPair(pairs, orjson.dumps)(CALLER, IncrementPairRequest(NAMESPACE, "a", 1, precondition)),
    ):
        with pytest.raises(PreconditionFailedError) as failed:
            await change
        assert failed.value.revision == 1
    assert (pairs.pairs, pairs.revision) == ({"a": "1"}, 1)


@pytest.mark.parametrize("precondition", [NO_PRECONDITION, Precondition(frozenset({9})), Precondition(ANY)])
async def test_missing_pair_takes_precedence_over_a_failed_precondition(
    patch: PatchPair, pairs: InMemoryPairRepository, precondition: Precondition
) -> None:
    for operation in (
        ReadPair(pairs)(CALLER, ReadPairRequest(NAMESPACE, "a", precondition)),
        patch(CALLER, PatchPairRequest(NAMESPACE, "a", 2, precondition)),
        DeletePair(pairs)(CALLER, DeletePairRequest(NAMESPACE, "a", precondition)),
        SetTimeToLive(pairs)(CALLER, SetTimeToLiveRequest(NAMESPACE, "a", TimeToLive(1), precondition)),
    ):
        with pytest.raises(NoSuchPairError):
            await operation


async def test_time_to_live_is_extended_without_a_change(pairs: InMemoryPairRepository) -> None:
    set_ttl = SetTimeToLive(pairs)
    pairs.put("a", JsonText("1"), None)
    leased = await set_ttl(CALLER, SetTimeToLiveRequest(NAMESPACE, "a", TimeToLive(60)))
    for condition in (NO_PRECONDITION, Precondition(ANY), Precondition(frozenset({2})), Precondition(frozenset({2, 9}))):
        renewed = await set_ttl(CALLER, SetTimeToLiveRequest(NAMESPACE, "a", TimeToLive(120), condition))
        assert renewed.revision == leased.revision == pairs.revision == 2
        assert renewed.expires_at == pairs.kept["a"].expires_at
    with pytest.raises(PreconditionFailedError):
        await set_ttl(CALLER, SetTimeToLiveRequest(NAMESPACE, "a", TimeToLive(120), Precondition(frozenset({1}))))
    assert (await set_ttl(CALLER, SetTimeToLiveRequest(NAMESPACE, "a", TimeToLive(60)))).revision == 3


async def test_creating_operations_report_a_missing_pair_as_failed_precondition(
    write: WritePair, pairs: InMemoryPairRepository
) -> None:
    increment = IncrementPair(pairs, orjson.dumps)
    for change in (
        put(write, 1, Precondition(ANY)),
        increment(CALLER, IncrementPairRequest(NAMESPACE, "a", 1, Precondition(frozenset({4, 5})))),
    ):
        with pytest.raises(PreconditionFailedError) as failed:
            await change
        assert failed.value.revision == 0


async def test_read_reports_that_the_caller_knows_the_revision(write: WritePair, pairs: InMemoryPairRepository) -> None:
    await put(write, 1)
    read = ReadPair(pairs)
    for precondition, is_known in [
        (NO_PRECONDITION, False),
        (Precondition(None, frozenset({1, 2})), True),
        (Precondition(None, frozenset({2})), False),
        (Precondition(None, ANY), True),
        (Precondition(frozenset({1})), False),
    ]:
        response = await read(CALLER, ReadPairRequest(NAMESPACE, "a", precondition))
        assert (response.pair, response.is_known) == (Pair("a", JsonText("1"), 1, 1, 1, None), is_known)
    with pytest.raises(PreconditionFailedError):
        await read(CALLER, ReadPairRequest(NAMESPACE, "a", Precondition(frozenset({2}))))


async def test_patched_value_must_be_valid(write: WritePair, patch: PatchPair, pairs: InMemoryPairRepository) -> None:
    half = "x" * (600 * 1024)
    await put(write, {"b": half, "n": 1})
    for bad in ({"c": half}, {"c": 10**1000}, float("nan")):
        with pytest.raises(RulesBrokenError) as refused:
            await patch(CALLER, PatchPairRequest(NAMESPACE, "a", bad))
        assert [violation.field for violation in refused.value.violations] == ["body"]
    assert await patch(CALLER, PatchPairRequest(NAMESPACE, "a", {"b": None, "c": {"d": 1.0}})) == 2
    assert pairs.pairs == {"a": '{"n":1,"c":{"d":1.0}}'}


async def test_concurrent_patches_are_not_lost(
    write: WritePair, patch: PatchPair, pairs: InMemoryPairRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(write, {})
    find = pairs.find

    async def find_slowly(namespace: str, key: str) -> Pair | None:
        pair = await find(namespace, key)
        await asyncio.sleep(0)
        return pair

    monkeypatch.setattr(pairs, "find", find_slowly)
    await asyncio.gather(*(patch(CALLER, PatchPairRequest(NAMESPACE, "a", {str(number): number})) for number in range(50)))
    assert json.loads(str(pairs.pairs["a"])) == {str(number): number for number in range(50)}


async def test_patch_gives_up_on_a_pair_that_keeps_changing(
    write: WritePair, patch: PatchPair, pairs: InMemoryPairRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(write, {})
    find = pairs.find

    async def find_then_change(namespace: str, key: str) -> Pair | None:
        pair = await find(namespace, key)
        await put(write, {})
        return pair

    monkeypatch.setattr(pairs, "find", find_then_change)
    with pytest.raises(BusyError):
        await patch(CALLER, PatchPairRequest(NAMESPACE, "a", {"b": 1}))
    assert (pairs.pairs, pairs.revision) == ({"a": "{}"}, 1 + MAX_ATTEMPTS)


async def test_sum_is_returned_only_with_read_scope(pairs: InMemoryPairRepository) -> None:
    increment = IncrementPair(pairs, orjson.dumps)
    assert (await increment(CALLER, IncrementPairRequest(NAMESPACE, "a", 2))).value == "2"
    response = await increment(WRITER, IncrementPairRequest(NAMESPACE, "a", 2))
    assert (response.revision, response.value) == (2, None)
    assert pairs.pairs == {"a": "4"}


async def test_every_operation_requires_its_scope(write: WritePair, patch: PatchPair, pairs: InMemoryPairRepository) -> None:
    for namespace in (NAMESPACE, "absent"):
        for operation in (
            ReadPair(pairs)(WRITER, ReadPairRequest(namespace, "a")),
            write(READER, WritePairRequest(namespace, "a", 1)),
            patch(READER, PatchPairRequest(namespace, "a", 1)),
            DeletePair(pairs)(READER, DeletePairRequest(namespace, "a")),
            DeletePair(pairs)(WRITER, DeletePairRequest(namespace, "a", previous=True)),
            SetTimeToLive(pairs)(READER, SetTimeToLiveRequest(namespace, "a", TimeToLive(1))),
            IncrementPair(pairs, orjson.dumps)(READER, IncrementPairRequest(namespace, "a")),
        ):
            with pytest.raises(InsufficientScopeError):
                await operation


async def test_invalid_key_is_reported_by_name(write: WritePair, patch: PatchPair, pairs: InMemoryPairRepository) -> None:
    for key in ("", "a\n", "k" * 513):
        for operation in (
            ReadPair(pairs)(CALLER, ReadPairRequest(NAMESPACE, key)),
            write(CALLER, WritePairRequest(NAMESPACE, key, 1)),
            patch(CALLER, PatchPairRequest(NAMESPACE, key, 1)),
            DeletePair(pairs)(CALLER, DeletePairRequest(NAMESPACE, key)),
            SetTimeToLive(pairs)(CALLER, SetTimeToLiveRequest(NAMESPACE, key, TimeToLive(1))),
            IncrementPair(pairs, orjson.dumps)(CALLER, IncrementPairRequest(NAMESPACE, key)),
        ):
            with pytest.raises(RulesBrokenError) as refused:
                await operation
            assert [violation.field for violation in refused.value.violations] == ["key"]


@pytest.mark.parametrize("by", [2**64, -(2**63) - 1, float("inf"), float("nan")])
async def test_invalid_increment_is_reported_by_name(pairs: InMemoryPairRepository, by: float) -> None:
    with pytest.raises(RulesBrokenError) as refused:
        await IncrementPair(pairs, orjson.dumps)(CALLER, IncrementPairRequest(NAMESPACE, "a", by))
    assert [violation.field for violation in refused.value.violations] == ["by"]
