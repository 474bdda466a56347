"""Transactions: compare pairs, then do one thing or another, in one atomic step."""

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, TypeVar

from typing_extensions import Self

from key_value_client.caching import Cache
from key_value_client.channel import Channel
from key_value_client.codecs import Codec
from key_value_client.errors import KeyValueError
from key_value_client.flows import Awaiting, Blocking, Flow, Request, operation
from key_value_client.values import (
    JSON,
    KEEP,
    Incremented,
    Pair,
    Ttl,
    V,
    Written,
    dump,
    load,
    parse_pair,
    put_value,
    take_value,
    to_seconds,
)

R = TypeVar("R")


class NotDone(KeyValueError):
    """A result of an operation that was not done: the transaction has not ended, or has taken the other branch."""


class Outcome(Generic[R]):
    """What an operation of a transaction will have returned."""

    def __init__(self, parse: Callable[[dict[str, Any]], R]) -> None:
        self._parse = parse
        self.members: dict[str, Any] | None = None
        """As the service returned it; None if the operation was not done."""

    @property
    def is_done(self) -> bool:
        """Whether the operation was done."""
        return self.members is not None

    @property
    def result(self) -> R:
        """The operation's result. Raises NotDone."""
        if self.members is None:
            raise NotDone("The operation was not done: the transaction has not ended, or has taken the other branch.")
        return self._parse(self.members)


class Branch(Generic[V]):
    """Operations that are done one after the other; each sees what those before it did."""

    def __init__(self, codec: Codec[V]) -> None:
        self._codec = codec
        self.operations: list[dict[str, Any]] = []
        """As they are sent."""
        self._outcomes: list[Outcome[Any]] = []

    def write(self, key: str, value: V, *, ttl: Ttl = KEEP) -> Outcome[Written]:
        """Write a pair; `ttl` as for `put`."""
        members = {"operation": "write", "key": key, **put_value(self._codec.dump(value))}
        members |= {} if ttl is KEEP else {"ttl": to_seconds(ttl)}
        return self._add(members, lambda result: Written(result["revision"], result["created"]))

    def delete(self, key: str) -> Outcome[bool]:
        """Delete a pair; the result is whether there was one."""
        return self._add({"operation": "delete", "key": key}, lambda result: bool(result["deleted"]))

    def read(self, key: str) -> Outcome[Pair[V] | None]:
        """Read a pair; the result is None if there is none."""
        return self._add({"operation": "read", "key": key}, lambda result: self._parse_pair(key, result["pair"]))

    def increment(self, key: str, by: float = 1) -> Outcome[Incremented]:
        """Add to a number, as `increment` of a namespace does."""
        members = {"operation": "increment", "key": key, "by": by}
        return self._add(members, lambda result: Incremented(result.get("value"), result["revision"]))

    def _parse_pair(self, key: str, members: dict[str, Any] | None) -> Pair[V] | None:
        return None if members is None else parse_pair(key, self._codec.load(take_value(members)), members)

    def _add(self, members: dict[str, Any], parse: Callable[[dict[str, Any]], R]) -> Outcome[R]:
        outcome = Outcome(parse)
        self.operations.append(members)
        self._outcomes.append(outcome)
        return outcome

    def settle(self, results: list[dict[str, Any]]) -> None:
        """Hand the results of all operations to their outcomes."""
        for outcome, members in zip(self._outcomes, results, strict=True):
            outcome.members = members


@dataclass(frozen=True)
class Committed:
    """A transaction has ended. `succeeded`: all comparisons held. `revision`: the namespace's, after it."""

    succeeded: bool
    revision: int


class TransactionOperations(Branch[V]):
    """A transaction that is being put together.

    Its own operations are done if all comparisons hold, those of `otherwise` if not. At the end of its `with` block it is sent,
    unless the block raised an exception. Then `succeeded` says which branch was done, and each operation has its `result`.
    """

    def __init__(self, url: str, channel: Channel, driver: Any, codec: Codec[V], cache: Cache | None = None) -> None:
        super().__init__(codec)
        self._cache = cache
        self.otherwise: Branch[V] = Branch(codec)
        """What is done if a comparison does not hold."""
        self._url = url
        self._channel = channel
        self._driver = driver
        self._comparisons: list[dict[str, Any]] = []
        self._committed: Committed | None = None

    def when(
        self,
        key: str,
        *,
        exists: bool = KEEP,
        revision: int = KEEP,
        version: int = KEEP,
        value: V = KEEP,
        operator: str = "=",
    ) -> Self:
        """Compare a pair: whether it exists, its revision or version (0: there is none), its value. All comparisons must hold.

        `operator`: `=`, `!=`, and for revisions and versions also `<`, `<=`, `>`, `>=`.
        """
        targets = {"exists": exists, "revision": revision, "version": version}
        given = {target: {"operand": operand} for target, operand in targets.items() if operand is not KEEP}
        if value is not KEEP:
            member = put_value(self._codec.dump(value))
            given["value"] = {"operand": member["value"]} if "value" in member else member
        if not given:
            raise ValueError("Say what to compare: exists, revision, version or value.")
        self._comparisons += [
            {"target": target, "key": key, "operator": operator, **operand} for target, operand in given.items()
        ]
        return self

    @property
    def succeeded(self) -> bool:
        """Whether all comparisons held. Raises NotDone before the end."""
        return self._get_committed().succeeded

    @property
    def revision(self) -> int:
        """The namespace's revision after the transaction. Raises NotDone before the end."""
        return self._get_committed().revision

    @operation
    def commit(self) -> Flow[Committed]:
        """Send the transaction. The end of the `with` block does that."""
        body = {"compare": self._comparisons, "then": self.operations, "else": self.otherwise.operations}
        is_read = all(members["operation"] == "read" for members in self.operations + self.otherwise.operations)
        request = Request("POST", f"{self._url}/transactions", {}, JSON, dump(body), safe=is_read, once=not is_read)
        try:
            answer = load((yield from self._channel.send(request)).body)
        finally:
            if self._cache is not None:
                self._cache.forget([members["key"] for members in self.operations + self.otherwise.operations])
        (self if answer["succeeded"] else self.otherwise).settle(answer["results"])
        self._committed = Committed(answer["succeeded"], answer["revision"])
        return self._committed

    def _get_committed(self) -> Committed:
        if self._committed is None:
            raise NotDone("The transaction has not ended.")
        return self._committed


class Transaction(TransactionOperations[V], Blocking):
    """A transaction of a `Client`, for `with`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self.commit()


class AsyncTransaction(TransactionOperations[V], Awaiting):
    """A transaction of an `AsyncClient`, for `async with`."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            await self.commit()
