"""Transactions: comparing and changing pairs atomically."""

from collections.abc import Sequence
from json.encoder import encode_basestring
from typing import Annotated, Any, Literal

from dishka import FromDishka
from fastapi import APIRouter
from pydantic import BaseModel, Discriminator, FailFast, Field

from key_value_service.application.transactions.run_transaction import RunTransaction
from key_value_service.application.transactions.transaction_repository import (
    DeleteResult,
    IncrementResult,
    OperationResult,
    ReadResult,
    WriteResult,
)
from key_value_service.domain.exceptions import OperationRefusedError
from key_value_service.domain.value_objects import batch, transaction
from key_value_service.domain.value_objects.pair import Pair
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.transaction import Comparison, Operator, Target, Transaction
from key_value_service.presentation.api.fields import Key, Number, Ttl, Value
from key_value_service.presentation.api.idempotency import KeyInHeader
from key_value_service.presentation.api.metadata import Metadata, render_metadata
from key_value_service.presentation.api.paths import NamespaceInPath
from key_value_service.presentation.api.problems import KEY_ERRORS, WRITE_ERRORS, Operation
from key_value_service.presentation.api.values import ShownBinary, ValueBody, render_value
from shared_kernel.domain.rules import refuse_if_broken
from shared_kernel.presentation.http.routing.bearer import Authenticated
from shared_kernel.presentation.http.routing.body import Body, find_misnamed_members
from shared_kernel.presentation.http.routing.direct_route import raises

router = APIRouter(tags=["transactions"], route_class=Operation)

_Equality = Annotated[Literal["=", "!="], Field(description="How the pair's property is compared with the operand")]
_Order = Annotated[
    Literal["=", "!=", "<", "<=", ">", ">="], Field(description="How the pair's property is compared with the operand")
]
_Count = Annotated[int, Field(ge=0, le=batch.MAX_REVISION, description="0: the pair does not exist")]


class RevisionComparison(Body):
    """Comparison of a pair's revision."""

    target: Literal["revision"]
    key: Key
    operator: _Order = "="
    operand: _Count


class VersionComparison(Body):
    """Comparison of the number of writes of a pair since it was created."""

    target: Literal["version"]
    key: Key
    operator: _Order = "="
    operand: _Count


class ExistsComparison(Body):
    """Comparison of whether a pair exists."""

    target: Literal["exists"]
    key: Key
    operator: _Equality = "="
    operand: bool


class ValueComparison(ValueBody):
    """Comparison of a pair's value. The value of a pair that does not exist equals none.

    Values are equal if their compact JSON texts are: 1 and 1.0 differ, and so do objects with members in another order. Bytes are
    compared with `binary` instead of `operand`, and are equal if the media types are, letter by letter, and all bytes.
    """

    json_member = "operand"

    target: Literal["value"]
    key: Key
    operator: _Equality = "="
    operand: Value = Field(default_factory=lambda: None)


class WriteOperation(ValueBody):
    """Insert or replace a pair."""

    operation: Literal["write"]
    key: Key
    value: Value = Field(default_factory=lambda: None)
    ttl: Ttl = Field(None, description="As in `POST /write`")


class DeleteOperation(Body):
    """Delete a pair, if it exists."""

    operation: Literal["delete"]
    key: Key


class ReadOperation(Body):
    """Read a pair as it is at this point of the transaction."""

    operation: Literal["read"]
    key: Key


class IncrementOperation(Body):
    """Add a number to a pair's; a pair that does not exist counts as 0. The expiry is kept."""

    operation: Literal["increment"]
    key: Key
    by: Number = Field(description="Negative to subtract. Integers stay 64-bit signed integers", examples=[1])


_AnyComparison = Annotated[RevisionComparison | VersionComparison | ExistsComparison | ValueComparison, Discriminator("target")]
_AnyOperation = Annotated[WriteOperation | DeleteOperation | ReadOperation | IncrementOperation, Discriminator("operation")]
_Operations = Annotated[list[_AnyOperation], FailFast(), Field(max_length=transaction.MAX_OPERATIONS)]


