"""What is written or read at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from key_value_service.domain.value_objects.key import are_plain, find_broken_key_rule
from key_value_service.domain.value_objects.time_to_live import TimeToLive
from key_value_service.domain.value_objects.value import MAX_BYTES, MAX_LEVELS, Encode, JsonText, describe_size
from shared_kernel.domain.json_values import find_broken_value_rule
from shared_kernel.domain.rules import RulesBrokenError, Violation, refuse_if_broken

MAX_KEYS = 1000
FEW_KEYS = 8  # are looked at one by one sooner than all at once
MAX_ANSWER_BYTES = 32 * 1024 * 1024
MAX_REVISION = 2**53 - 1
ANY_REVISION = -1


@dataclass(frozen=True, slots=True)
class WriteBatch:
    """1 to 1000 pairs of a key and its value's JSON text, each value of at most 1 MiB, and on what terms they are written.

    `ttl` is None where the namespace's default holds. `expected` has revisions by key, 0 standing for a pair that does not exist
    and ANY_REVISION for one that does.
    """

    pairs: Sequence[tuple[str, JsonText]]
    ttl: TimeToLive | None = None
    if_absent: bool = False
    expected: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        data: Mapping[str, object],
        encode: Encode,
        *,
        ttl: TimeToLive | None = None,
        if_absent: bool = False,
        if_revision: Mapping[str, int] | None = None,
    ) -> "WriteBatch":
        """Check and encode all pairs in one pass. Raises RulesBrokenError."""
        if not 1 <= len(data) <= MAX_KEYS:
            raise RulesBrokenError([_wrong_count("data", len(data))])
        pairs: list[tuple[str, JsonText]] = []
        violations: list[Violation] = []
        keys_are_plain = len(data) > FEW_KEYS and are_plain(data)
        for key, value in data.items():
            broken = None if keys_are_plain else find_broken_key_rule(key)
            if broken is None and type(value) is not str:
                broken = find_broken_value_rule(value, MAX_LEVELS)
            if broken is None:
                text = encode(value)
                if len(text) <= MAX_BYTES:
                    pairs.append((key, JsonText(text.decode())))
                    continue
                broken = describe_size(text)
            violations.append(Violation(f"data.{key}", *broken))
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
        if are_different and len(keys) > FEW_KEYS and are_plain(keys):
            return
        if not are_different or any(map(find_broken_key_rule, keys)):
            raise RulesBrokenError(self._find_violations())

    def _find_violations(self) -> Iterator[Violation]:
        seen: set[str] = set()
        for position, key in enumerate(self.keys):
            broken = find_broken_key_rule(key)
            if broken is None and key in seen:
                broken = "unique", "A key must be asked for once."
            if broken is not None:
                yield Violation(f"keys.{position}", *broken)
            seen.add(key)


class AnswerTooLargeError(RulesBrokenError):
    """What is to be read is more than one answer may hold; `field` is what the client calls it."""

    def __init__(self, field: str = "keys") -> None:
        message = f"The pairs add up to more than {MAX_ANSWER_BYTES} bytes: ask for fewer at once."
        super().__init__([Violation(field, "answer_size", message)])


def _wrong_count(field: str, count: int) -> Violation:
    return Violation(field, "count", f"A batch must have 1 to {MAX_KEYS} keys; this one has {count}.")


def check_expectations(expected: Mapping[str, int]) -> None:
    """Raise RulesBrokenError unless these are revisions by key."""
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
