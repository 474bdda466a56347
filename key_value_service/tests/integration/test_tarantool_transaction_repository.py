"""TarantoolTransactionRepository: the contract of TransactionRepository, and random histories against a model."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from key_value_service.application.transactions.transaction_repository import Outcome, TransactionRepository
from key_value_service.domain.exceptions import OperationRefusedError
from key_value_service.domain.value_objects.namespace_name import DEFAULT_NAMESPACE
from key_value_service.domain.value_objects.transaction import (
    Comparison,
    Delete,
    Increment,
    Operation,
    Operator,
    Read,
    Target,
    Transaction,
    Write,
)
from key_value_service.domain.value_objects.value import JsonText
from key_value_service.infrastructure.db.repositories.tarantool_pair_repository import TarantoolPairRepository
from key_value_service.infrastructure.db.repositories.tarantool_transaction_repository import TarantoolTransactionRepository
from test_support.connections import connected
from test_support.key_value.idempotency_contract import IdempotentTransactionContract
from test_support.key_value.in_memory_pairs import InMemoryPairRepository
from test_support.key_value.in_memory_transactions import InMemoryTransactionRepository
from test_support.key_value.transaction_repository_contract import Store, TransactionRepositoryContract
from test_support.processes import Tarantool


@asynccontextmanager
async def connect(server: Tarantool) -> AsyncIterator[Store]:
    async with connected(server) as connection:
        yield Store(TarantoolPairRepository(connection), TarantoolTransactionRepository(connection))


@pytest.fixture
async def store(own_tarantool: Tarantool) -> AsyncIterator[Store]:
    async with connect(own_tarantool) as store:
        yield store


class TestTarantoolTransactionRepository(TransactionRepositoryContract):
    pass


class TestIdempotency(IdempotentTransactionContract):
    pass


@pytest.fixture(scope="module")
def own_tarantool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tarantool]:
    """A Tarantool of its own: expiring pairs of other tests would take revisions."""
    folder: Path = tmp_path_factory.mktemp("transactions")
    with Tarantool("key_value", folder) as tarantool:
        yield tarantool


def texts(values: st.SearchStrategy[object]) -> st.SearchStrategy[JsonText]:
    return values.map(lambda value: JsonText(orjson.dumps(value).decode()))


keys = st.sampled_from(["a", "b", "é"])
integers = st.integers(-3, 3) | st.sampled_from([2**63 - 1, -(2**63), 2**64 - 1])
numbers = integers | st.sampled_from([0.5, -0.25, 1.0, 1.7e308])
values = texts(numbers | st.sampled_from(["", "1", None, True, [], {}]))
small = st.integers(0, 12)
comparisons = (
    st.builds(Comparison, keys, st.sampled_from([Target.REVISION, Target.VERSION]), st.sampled_from(Operator), small)
    | st.builds(Comparison, keys, st.just(Target.EXISTS), st.sampled_from([Operator.EQUAL, Operator.NOT_EQUAL]), st.booleans())
    | st.builds(Comparison, keys, st.just(Target.VALUE), st.sampled_from([Operator.EQUAL, Operator.NOT_EQUAL]), values)
)
operations: st.SearchStrategy[Operation] = st.one_of(
    st.builds(Write, keys, values), st.builds(Delete, keys), st.builds(Read, keys), st.builds(Increment, keys, texts(numbers))
)
branches = st.lists(operations, max_size=5)
transactions = st.builds(Transaction, st.lists(comparisons, max_size=2), branches, branches)


async def run(repository: TransactionRepository, transaction: Transaction) -> Outcome | tuple[str, str, str]:
    try:
        return await repository.run(DEFAULT_NAMESPACE, transaction)
    except OperationRefusedError as error:
        return error.operation, error.key, error.reason


async def follow(server: Tarantool, history: Sequence[Transaction]) -> None:
    async with connect(server) as real:
        await real.transactions.run(DEFAULT_NAMESPACE, Transaction([], [Delete(key) for key in "abé"], []))
        pairs = InMemoryPairRepository()
        pairs.revision = (await real.transactions.run(DEFAULT_NAMESPACE, Transaction([], [], []))).revision
        model = InMemoryTransactionRepository(pairs)
        for transaction in history:
            assert await run(real.transactions, transaction) == await run(model, transaction)
        everything = Transaction([], [Read(key) for key in "abé"], [])
        assert await run(real.transactions, everything) == await run(model, everything)


@settings(max_examples=150)
@given(st.lists(transactions, max_size=8))
def test_random_histories_match_the_model(own_tarantool: Tarantool, history: Sequence[Transaction]) -> None:
    asyncio.run(follow(own_tarantool, history))
