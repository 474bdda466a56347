"""Comparing and changing pairs in one atomic step."""

from collections.abc import Iterator, Sequence
from json.encoder import encode_basestring
from typing import Annotated, Any, Literal

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Discriminator, FailFast, Field

from key_value_service.application.transactions.run_transaction import RunTransaction
from key_value_service.application.transactions.transaction_repository import (
    DeleteResult,
    IncrementResult,
    OperationResult,
    ReadResult,
    WriteResult,
)
from key_value_service.domain.exceptions import NoSuchNamespaceError, OperationRefusedError, QuotaExceededError
from key_value_service.domain.value_objects import batch, transaction
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.transaction import Comparison, Operator, Target, Transaction
from key_value_service.presentation.api.fields import Key, Number, Ttl, Value
from key_value_service.presentation.api.metadata import Metadata, render_metadata
from key_value_service.presentation.api.paths import NamespaceInPath
from key_value_service.presentation.api.problems import Operation
from shared_kernel.application.authentication import InsufficientScopeError
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError
from shared_kernel.domain.rules import Violation, refuse_if_broken
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body import Body
from shared_kernel.presentation.http.routing.direct_route import raises

router = APIRouter(tags=["transactions"], route_class=Operation)

_Equality = Annotated[Literal["=", "!="], Field(description="How the pair's is compared with the operand")]
_Order = Annotated[Literal["=", "!=", "<", "<=", ">", ">="], Field(description="How the pair's is compared with the operand")]
_Count = Annotated[int, Field(ge=0, le=batch.MAX_REVISION, description="0 stands for a pair that does not exist")]


class _Item(BaseModel):
    """What a member of a list must be. Unknown members are let in to be refused by us: there may be a million of them."""

    model_config = ConfigDict(extra="allow", strict=True, json_schema_extra={"additionalProperties": False})


class RevisionComparison(_Item):
    """Of a pair's revision."""

    target: Literal["revision"]
    key: Key
    operator: _Order = "="
    operand: _Count


class VersionComparison(_Item):
    """Of how many times a pair has been written since it was made."""

    target: Literal["version"]
    key: Key
    operator: _Order = "="
    operand: _Count


class ExistsComparison(_Item):
    """Of whether there is a pair."""

    target: Literal["exists"]
    key: Key
    operator: _Equality = "="
    operand: bool


class ValueComparison(_Item):
    """Of a pair's value; that of a pair that does not exist equals none.

    Values are equal where their compact JSON texts are: 1 and 1.0 differ, and so do objects with another order of members.
    """

    target: Literal["value"]
    key: Key
    operator: _Equality = "="
    operand: Value


class WriteOperation(_Item):
    """Insert or replace a pair."""

    operation: Literal["write"]
    key: Key
    value: Value
    ttl: Ttl = Field(None, description="As in /write")


class DeleteOperation(_Item):
    """Delete a pair, if there is one."""

    operation: Literal["delete"]
    key: Key


class ReadOperation(_Item):
    """Tell what a pair is then."""

    operation: Literal["read"]
    key: Key


class IncrementOperation(_Item):
    """Add a number to that of a pair; one that does not exist counts as 0. A pair keeps its expiry."""

    operation: Literal["increment"]
    key: Key
    by: Number = Field(description="Negative to subtract. Integers stay integers of 64 bits, signed", examples=[1])


_AnyComparison = Annotated[RevisionComparison | VersionComparison | ExistsComparison | ValueComparison, Discriminator("target")]
_AnyOperation = Annotated[WriteOperation | DeleteOperation | ReadOperation | IncrementOperation, Discriminator("operation")]
_Operations = Annotated[list[_AnyOperation], FailFast(), Field(max_length=transaction.MAX_OPERATIONS)]


class TransactionBody(Body):
    """What is compared, and what is done."""

    compare: Annotated[list[_AnyComparison], FailFast(), Field(max_length=transaction.MAX_COMPARISONS)] = Field(
        [],
        description="All of them must hold for `then`.",
        examples=[[{"target": "revision", "key": "greeting", "operator": "=", "operand": 7}]],
    )
    then: _Operations = Field(
        [],
        description="Done one after the other if all comparisons hold.",
        examples=[[{"operation": "write", "key": "greeting", "value": "hi"}, {"operation": "increment", "key": "n", "by": 1}]],
    )
    otherwise: _Operations = Field(
        [],
        alias="else",
        description="Done one after the other if a comparison does not hold.",
        examples=[[{"operation": "read", "key": "greeting"}]],
    )

    def to_transaction(self) -> Transaction:
        """Return what it says. Raises RulesBrokenError if it says more than that."""
        parts: dict[str, Sequence[BaseModel]] = {"compare": self.compare, "then": self.then, "else": self.otherwise}
        refuse_if_broken(*(_find_unknown_members(name, items) for name, items in parts.items()))
        return Transaction(
            [Comparison(one.key, Target(one.target), Operator(one.operator), one.operand) for one in self.compare],
            [_to_operation(one) for one in self.then],
            [_to_operation(one) for one in self.otherwise],
        )


