"""What a password must be when somebody chooses it."""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, field

from authorization_service.domain.value_objects.password import MAX_TYPED, Password
from shared_kernel.domain.rules import Violation

MIN_NAME = 3  # two letters stand in many a password by chance

_ENDING = re.compile(r"[\W\d_]{1,8}$")  # `1!`, `2024!` or a date: what is put behind a word when a rule asks for it


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """What guessers try first is refused (NIST SP 800-63B, section 5.1.1.2), whoever sets the password and for whomever.

    Logging in does not ask: who chose a password before it was common still gets in.
    """

    common: Set[str] = field(repr=False)
    """The passwords that most people choose, in lower case."""

    def find_violations(self, password: str, username: str, field: str = "password") -> Iterator[Violation]:
        """Yield the rules that the password breaks as that user's; `field` is what the client calls it."""
        yield from Password.find_violations(password, field)
        if len(password) > MAX_TYPED:
            return
        folded = password.casefold()
        if folded in self.common or _ENDING.sub("", folded) in self.common:
            most = f"{len(self.common):,}"
            yield Violation(
                field, "common", f"The password is one of the {most} commonest, perhaps with something put behind it."
            )
        if len(username) >= MIN_NAME and username.casefold() in folded:
            yield Violation(field, "username", "The password must not contain the username.")
