"""Ranges of keys."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from key_value_service.domain.value_objects.key import MAX_BYTES, MIN_BYTES
from shared_kernel.domain.rules import RulesBrokenError, Violation, refuse_if_broken

LAST_CHARACTER = chr(0x10FFFF)
BEFORE_SURROGATES, BEHIND_SURROGATES = chr(0xD7FF), chr(0xE000)


@dataclass(frozen=True, slots=True)
class KeyRange:
    """The keys from `first` (inclusive) to `stop` (exclusive; None: to the end), ordered by code point.

    That is also the order of their bytes in UTF-8.
    """

    first: str = ""
    stop: str | None = None

    @classmethod
    def of(cls, prefix: str = "", start: str = "", end: str | None = None) -> Self:
        """Return the keys that begin with `prefix`, from `start` on and before `end`. Raises RulesBrokenError."""
        refuse_if_broken(_find_violations(prefix=prefix, start=start, end=end or ""))
        stops = [stop for stop in (end, _find_stop(prefix)) if stop is not None]
        return cls(max(prefix, start), min(stops, default=None))

    def is_within(self, prefix: str) -> bool:
        """Return whether all texts between its ends begin with a prefix."""
        stop = _find_stop(prefix)
        return self.first.startswith(prefix) and (stop is None or (self.stop is not None and self.stop <= stop))

    def rest_from(self, position: str, *, reverse: bool) -> Self:
        """Return the rest of the range from a position on: the keys at and after it or, in reverse, those before it."""
        return replace(self, stop=position) if reverse else replace(self, first=position)


def check_searched_text(field: str, text: str) -> None:
    """Raise RulesBrokenError, for the field, unless keys can be searched for this text, to the byte: 1 to 512 bytes of UTF-8."""
    length = len(text.encode())
    if not MIN_BYTES <= length <= MAX_BYTES:
        message = f"A text to search for has {MIN_BYTES} to {MAX_BYTES} bytes of UTF-8; this one has {length}."
        raise RulesBrokenError([Violation(field, "length", message)])


def _find_stop(prefix: str) -> str | None:
    """Return the least text greater than all texts with a prefix, or None if there is none."""
    rest = prefix.rstrip(LAST_CHARACTER)
    if not rest:
        return None
    last = rest[-1]
    return rest[:-1] + (BEHIND_SURROGATES if last == BEFORE_SURROGATES else chr(ord(last) + 1))


def _find_violations(**texts: str) -> Iterator[Violation]:
    for field, text in texts.items():
        length = len(text.encode())
        if length > MAX_BYTES:
            yield Violation(field, "length", f"Keys have at most {MAX_BYTES} bytes of UTF-8; this text has {length}.")
