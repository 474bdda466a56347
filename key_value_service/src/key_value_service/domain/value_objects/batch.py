"""Batches: pairs to write, and keys to read or delete, in one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from key_value_service.domain.value_objects.key import are_valid_ascii, find_broken_key_rule
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import MAX_BYTES, MAX_LEVELS, Binary, Encode, JsonText, Value, describe_size
from shared_kernel.domain.json_values import find_broken_value_rule
from shared_kernel.domain.rules import RulesBrokenError, Violation, refuse_if_broken

MAX_KEYS = 1000
FEW_KEYS = 8  # up to this many, checking keys one by one is faster than all at once
MAX_ANSWER_BYTES = 32 * 1024 * 1024
MAX_REVISION = 2**53 - 1
ANY_REVISION = -1
Expectation = int | tuple[int | Sequence[int] | None, int | Sequence[int] | None]
"""The revision that a pair must have: 0 if it must not exist, ANY_REVISION if it must exist. Or a tuple: of which revisions it
must have one, and of which it must have none; each ANY_REVISION, several, or None for no condition."""


@dataclass(frozen=True, slots=True)
class WriteBatch:
    """1 to 1000 keys with their values, each of at most 1 MiB, and the options of the write.

    With a `ttl` of None, the namespace's default applies. `expected` says by key which revisions pairs must have.
    """

    pairs: Sequence[tuple[str, Value]]
    ttl: TimeToLive | None = None
    if_absent: bool = False
    expected: Mapping[str, Expectation] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        data: Mapping[str, object],
        encode: Encode,
        *,
        binary: Mapping[str, Binary] | None = None,
        ttl: TimeToLive | None = None,
        if_absent: bool = False,
        if_revision: Mapping[str, int] | None = None,
    ) -> "WriteBatch":
        """Check and encode all pairs in one pass; `binary` has those of bytes. Raises RulesBrokenError."""
        count = len(data) + len(binary) if binary else len(data)
        if not 1 <= count <= MAX_KEYS:
            raise RulesBrokenError([_wrong_count("data", count)])
        pairs: list[tuple[str, Value]] = []
        violations: list[Violation] = []
        are_valid = len(data) > FEW_KEYS and are_valid_ascii(data)
        for key, value in data.items():
            broken = None if are_valid else find_broken_key_rule(key)
            if broken is None and type(value) is not str:
                broken = find_broken_value_rule(value, MAX_LEVELS)
            if broken is None:
                text = encode(value)
                if len(text) <= MAX_BYTES:
                    pairs.append((key, JsonText(text.decode())))
                    continue
                broken = describe_size(text)
            violations.append(Violation(f"data.{key}", *broken))
        if binary:
            pairs += binary.items()
            violations += _find_broken_keys(binary, data)
        if if_revision:
            violations += _find_broken_expectations(if_revision)
        if violations:
            raise RulesBrokenError(violations)
        return cls(pairs, ttl, if_absent, if_revision or {})


@dataclass(frozen=True, slots=True)
class KeyBatch:
    """1 to 1000 different keys. Raises RulesBrokenError."""

    keys: Sequence[str]

    def __post_init__(self) -> None:
        keys = self.keys
        if not 1 <= len(keys) <= MAX_KEYS:
            raise RulesBrokenError([_wrong_count("keys", len(keys))])
        are_different = len(set(keys)) == len(keys)
        if are_different and len(keys) > FEW_KEYS and are_valid_ascii(keys):
            return
        if not are_different or any(map(find_broken_key_rule, keys)):
            raise RulesBrokenError(self._find_violations())

    def _find_violations(self) -> Iterator[Violation]:
        seen: set[str] = set()
        for position, key in enumerate(self.keys):
            broken = find_broken_key_rule(key)
            if broken is None and key in seen:
                broken = "unique", "A key must be listed once."
            if broken is not None:
                yield Violation(f"keys.{position}", *broken)
            seen.add(key)


class AnswerTooLargeError(RulesBrokenError):
    """The values to read exceed the size of one response; `field` is the part of the request that asks for them."""

    def __init__(self, field: str = "keys") -> None:
        message = f"The pairs are larger than {MAX_ANSWER_BYTES} bytes in total: read fewer at once."
        super().__init__([Violation(field, "answer_size", message)])


def _wrong_count(field: str, count: int) -> Violation:
    return Violation(field, "count", f"A batch must have 1 to {MAX_KEYS} keys; this one has {count}.")


def _find_broken_keys(binary: Mapping[str, Binary], data: Mapping[str, object]) -> Iterator[Violation]:
    for key in binary:
        broken = find_broken_key_rule(key)
        if broken is None and key in data:
            broken = "unique", "A key must be in `data` or in `binary`, not in both."
        if broken is not None:
            yield Violation(f"binary.{key}", *broken)


def check_expectations(expected: Mapping[str, int]) -> None:
    """Raise RulesBrokenError unless this has valid keys and revisions."""
    refuse_if_broken(_find_broken_expectations(expected))


def _find_broken_expectations(expected: Mapping[str, int]) -> Iterator[Violation]:
    if len(expected) > MAX_KEYS:
        yield _wrong_count("if_revision", len(expected))
        return
    for key, revision in expected.items():
        broken = find_broken_key_rule(key)
        if broken is None and not 0 <= revision <= MAX_REVISION:
            broken = "range", f"A revision must lie between 0 (the pair does not exist) and {MAX_REVISION}."
        if broken is not None:
            yield Violation(f"if_revision.{key}", *broken)
