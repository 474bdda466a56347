"""Use case: import pairs."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from key_value_service.application.access import require
from key_value_service.application.transfer.pair_loader import LoadedPair, PairLoader
from key_value_service.domain.value_objects.key import find_broken_key_rule
from key_value_service.domain.value_objects.time_to_live import to_utc
from key_value_service.domain.value_objects.value import Encode, make_text
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action
from shared_kernel.domain.rules import RulesBrokenError, Violation

MAX_TOGETHER, MAX_BYTES_TOGETHER = 500, 1024 * 1024
MAX_ERRORS = 100
MAX_REFUSED = 100_000
"""Refused lines after which an import that has accepted fewer ends: to refuse a line costs as much time as to write one."""


class ImportMode(StrEnum):
    """What happens to pairs that exist."""

    REPLACE = "replace"
    IF_ABSENT = "if_absent"


class ProposedPair(NamedTuple):
    """A line as submitted: a key, a value (parsed JSON) and, if the pair expires, when."""

    line: int
    key: str
    value: object
    expires_at: datetime | None = None


class BrokenLine(NamedTuple):
    """A line that is not a valid pair, and why."""

    line: int
    violations: Sequence[Violation]


@dataclass(slots=True)
class ImportPairsResponse:
    """The numbers of lines written, skipped (pair exists), expired already, and refused; and the first MAX_ERRORS errors."""

    revision: int = 0
    written: int = 0
    skipped: int = 0
    expired: int = 0
    refused: int = 0
    errors: list[BrokenLine] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        """Number of lines that were not refused, up to the latest transaction."""
        return self.written + self.skipped + self.expired


class ImportPairs:
    """Write pairs in the order of their lines, some hundreds in a transaction. Requires the scope `write:` on the namespace.

    Lines that break a rule are skipped. If an import is interrupted, the pairs written so far remain. Repeating it is safe.
    """

    def __init__(self, loader: PairLoader, encode: Encode) -> None:
        self._loader = loader
        self._encode = encode

    async def __call__(
        self, caller: Caller, namespace: str, mode: ImportMode, lines: AsyncIterator[ProposedPair | BrokenLine]
    ) -> ImportPairsResponse:
        """Write the pairs as they arrive.

        Raises InsufficientScopeError, NoSuchNamespaceError, RulesBrokenError, QuotaExceededError, StoreUnavailableError or
        StoreFullError.
        """
        require(caller, Action.WRITE, namespace)
        response = ImportPairsResponse()
        together: list[LoadedPair] = []
        size = 0
        async for line in lines:
            try:
                pair = self._accept(line)
            except RulesBrokenError as error:
                _refuse(response, BrokenLine(line.line, error.violations))
                if response.refused >= MAX_REFUSED and response.refused > response.accepted:
                    raise _end_at(line.line) from None
                continue
            together.append(pair)
            size += len(pair.key) + len(pair.value)
            if len(together) == MAX_TOGETHER or size >= MAX_BYTES_TOGETHER:
                await self._write(namespace, mode, together, response)
                together, size = [], 0
        # Even without pairs to write: NoSuchNamespaceError must be raised.
        await self._write(namespace, mode, together, response)
        return response

    def _accept(self, line: ProposedPair | BrokenLine) -> LoadedPair:
        if isinstance(line, BrokenLine):
            raise RulesBrokenError(line.violations)
        broken = find_broken_key_rule(line.key)
        if broken is not None:
            raise RulesBrokenError([Violation("key", *broken)])
        expires_at = None if line.expires_at is None else to_utc(line.expires_at)
        return LoadedPair(line.key, make_text(line.value, self._encode, "value"), expires_at)

    async def _write(self, namespace: str, mode: ImportMode, pairs: Sequence[LoadedPair], response: ImportPairsResponse) -> None:
        loaded = await self._loader.load(namespace, pairs, if_absent=mode is ImportMode.IF_ABSENT)
        response.revision = loaded.revision
        response.written += len(pairs) - loaded.skipped - loaded.expired
        response.skipped += loaded.skipped
        response.expired += loaded.expired


def _end_at(line: int) -> RulesBrokenError:
    message = f"{MAX_REFUSED} lines were refused, more than were accepted; the import has ended with line {line}."
    return RulesBrokenError([Violation("lines", "refused", message)])


def _refuse(response: ImportPairsResponse, line: BrokenLine) -> None:
    response.refused += 1
    if len(response.errors) < MAX_ERRORS:
        response.errors.append(line)
