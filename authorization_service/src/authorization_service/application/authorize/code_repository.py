"""The port for storing authorization codes."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from authorization_service.application.authorize.authorization_request import AuthorizationRequest
from authorization_service.domain.entities.session import UsedSession
from authorization_service.domain.value_objects.random_secret import RandomSecret
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from shared_kernel.application.client_info import ClientInfo


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """What an authorization code was issued for."""

    client_id: str
    redirect_uri: str
    challenge: str


class RedeemedCode(NamedTuple):
    """The session that a code has opened, and the nonce of its request."""

    used: UsedSession
    nonce: str | None


class CodeRepository(Protocol):
    """Authorization codes, which are valid for a minute and one use. All methods raise StoreUnavailableError."""

    async def issue(self, code: RandomSecret, browser: RandomSecret, request: AuthorizationRequest) -> None:
        """Add a code for a request, as the user that has signed in to the browser with this secret.

        Raises NoSuchSessionError if nobody has; UntrustedRequestError if the request was pushed, and has yielded a code or
        expired; StoreFullError.
        """
        ...

    async def find(self, code: RandomSecret) -> IssuedCode | None:
        """Return what a code was issued for, or None."""
        ...

    async def redeem(self, code: RandomSecret, token: RefreshToken, client: ClientInfo, *, is_right: bool) -> RedeemedCode:
        """Use up a code and, if `is_right`, open a session with this refresh token.

        Raises InvalidCodeError also if the code has expired, or if the user has signed out of the browser; CodeReusedError, and
        ends the session that the code has opened, if it was used before; StoreFullError.
        """
        ...
