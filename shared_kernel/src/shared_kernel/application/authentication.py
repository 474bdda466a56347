"""The authenticated caller, and how an access token is verified."""

import math
from dataclasses import dataclass, field
from typing import Protocol

from shared_kernel.domain.grants import KeysByNamespace, find_granted_keys

FIRST_PARTY_CLIENT = "first-party"
"""`client_id` of tokens of users that act without a client (RFC 9068, section 2.2 requires one). No client has this id."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The bearer of a valid access token.

    `session_id` is empty if the token belongs to no session; `issued_at` and `expires_at` are in seconds since 1970. `key_id`
    names the key that signed the token. `as_of` is the number of the last revocation when the scopes were read; None in tokens of
    earlier versions, which do not say. `client_id` is the client that acts for the user; empty if the user acts by itself, or a
    client on its own behalf.
    """

    user_id: str
    scopes: frozenset[str]
    session_id: str = ""
    issued_at: float = 0.0
    expires_at: float = math.inf
    key_id: str = ""
    as_of: int | None = None
    client_id: str = ""
    granted_keys: KeysByNamespace = field(init=False, repr=False, compare=False)
    """What the scopes say of keys: found once, when the token is verified, and not for each request."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "granted_keys", find_granted_keys(self.scopes))


class AccessTokenVerifier(Protocol):
    """Verifies access tokens without I/O: no request waits for another service."""

    def verify(self, token: str) -> Caller:
        """Return the token's bearer.

        Raises InvalidAccessTokenError if the token is not valid, SigningKeysUnknownError or RevocationsUnknownError if that
        cannot be decided now.
        """
        ...

    def is_still_valid(self, caller: Caller) -> bool:
        """Return whether the caller's token, which was verified before, is still valid."""
        ...


class AuthenticationRequiredError(Exception):
    """The request carries no access token."""

    def __init__(self) -> None:
        super().__init__("This operation requires an access token: Authorization: Bearer <token>.")


class InvalidAccessTokenError(Exception):
    """The access token is malformed, forged, expired, revoked or intended for another audience."""


class AccessTokenEndedError(InvalidAccessTokenError):
    """The access token was valid when the request arrived, and has expired or been revoked since."""

    def __init__(self) -> None:
        super().__init__("The access token has expired or been revoked.")


class AccessTokenExpiredError(AccessTokenEndedError):
    """It has expired."""


class AccessTokenRevokedError(AccessTokenEndedError):
    """It has been revoked, or it cannot be decided any more whether it has."""


class InsufficientScopeError(Exception):
    """The access token is valid but does not allow this operation (RFC 6750, section 3.1)."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(f"This operation requires an access token with the scope {scope}.")


class RevocationsUnknownError(Exception):
    """Recent revocations are unknown, and the service is configured to reject all tokens then."""

    def __init__(self) -> None:
        super().__init__("It is not known at the moment which access tokens have been revoked; try again soon.")


class SigningKeysUnknownError(Exception):
    """The public keys of the authorization service have not been fetched yet."""

    def __init__(self) -> None:
        super().__init__("The public keys that access tokens are verified with are not known yet.")
