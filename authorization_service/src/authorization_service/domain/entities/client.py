"""Service accounts: programs that act on their own behalf."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from authorization_service.domain.entities.user import is_user_id
from authorization_service.domain.value_objects.scope import MAX_REQUESTED
from shared_kernel.domain.grants import PATTERN, Grant
from shared_kernel.domain.rules import Violation, refuse_if_broken

MAX_ID = 64
ID_PATTERN = r"^[a-z0-9][a-z0-9._-]*$"
MAX_SCOPES = 50
# Allows following the feed of revocations. It is not a grant: no user can have it.
REVOCATIONS_SCOPE = "revocations"
SCOPE_PATTERN = rf"^{REVOCATIONS_SCOPE}$|{PATTERN}"

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Client:
    """A service account: a confidential client (RFC 6749, section 2.1), with the scopes of its access tokens.

    Raises RulesBrokenError.
    """

    id: str
    secret_hash: str = field(repr=False)
    scopes: tuple[str, ...]
    created_at: datetime

    def __post_init__(self) -> None:
        refuse_if_broken(self.find_violations(self.id, self.scopes))

    @staticmethod
    def find_violations(client_id: str, scopes: Sequence[str]) -> Iterator[Violation]:
        """Yield the rules that a proposed client breaks."""
        if not _ID.fullmatch(client_id):
            yield Violation(
                "client_id",
                "client_id",
                f"A client id must have 1 to {MAX_ID} of a-z, 0-9, `.`, `_` and `-`, and begin with a letter or digit.",
            )
        elif is_user_id(client_id):
            # `sub` of a token names either: a client must not be mistaken for a user (RFC 9700, section 4.15).
            yield Violation("client_id", "user_id", "A client id must not look like the id of a user.")
        if len(scopes) > MAX_SCOPES:
            yield Violation("scopes", "count", f"A client must have at most {MAX_SCOPES} scopes; these are {len(scopes)}.")
            return
        length = len(" ".join(scopes))
        if length > MAX_REQUESTED:
            message = (
                f"The scopes must have at most {MAX_REQUESTED} characters with the spaces between them; these have {length}."
            )
            yield Violation("scopes", "length", message)
            return
        for position, scope in enumerate(scopes):
            if scopes.index(scope) < position:
                yield Violation(f"scopes.{position}", "unique", "A scope must not be repeated.")
            elif scope != REVOCATIONS_SCOPE:
                yield from Grant.find_violations(scope, f"scopes.{position}")
