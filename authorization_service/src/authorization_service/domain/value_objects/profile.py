"""Profiles: JSON objects with arbitrary members that users keep about themselves."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from shared_kernel.domain.json_values import find_broken_value_rule
from shared_kernel.domain.merge_patch import merge
from shared_kernel.domain.rules import Violation, refuse_if_broken

MAX_BYTES = 16 * 1024
MAX_LEVELS = 16


@dataclass(frozen=True, slots=True)
class Profile:
    """A JSON object, as its compact text: at most 16 KiB of UTF-8, 16 levels deep."""

    text: str = "{}"

    @property
    def value(self) -> dict[str, object]:
        """The parsed object."""
        value: dict[str, object] = json.loads(self.text)
        return value

    def patch(self, patch: Mapping[str, object] | None) -> Self:
        """Return the profile with a merge patch (RFC 7396) applied; None empties it. Raises RulesBrokenError."""
        refuse_if_broken(_find_violations_of_values(patch))
        patched = json.dumps(merge(self.value, patch) if patch is not None else {}, ensure_ascii=False, separators=(",", ":"))
        refuse_if_broken(_find_violations_of_length(patched))
        return type(self)(patched)


def _find_violations_of_values(patch: Mapping[str, object] | None) -> Iterator[Violation]:
    broken = find_broken_value_rule(patch, MAX_LEVELS)
    if broken is not None:
        yield Violation("profile", *broken)


def _find_violations_of_length(text: str) -> Iterator[Violation]:
    if len(text.encode()) > MAX_BYTES:
        yield Violation("profile", "length", f"The profile must have at most {MAX_BYTES} bytes of compact JSON.")
