"""What a transaction compares and does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import JsonText

MAX_COMPARISONS = 128
MAX_OPERATIONS = 128
"""Of each branch."""


class Target(StrEnum):
    """What of a pair is compared."""

    REVISION = "revision"
    """0 where there is no pair."""
    VERSION = "version"
    """0 where there is no pair."""
    EXISTS = "exists"
    VALUE = "value"
    """Equal where the compact JSON texts are; that of a pair that does not exist equals none."""


class Operator(StrEnum):
    """How it is compared; a value and whether a pair exists, by the first two alone."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of what a pair is with an operand: a number, a truth value or a JSON text, whichever the target is."""

    key: str
    target: Target
    operator: Operator
    operand: int | bool | JsonText


@dataclass(frozen=True, slots=True)
class Write:
    """Inserts or replaces a pair. `ttl` is None where the namespace's default holds."""

    key: str
    value: JsonText
    ttl: TimeToLive | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Deletes a pair, if there is one."""

    key: str


@dataclass(frozen=True, slots=True)
class Read:
    """Tells what a pair is then."""

    key: str


@dataclass(frozen=True, slots=True)
class Increment:
    """Adds a number, whose JSON text is `by`, to that of a pair; one that does not exist counts as 0."""

    key: str
    by: JsonText


Operation = Write | Delete | Read | Increment


@dataclass(frozen=True, slots=True)
class Transaction:
    """Operations to be done one after the other: `then` if all comparisons hold, otherwise those of `otherwise`."""

    compare: Sequence[Comparison]
    then: Sequence[Operation]
    otherwise: Sequence[Operation]

    @property
    def changes(self) -> bool:
        """Whether it may change anything."""
        return any(not isinstance(operation, Read) for operation in self._operations)

    @property
    def reads(self) -> bool:
        """Whether it may tell what a value is."""
        return any(comparison.target is Target.VALUE for comparison in self.compare) or any(
            isinstance(operation, Read) for operation in self._operations
        )

    @property
    def _operations(self) -> Iterator[Operation]:
        return chain(self.then, self.otherwise)
