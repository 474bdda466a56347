"""Who calls, as told by an access token."""

import math
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Caller:
    """The bearer of a valid access token.

    `session_id` is empty where the token is of no session; `issued_at` and `expires_at` are in seconds since 1970. `key_id`
    is of the key that the token is signed with.
    """

    user_id: str
    scopes: frozenset[str]
    session_id: str = ""
    issued_at: float = 0.0
    expires_at: float = math.inf
    key_id: str = ""


class AccessTokenVerifier(Protocol):
    """Tells whose an access token is, without input or output: no request waits for another service."""

    def verify(self, token: str) -> Caller:
        """Return the token's bearer.

        Raises InvalidAccessTokenError if the token must not be believed, SigningKeysUnknownError or RevocationsUnknownError if
        that cannot be told now.
        """
        ...

    def is_still_valid(self, caller: Caller) -> bool:
        """Tell whether a token that was verified before, this caller's, would still be believed."""
        ...


class AuthenticationRequiredError(Exception):
    """The request carries no access token."""

    def __init__(self) -> None:
        super().__init__("This operation needs an access token: Authorization: Bearer <token>.")


class InvalidAccessTokenError(Exception):
    """The access token is malformed, forged, expired or meant for someone else."""


class AccessTokenEndedError(InvalidAccessTokenError):
    """The access token was good when the request came, and is not any more."""

    def __init__(self) -> None:
        super().__init__("The access token has expired or been revoked.")


class InsufficientScopeError(Exception):
    """The access token is valid and does not allow this operation (RFC 6750, section 3.1)."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(f"This operation needs an access token with the scope {scope}.")


class RevocationsUnknownError(Exception):
    """What has been revoked lately is not known, and the service is set up to believe no token then."""

    def __init__(self) -> None:
        super().__init__("Which access tokens have been revoked is not known at the moment; try again soon.")


class SigningKeysUnknownError(Exception):
    """The public keys of the authorization service have not been fetched yet."""

    def __init__(self) -> None:
        super().__init__("The public keys that access tokens are verified with are not known yet.")
