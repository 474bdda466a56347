"""What is written or read at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from key_value_service.domain.value_objects.key import find_broken_key_rule
from key_value_service.domain.value_objects.value import LONGEST_BYTES, MOST_LEVELS, JsonText
from shared_kernel.domain.json_values import find_broken_value_rule
from shared_kernel.domain.rules import RulesBrokenError, Violation

MOST_KEYS = 1000
LARGEST_ANSWER_BYTES = 32 * 1024 * 1024

Encode = Callable[[object], bytes]
"""Gives a value's compact JSON text in UTF-8."""


@dataclass(frozen=True, slots=True)
class WriteBatch:
    """1 to 1000 pairs of a key and its value's JSON text, each value of at most 1 MiB."""

    pairs: Sequence[tuple[str, JsonText]]

    @classmethod
    def of(cls, data: Mapping[str, object], encode: Encode) -> "WriteBatch":
        """Check and encode all pairs in one pass. Raises RulesBrokenError."""
        if not 1 <= len(data) <= MOST_KEYS:
            raise RulesBrokenError([_wrong_count("data", len(data))])
        pairs: list[tuple[str, JsonText]] = []
        violations: list[Violation] = []
        for key, value in data.items():
            broken = find_broken_key_rule(key) or find_broken_value_rule(value, MOST_LEVELS)
            if broken is None:
                text = encode(value)
                if len(text) <= LONGEST_BYTES:
                    pairs.append((key, JsonText(text.decode())))
                    continue
                broken = (
                    "size",
                    f"A value must have at most {LONGEST_BYTES} bytes of JSON text; this one has {len(text)}.",
                )
            violations.append(Violation(f"data.{key}", *broken))
        if violations:
            raise RulesBrokenError(violations)
        return cls(pairs)


@dataclass(frozen=True, slots=True)
class ReadBatch:
    """1 to 1000 different keys. Raises RulesBrokenError."""

    keys: Sequence[str]

    def __post_init__(self) -> None:
        keys = self.keys
        if not 1 <= len(keys) <= MOST_KEYS:
            raise RulesBrokenError([_wrong_count("keys", len(keys))])
        if len(set(keys)) != len(keys) or any(map(find_broken_key_rule, keys)):
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
    """What the keys name is more than one answer may hold."""

    def __init__(self) -> None:
        message = f"The pairs add up to more than {LARGEST_ANSWER_BYTES} bytes: ask for fewer at once."
        super().__init__([Violation("keys", "answer_size", message)])


def _wrong_count(field: str, count: int) -> Violation:
    return Violation(field, "count", f"A batch must have 1 to {MOST_KEYS} keys; this one has {count}.")
