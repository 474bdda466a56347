"""Usernames, with which users log in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared_kernel.domain.rules import Violation, refuse_if_broken

MIN_LENGTH, MAX_LENGTH = 2, 64
MAX_EMAIL_LENGTH = 254  # RFC 5321, section 4.5.3.1.3
_PLAIN = r"[A-Za-z0-9][A-Za-z0-9._-]*"
# What is not quoted (RFC 5321, section 4.1.2), before a domain of at least two labels.
_ATOM = r"[A-Za-z0-9!#\x24%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_EMAIL = rf"{_ATOM}(\.{_ATOM})*@({_LABEL}\.)+[A-Za-z]{{2,63}}"
PATTERN = rf"^([A-Za-z0-9][A-Za-z0-9._-]{{{MIN_LENGTH - 1},{MAX_LENGTH - 1}}}|{_EMAIL})$"
KEY_PATTERN = PATTERN.replace("A-Z", "")
"""Of `Username.key`."""

_ALLOWED = re.compile(_PLAIN)
_ALLOWED_EMAIL = re.compile(_EMAIL)


@dataclass(frozen=True, slots=True)
class Username:
    """2 to 64 Latin letters, digits, `.`, `_` or `-`, beginning with a letter or digit; or an e-mail address.

    Raises RulesBrokenError.
    """

    value: str

    def __post_init__(self) -> None:
        refuse_if_broken(self.find_violations(self.value))

    @property
    def key(self) -> str:
        """The name in lower case: names that differ only in case are the same."""
        return self.value.lower()

    @property
    def is_email(self) -> bool:
        """Whether it is an e-mail address. Nobody has verified that it is the user's."""
        return "@" in self.value

    @staticmethod
    def find_violations(value: str) -> Iterator[Violation]:
        """Yield the rules that a proposed name breaks."""
        if "@" in value and len(value) <= MAX_EMAIL_LENGTH:
            if not _ALLOWED_EMAIL.fullmatch(value):
                yield Violation("username", "email", "A username with `@` must be an e-mail address.")
            return
        if not MIN_LENGTH <= len(value) <= MAX_LENGTH:
            yield Violation("username", "length", f"The username must have {MIN_LENGTH} to {MAX_LENGTH} characters.")
        if not _ALLOWED.fullmatch(value):
            yield Violation(
                "username",
                "characters",
                "The username must be an e-mail address, or begin with a Latin letter or a digit and contain only these, `.`, `_`"
                " and `-`.",
            )