class TransactionBody(Body):
    """Comparisons, and the operations of two branches."""

    compare: Annotated[list[_AnyComparison], FailFast(), Field(max_length=transaction.MAX_COMPARISONS)] = Field(
        [],
        description="If all of them hold, `then` is run, otherwise `else`.",
        examples=[[{"target": "revision", "key": "greeting", "operator": "=", "operand": 7}]],
    )
    then: _Operations = Field(
        [],
        description="Run in order if all comparisons hold.",
        examples=[[{"operation": "write", "key": "greeting", "value": "hi"}, {"operation": "increment", "key": "n", "by": 1}]],
    )
    otherwise: _Operations = Field(
        [],
        alias="else",
        description="Run in order if a comparison does not hold.",
        examples=[[{"operation": "read", "key": "greeting"}]],
    )

    def to_transaction(self) -> Transaction:
        """Return the transaction. Raises RulesBrokenError, also if an item has unknown members."""
        parts: dict[str, Sequence[Body]] = {"compare": self.compare, "then": self.then, "else": self.otherwise}
        refuse_if_broken(
            *(
                find_misnamed_members(item, f"{name}.{place}.")
                for name, items in parts.items()
                for place, item in enumerate(items)
            )
        )
        return Transaction(
            [_to_comparison(one, f"compare.{place}.") for place, one in enumerate(self.compare)],
            [_to_operation(one, f"then.{place}.") for place, one in enumerate(self.then)],
            [_to_operation(one, f"else.{place}.") for place, one in enumerate(self.otherwise)],
        )


class WriteOperationResult(BaseModel):
    """Result of a write operation in a transaction."""

    operation: Literal["write"]
    key: str
    revision: int = Field(description="The pair's revision")
    created: bool = Field(description="Whether the pair was created")


class DeleteOperationResult(BaseModel):
    """Result of a delete operation in a transaction."""

    operation: Literal["delete"]
    key: str
    deleted: bool = Field(description="Whether the pair existed")


class PairResponse(Metadata):
    """A pair's value and metadata."""

    value: Any = Field(None, description="Absent if it is bytes")
    binary: ShownBinary


class ReadOperationResult(BaseModel):
    """Result of a read operation in a transaction."""

    operation: Literal["read"]
    key: str
    pair: PairResponse | None = Field(description="null: the pair does not exist")


class IncrementOperationResult(BaseModel):
    """Result of an increment operation in a transaction."""

    operation: Literal["increment"]
    key: str
    value: float = Field(default_factory=float, description="The sum; absent if the caller may not read")
    revision: int = Field(description="The pair's revision")
    created: bool = Field(description="Whether the pair was created")


class TransactionResponse(BaseModel):
    """The branch that was run, with its results."""

    succeeded: bool = Field(description="Whether all comparisons held")
    results: list[
        Annotated[
            WriteOperationResult | DeleteOperationResult | ReadOperationResult | IncrementOperationResult,
            Discriminator("operation"),
        ]
    ] = Field(description="The results of its operations, in order")
    revision: int = Field(description="The namespace's revision afterwards", examples=[8])


@router.post("/namespaces/{namespace}/transactions", response_model=TransactionResponse)
@raises(*WRITE_ERRORS, *KEY_ERRORS, OperationRefusedError)
async def run(
    namespace: NamespaceInPath,
    body: TransactionBody,
    caller: Authenticated,
    run_transaction: FromDishka[RunTransaction],
    idempotency_key: KeyInHeader = None,
) -> bytes:
    """Compare pairs and run one branch atomically, all of its operations or none: `then` if all comparisons hold, else `else`."""
    succeeded, results, revision = await run_transaction(caller, namespace, body.to_transaction(), idempotency_key)
    branch = body.then if succeeded else body.otherwise
    rendered = ",".join([_render(operation, result) for operation, result in zip(branch, results, strict=True)])
    return f'{{"succeeded":{_TRUTH[succeeded]},"results":[{rendered}],"revision":{revision}}}'.encode()


_TRUTH = {True: "true", False: "false"}


def _to_comparison(comparison: _AnyComparison, field: str) -> Comparison:
    operand = comparison.read_value(field) if isinstance(comparison, ValueComparison) else comparison.operand
    return Comparison(comparison.key, Target(comparison.target), Operator(comparison.operator), operand)


def _to_operation(operation: _AnyOperation, field: str) -> transaction.Operation:
    match operation:
        case WriteOperation(key=key, ttl=ttl):
            value = operation.read_value(field)
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
            members = f'"revision":{revision},"created":{_TRUTH[is_new]}'
        case DeleteResult(existed):
            members = f'"deleted":{_TRUTH[existed]}'
        case ReadResult(pair):
            members = f'"pair":{"null" if pair is None else _render_pair(pair)}'
        case IncrementResult(value, revision, is_new):
            members = "" if value is None else f'"value":{value},'
            members += f'"revision":{revision},"created":{_TRUTH[is_new]}'
    return f'{{"operation":"{operation.operation}","key":{encode_basestring(operation.key)},{members}}}'


def _render_pair(pair: Pair) -> str:
    return f"{{{render_value(pair.value)},{render_metadata(pair)}}}"
