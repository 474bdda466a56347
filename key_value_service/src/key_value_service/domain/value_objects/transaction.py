"""Transactions: comparisons, and the operations of two branches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import JsonText, Value

MAX_COMPARISONS = 128
MAX_OPERATIONS = 128
"""Of each branch."""


class Target(StrEnum):
    """The property of a pair that is compared."""

    REVISION = "revision"
    """0 if there is no pair."""
    VERSION = "version"
    """0 if there is no pair."""
    EXISTS = "exists"
    VALUE = "value"
    """Equal if the compact JSON texts, or media types and bytes, are. The value of a pair that does not exist equals none."""


class Operator(StrEnum):
    """The comparison operator. VALUE and EXISTS are compared by the first two alone."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares a property of a pair with an operand: a number, a boolean or a value, depending on the target."""

    key: str
    target: Target
    operator: Operator
    operand: int | bool | Value


@dataclass(frozen=True, slots=True)
class Write:
    """Inserts or replaces a pair. With a `ttl` of None, the namespace's default applies."""

    key: str
    value: Value
    ttl: TimeToLive | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Deletes a pair, if it exists."""

    key: str


@dataclass(frozen=True, slots=True)
class Read:
    """Reads a pair as it is at this point of the transaction."""

    key: str


@dataclass(frozen=True, slots=True)
class Increment:
    """Adds a number, as JSON text, to a pair's; a pair that does not exist counts as 0."""

    key: str
    by: JsonText


Operation = Write | Delete | Read | Increment


@dataclass(frozen=True, slots=True)
class Transaction:
    """Runs the operations of `then` in order if all comparisons hold, otherwise those of `otherwise`."""

    compare: Sequence[Comparison]
    then: Sequence[Operation]
    otherwise: Sequence[Operation]

    @property
    def changes(self) -> bool:
        """Whether it may change anything."""
        return any(True for _ in self.changed_keys)

    @property
    def changed_keys(self) -> Iterator[str]:
        """Those of pairs that it may change."""
        return (operation.key for operation in chain(self.then, self.otherwise) if not isinstance(operation, Read))

    @property
    def read_keys(self) -> Iterator[str]:
        """Those of pairs whose values it may reveal."""
        yield from (comparison.key for comparison in self.compare if comparison.target is Target.VALUE)
        yield from (operation.key for operation in chain(self.then, self.otherwise) if isinstance(operation, Read))

    @property
    def compared_keys(self) -> Iterator[str]:
        """Those of pairs that are compared without their values."""
        return (comparison.key for comparison in self.compare if comparison.target is not Target.VALUE)
