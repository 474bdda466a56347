"""Writing and reading pairs."""

import math

import orjson
import pytest

from key_value_service.application.pairs.read_pairs import ReadPairs, ReadPairsRequest
from key_value_service.application.pairs.write_pairs import WritePairs, WritePairsRequest
from key_value_service.domain.value_objects.batch import MAX_KEYS
from shared_kernel.application.authentication import Caller, InsufficientScopeError
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.domain.rules import RulesBrokenError
from test_support.key_value.in_memory_pairs import InMemoryPairRepository

CALLER = Caller("anna", frozenset({"read:default", "write:default"}))


@pytest.fixture
def write(pairs: InMemoryPairRepository) -> WritePairs:
    return WritePairs(pairs, orjson.dumps)


@pytest.fixture
def read(pairs: InMemoryPairRepository) -> ReadPairs:
    return ReadPairs(pairs)


async def test_written_values_are_stored_as_compact_json(write: WritePairs, pairs: InMemoryPairRepository) -> None:
    response = await write(CALLER, WritePairsRequest({"a": {"b": [1, 1.0, None]}, "c": "é"}))
    assert response.written == 2
    assert pairs.pairs == {"a": '{"b":[1,1.0,null]}', "c": '"é"'}


async def test_created_and_replaced_pairs_are_counted(write: WritePairs) -> None:
    await write(CALLER, WritePairsRequest({"a": 1}))
    assert (await write(CALLER, WritePairsRequest({"a": 2, "b": 3}))).written == 2


@pytest.mark.parametrize(
    "data", [{}, {"good": 1, "bad": math.nan}, {"good": 1, "": 2}, {str(key): key for key in range(MAX_KEYS + 1)}]
)
async def test_nothing_is_written_if_any_pair_is_invalid(
    write: WritePairs, pairs: InMemoryPairRepository, data: dict[str, object]
) -> None:
    with pytest.raises(RulesBrokenError):
        await write(CALLER, WritePairsRequest(data))
    assert pairs.pairs == {}


async def test_full_store_is_reported(write: WritePairs, pairs: InMemoryPairRepository) -> None:
    pairs.is_full = True
    with pytest.raises(StoreFullError):
        await write(CALLER, WritePairsRequest({"a": 1}))


async def test_unreachable_store_is_reported(write: WritePairs, read: ReadPairs, pairs: InMemoryPairRepository) -> None:
    pairs.is_available = False
    with pytest.raises(StoreUnavailableError):
        await write(CALLER, WritePairsRequest({"a": 1}))
    with pytest.raises(StoreUnavailableError):
        await read(CALLER, ReadPairsRequest(["a"]))


async def test_found_pairs_and_missing_keys_are_distinguished(write: WritePairs, read: ReadPairs) -> None:
    await write(CALLER, WritePairsRequest({"a": 1, "b": None}))
    response = await read(CALLER, ReadPairsRequest(["b", "x", "a"]))
    assert response.keys == ["b", "x", "a"]
    assert response.values == ["null", None, "1"]


async def test_pair_with_null_or_empty_value_is_not_missing(write: WritePairs, read: ReadPairs) -> None:
    await write(CALLER, WritePairsRequest({"null": None, "empty": "", "false": False, "zero": 0}))
    assert None not in (await read(CALLER, ReadPairsRequest(["null", "empty", "false", "zero"]))).values


@pytest.mark.parametrize("keys", [[], ["a", "a"], [""], [str(key) for key in range(MAX_KEYS + 1)]])
async def test_invalid_read_is_rejected(read: ReadPairs, keys: list[str]) -> None:
    with pytest.raises(RulesBrokenError):
        await read(CALLER, ReadPairsRequest(keys))


READERS = ["read:default", "read:*", "read:def*", "admin:default", "admin:*"]
WRITERS = ["write:default", "write:*", "write:d*", "admin:default", "admin:def*"]
STRANGERS = ["", "read:defaul", "read:default2", "read:other*", "write", "READ:default", "revocations", "read: default"]


@pytest.mark.parametrize("scope", READERS)
async def test_read_scope_allows_reading(read: ReadPairs, scope: str) -> None:
    assert (await read(Caller("anna", frozenset({scope})), ReadPairsRequest(["a"]))).values == [None]


@pytest.mark.parametrize("scope", WRITERS)
async def test_write_scope_allows_writing(write: WritePairs, scope: str) -> None:
    assert (await write(Caller("anna", frozenset({scope})), WritePairsRequest({"a": 1}))).written == 1


@pytest.mark.parametrize("scope", [*STRANGERS, "write:default", "write:*"])
async def test_read_without_scope_is_rejected_whatever_the_keys(read: ReadPairs, scope: str) -> None:
    for keys in (["a"], []):
        with pytest.raises(InsufficientScopeError) as refused:
            await read(Caller("anna", frozenset({scope})), ReadPairsRequest(keys))
        assert refused.value.scope == "read:default"


@pytest.mark.parametrize("scope", [*STRANGERS, "read:default", "read:*"])
async def test_write_without_scope_changes_nothing(write: WritePairs, pairs: InMemoryPairRepository, scope: str) -> None:
    with pytest.raises(InsufficientScopeError):
        await write(Caller("anna", frozenset({scope})), WritePairsRequest({"a": 1}))
    assert pairs.pairs == {}