class WriteResponse(BaseModel):
    """Of a `write`."""

    operation: Literal["write"]
    key: str
    revision: int = Field(description="The pair's")
    created: bool = Field(description="Whether there was none")


class DeleteResponse(BaseModel):
    """Of a `delete`."""

    operation: Literal["delete"]
    key: str
    deleted: bool = Field(description="Whether there was one")


class PairResponse(Metadata):
    """A pair."""

    value: Any


class ReadResponse(BaseModel):
    """Of a `read`."""

    operation: Literal["read"]
    key: str
    pair: PairResponse | None = Field(description="None if there is none")


class IncrementResponse(BaseModel):
    """Of an `increment`."""

    operation: Literal["increment"]
    key: str
    value: float = Field(default_factory=float, description="The sum; left out where the caller may not read")
    revision: int = Field(description="The pair's")
    created: bool = Field(description="Whether there was none")


class TransactionResponse(BaseModel):
    """What was done."""

    succeeded: bool = Field(description="Whether all comparisons held")
    results: list[Annotated[WriteResponse | DeleteResponse | ReadResponse | IncrementResponse, Discriminator("operation")]] = (
        Field(description="Of the operations that were done, in their order")
    )
    revision: int = Field(description="The namespace's after that", examples=[8])


@router.post("/namespaces/{namespace}/transactions", response_model=TransactionResponse)
@raises(
    InsufficientScopeError,
    NoSuchNamespaceError,
    OperationRefusedError,
    QuotaExceededError,
    StoreUnavailableError,
    StoreFullError,
)
async def run(
    namespace: NamespaceInPath,
    body: TransactionBody,
    caller: Authenticated,
    run_transaction: FromDishka[RunTransaction],
) -> bytes:
    """Compare pairs, and do all operations of one branch in one step, or none: `then` if all comparisons hold, else `else`."""
    wanted = body.to_transaction()
    succeeded, results, revision = await run_transaction(caller, namespace, wanted)
    branch = body.then if succeeded else body.otherwise
    rendered = ",".join([_render(operation, result) for operation, result in zip(branch, results, strict=True)])
    return f'{{"succeeded":{_TRUTH[succeeded]},"results":[{rendered}],"revision":{revision}}}'.encode()


_TRUTH = {True: "true", False: "false"}


def _find_unknown_members(name: str, items: Sequence[BaseModel]) -> Iterator[Violation]:
    for place, item in enumerate(items):
        for member in item.__pydantic_extra__ or ():
            yield Violation(f"{name}.{place}.{member}", "extra_forbidden", "There is no such field.")


def _to_operation(operation: _AnyOperation) -> transaction.Operation:
    match operation:
        case WriteOperation(key=key, value=value, ttl=ttl):
            return transaction.Write(key, value, TimeToLive(ttl) if "ttl" in operation.model_fields_set else None)
        case DeleteOperation(key=key):
            return transaction.Delete(key)
        case ReadOperation(key=key):
            return transaction.Read(key)
        case IncrementOperation(key=key, by=by):
            return transaction.Increment(key, by)


def _render(operation: _AnyOperation, result: OperationResult) -> str:
    match result:
        case WriteResult(revision, is_new):
            told = f'"revision":{revision},"created":{_TRUTH[is_new]}'
        case DeleteResult(existed):
            told = f'"deleted":{_TRUTH[existed]}'
        case ReadResult(pair):
            told = f'"pair":{"null" if pair is None else _render_pair(pair)}'
        case IncrementResult(value, revision, is_new):
            told = "" if value is None else f'"value":{value},'
            told += f'"revision":{revision},"created":{_TRUTH[is_new]}'
    return f'{{"operation":"{operation.operation}","key":{encode_basestring(operation.key)},{told}}}'


def _render_pair(pair: Pair) -> str:
    # The value is JSON text already.
    return f'{{"value":{pair.value},{render_metadata(pair)}}}'
