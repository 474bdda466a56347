"""Use case: import pairs."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from key_value_service.application.access import require_some
from key_value_service.application.transfer.pair_loader import LoadedPair, PairLoader
from key_value_service.domain.exceptions import ImportRefusedError
from key_value_service.domain.value_objects.import_summary import BrokenLine, ImportSummary
from key_value_service.domain.value_objects.key import find_broken_key_rule
from key_value_service.domain.value_objects.time_to_live import to_utc
from key_value_service.domain.value_objects.value import Encode, answered_size, make_value
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action, GrantedKeys, write_grant
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
    """A line as submitted: a key, a value (parsed JSON, or a Binary) and, if the pair expires, when."""

    line: int
    key: str
    value: object
    expires_at: datetime | None = None


class ImportPairs:
    """Write pairs in the order of their lines, some hundreds in a transaction. Requires the scope `write:` on each key.

    Lines that break a rule or have a key without that scope are skipped, or with `is_strict` end the import. If an import ends
    early, the pairs written so far remain. Repeating it is safe.
    """

    def __init__(self, loader: PairLoader, encode: Encode) -> None:
        self._loader = loader
        self._encode = encode

    async def __call__(
        self,
        caller: Caller,
        namespace: str,
        mode: ImportMode,
        lines: AsyncIterator[ProposedPair | BrokenLine],
        *,
        is_strict: bool = False,
    ) -> ImportSummary:
        """Write the pairs as they arrive.

        Raises ImportRefusedError if no pair was written and a line was refused and, if `is_strict`, at the first refused line,
        when the pairs of all lines before it are written. Raises InsufficientScopeError, NoSuchNamespaceError, RulesBrokenError,
        QuotaExceededError, StoreUnavailableError or StoreFullError.
        """
        granted = require_some(caller, Action.WRITE, namespace)
        summary = ImportSummary()
        together: list[LoadedPair] = []
        size = 0
        async for line in lines:
            try:
                pair = self._accept(line, namespace, granted)
            except RulesBrokenError as error:
                _refuse(summary, BrokenLine(line.line, error.violations))
                if is_strict:
                    break
                if summary.refused >= MAX_REFUSED and summary.refused > summary.accepted:
                    raise _end_at(line.line) from None
                continue
            together.append(pair)
            size += len(pair.key) + answered_size(pair.value)
            if len(together) == MAX_TOGETHER or size >= MAX_BYTES_TOGETHER:
                await self._write(namespace, mode, together, summary)
                together, size = [], 0
        # Even without pairs to write: NoSuchNamespaceError must be raised.
        await self._write(namespace, mode, together, summary)
        if summary.refused and (is_strict or not summary.written):
            raise ImportRefusedError(summary)
        return summary

    def _accept(self, line: ProposedPair | BrokenLine, namespace: str, granted: GrantedKeys) -> LoadedPair:
        if isinstance(line, BrokenLine):
            raise RulesBrokenError(line.violations)
        broken = find_broken_key_rule(line.key)
        if broken is not None:
            raise RulesBrokenError([Violation("key", *broken)])
        if line.key not in granted:
            scope = write_grant(Action.WRITE, namespace, key=line.key)
            raise RulesBrokenError([Violation("key", "scope", f"This key requires an access token with the scope {scope}.")])
        expires_at = None if line.expires_at is None else to_utc(line.expires_at)
        return LoadedPair(line.key, make_value(line.value, self._encode, "value"), expires_at)

    async def _write(self, namespace: str, mode: ImportMode, pairs: Sequence[LoadedPair], summary: ImportSummary) -> None:
        loaded = await self._loader.load(namespace, pairs, if_absent=mode is ImportMode.IF_ABSENT)
        summary.revision = loaded.revision
        summary.written += len(pairs) - loaded.skipped - loaded.expired
        summary.skipped += loaded.skipped
        summary.expired += loaded.expired


def _end_at(line: int) -> RulesBrokenError:
    message = f"{MAX_REFUSED} lines were refused, more than were accepted; the import has ended with line {line}."
    return RulesBrokenError([Violation("lines", "refused", message)])


def _refuse(summary: ImportSummary, line: BrokenLine) -> None:
    summary.refused += 1
    if len(summary.errors) < MAX_ERRORS:
        summary.errors.append(line)
