"""The port for storing browser sessions."""

from collections.abc import Sequence
from typing import Protocol

from authorization_service.application.auth.authenticate import AuthenticatedUser
from authorization_service.domain.entities.browser_session import BrowserSession, SignedIn
from authorization_service.domain.value_objects.random_secret import RandomSecret
from shared_kernel.application.client_info import ClientInfo


class BrowserSessionRepository(Protocol):
    """Browser sessions, found by the secret in the browser's cookie. All methods raise StoreUnavailableError.

    A sign-in and the end of a session are recorded as events. A user's browser sessions end when it is disabled or deleted, or
    gets another password.
    """

    async def open(
        self, authenticated: AuthenticatedUser, secret: RandomSecret, client: ClientInfo, replaces: RandomSecret | None = None
    ) -> BrowserSession:
        """Open a session for a user that has just authenticated, in place of another's.

        Raises WrongCredentialsError if the user was disabled or deleted, or the password changed, since the user was read;
        SecondFactorMissingError if the user has one that was not used; StoreFullError.
        """
        ...

    async def find(self, secret: RandomSecret) -> SignedIn | None:
        """Return the unexpired session with this secret and its user, if that is enabled; or None."""
        ...

    async def end(self, secret: RandomSecret) -> None:
        """End the session with this secret, if there is one, and the clients' sessions that were opened there.

        Those with the scope `offline_access` go on.
        """
        ...

    async def list(self, user_id: str) -> Sequence[BrowserSession]:
        """Return a user's unexpired sessions, the newest first."""
        ...

    async def end_of_user(self, user_id: str, session_id: str) -> None:
        """End a session of a user as `end` does. Raises NoSuchSessionError."""
        ...
