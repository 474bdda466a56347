"""Keys of pairs."""

import re
from collections.abc import Collection

from shared_kernel.domain.grants import CONTROL_CHARACTERS, MAX_KEY_BYTES
from shared_kernel.domain.rules import RulesBrokenError, Violation

MIN_BYTES, MAX_BYTES = 1, MAX_KEY_BYTES
"""The rules are those of grants, which name keys, too."""
PATTERN = rf"^[^{CONTROL_CHARACTERS}]*$"
"""The rule about characters as a regular expression of ECMA-262, for JSON schemas."""

_CONTROL_CHARACTER = re.compile(f"[{CONTROL_CHARACTERS}]")


def find_broken_key_rule(key: str) -> tuple[str, str] | None:
    """Return the name and the message of the rule that a key breaks, or None.

    A key has 1 to 512 bytes of UTF-8 and no control characters.
    """
    if key.isascii():
        # The common case: one byte a character, and only control characters are not printable.
        if MIN_BYTES <= len(key) <= MAX_BYTES and key.isprintable():
            return None
        length = len(key)
    else:
        length = len(key.encode("utf-8", "surrogatepass"))
    if not MIN_BYTES <= length <= MAX_BYTES:
        return "length", f"A key must have {MIN_BYTES} to {MAX_BYTES} bytes of UTF-8; this one has {length}."
    if _CONTROL_CHARACTER.search(key):
        return "control_characters", "A key must have no control characters."
    return None


def are_valid_ascii(keys: Collection[str]) -> bool:
    """Return whether keys, at least one, are certainly valid: a fast check for ASCII. If not, check each key."""
    text = "".join(keys)
    return text.isascii() and text.isprintable() and "" not in keys and max(map(len, keys)) <= MAX_BYTES


def check_key(key: str) -> None:
    """Raise RulesBrokenError unless a pair may have this key."""
    broken = find_broken_key_rule(key)
    if broken is not None:
        raise RulesBrokenError([Violation("key", *broken)])
