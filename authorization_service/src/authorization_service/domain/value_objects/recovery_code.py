"""Recovery codes, which stand for a second factor that is lost."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Self

CODES = 10
CODE_BYTES = 10  # 80 bits: a hash without salt does not give them away
GROUP = 4  # characters, with a hyphen between groups

_FORM = re.compile(r"[a-z2-7]{16}")
_IGNORED = re.compile(r"[\s-]")


@dataclass(frozen=True, slots=True)
class RecoveryCode:
    """80 random bits in base32, of which only the hash is stored. Each is good for one use (NIST SP 800-63B, section 5.1.2)."""

    value: str = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Return a random code."""
        return cls(base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode().lower())

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the code that somebody typed, in any case and with or without hyphens and spaces; None if it is none."""
        value = _IGNORED.sub("", text).lower()
        return cls(value) if _FORM.fullmatch(value) else None

    @property
    def text(self) -> str:
        """The code as it is shown: four groups with hyphens between them."""
        return "-".join(self.value[start : start + GROUP] for start in range(0, len(self.value), GROUP))

    @property
    def hash(self) -> str:
        """The SHA-256 of the code, in hexadecimal."""
        return hashlib.sha256(self.value.encode()).hexdigest()


def new_recovery_codes() -> tuple[RecoveryCode, ...]:
    """Return the codes of a user."""
    return tuple(RecoveryCode.new() for _ in range(CODES))
