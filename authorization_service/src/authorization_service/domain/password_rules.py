"""Rules for new passwords that depend on the user and on lists of common passwords."""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, field

from authorization_service.domain.value_objects.password import MAX_TYPED, Password
from shared_kernel.domain.rules import Violation

MIN_NAME = 3  # two letters are in many passwords by chance

_ENDING = re.compile(r"[\W\d_]{1,8}$")  # `1!`, `2024!` or a date: typical endings of a word that has to obey rules


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """Refuses what attackers try first (NIST SP 800-63B, section 5.1.1.2), for every new password.

    Not applied at login: a password chosen before it became common still works.
    """

    common: Set[str] = field(repr=False)
    """The most common passwords, in lower case."""

    def find_violations(self, password: str, username: str, field: str = "password") -> Iterator[Violation]:
        """Yield the rules that the password of this user breaks. `field` is its name in the request."""
        yield from Password.find_violations(password, field)
        if len(password) > MAX_TYPED:
            return
        folded = password.casefold()
        if folded in self.common or _ENDING.sub("", folded) in self.common:
            most = f"{len(self.common):,}"
            yield Violation(field, "common", f"The password is one of the {most} most common ones, possibly with an ending.")
        if len(username) >= MIN_NAME and username.casefold() in folded:
            yield Violation(field, "username", "The password must not contain the username.")
