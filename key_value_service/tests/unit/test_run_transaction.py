"""The scopes that transactions require."""

import pytest

from key_value_service.application.transactions.run_transaction import RunTransaction
from key_value_service.application.transactions.transaction_repository import IncrementResult, WriteResult
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
from shared_kernel.application.authentication import Caller, InsufficientScopeError
from shared_kernel.domain.rules import RulesBrokenError
from test_support.key_value.in_memory_pairs import InMemoryPairRepository
from test_support.key_value.in_memory_transactions import InMemoryTransactionRepository

ONE = JsonText("1")
BY_REVISION = Comparison("a", Target.REVISION, Operator.EQUAL, 0)
BY_VALUE = Comparison("a", Target.VALUE, Operator.NOT_EQUAL, ONE)
CHANGES: list[Operation] = [Write("a", ONE), Delete("a"), Increment("a", ONE)]

# Transactions, and the scopes that they require.
READ, WRITE, BOTH = {"read:default"}, {"write:default"}, {"read:default", "write:default"}
CASES = [
    (Transaction([], [], []), READ),
    (Transaction([BY_REVISION], [Read("a")], [Read("a")]), READ),
    (Transaction([BY_VALUE], [], []), READ),
    *((Transaction([BY_REVISION], [change], []), WRITE) for change in CHANGES),
    *((Transaction([], [], [change]), WRITE) for change in CHANGES),
    (Transaction([BY_VALUE], CHANGES, []), BOTH),
    (Transaction([], CHANGES, [Read("a")]), BOTH),
    (Transaction([], [Read("a")], CHANGES), BOTH),
]


@pytest.fixture
def run(pairs: InMemoryPairRepository) -> RunTransaction:
    return RunTransaction(InMemoryTransactionRepository(pairs))


@pytest.mark.parametrize(("transaction", "scopes"), CASES)
async def test_transaction_runs_with_the_scopes_it_requires(
    run: RunTransaction, transaction: Transaction, scopes: set[str]
) -> None:
    await run(Caller("anna", frozenset(scopes)), "default", transaction)
    await run(Caller("anna", frozenset({"admin:*"})), "default", transaction)


@pytest.mark.parametrize(("transaction", "scopes"), CASES)
async def test_without_one_of_them_nothing_is_done_whichever_branch_applies(
    run: RunTransaction, pairs: InMemoryPairRepository, transaction: Transaction, scopes: set[str]
) -> None:
    for lacking in scopes:
        held = frozenset(BOTH - {lacking} | {"read:other", "write:other"})
        with pytest.raises(InsufficientScopeError) as refused:
            await run(Caller("anna", held), "default", transaction)
        assert refused.value.scope == lacking
    assert pairs.revision == 0


async def test_sums_are_returned_only_with_read_scope(run: RunTransaction) -> None:
    adding = Transaction([], [Write("a", ONE), Increment("a", ONE)], [])
    writer = await run(Caller("anna", frozenset(WRITE)), "default", adding)
    assert writer.results == [WriteResult(1, True), IncrementResult(None, 2, False)]
    reader = await run(Caller("anna", frozenset(BOTH)), "default", adding)
    assert reader.results == [WriteResult(3, False), IncrementResult(JsonText("2"), 4, False)]


async def test_invalid_namespace_name_is_reported(run: RunTransaction) -> None:
    with pytest.raises(RulesBrokenError):
        await run(Caller("anna", frozenset(BOTH)), "No Name", Transaction([], [], []))
