"""Sign-in at a page of this service."""

from dataclasses import dataclass

from authorization_service.application.auth.authenticate import (
    AuthenticateByPassword,
    AuthenticateBySecondFactor,
    PasswordCredentials,
    SecondFactorCredentials,
)
from authorization_service.application.sign_in.browser_session_repository import BrowserSessionRepository
from authorization_service.domain.entities.browser_session import BrowserSession
from authorization_service.domain.value_objects.random_secret import RandomSecret


@dataclass(frozen=True, slots=True)
class BrowserSecrets:
    """The secret that a browser has, if any, and the one that it gets.

    Signing in replaces it, so that nobody who has planted the present one is signed in by it.
    """

    present: RandomSecret | None
    next: RandomSecret


class SignIn:
    """Authenticate a user by password and open a browser session, unless the user has a second factor.

    Public; response and timing do not reveal whether the user exists.
    """

    def __init__(self, authenticate: AuthenticateByPassword, sessions: BrowserSessionRepository) -> None:
        self._authenticate = authenticate
        self._sessions = sessions

    async def __call__(self, credentials: PasswordCredentials, secrets: BrowserSecrets) -> BrowserSession:
        """Open a session and return it.

        Raises SecondFactorRequiredError, WrongCredentialsError, TooManyAttemptsError, BusyError, SecondFactorMissingError,
        StoreUnavailableError or StoreFullError.
        """
        authenticated = await self._authenticate(credentials)
        return await self._sessions.open(authenticated, secrets.next, credentials.client, secrets.present)


class SignInBySecondFactor:
    """Open a browser session by the second factor, after the password. Public: the token is the proof of the first step."""

    def __init__(self, authenticate: AuthenticateBySecondFactor, sessions: BrowserSessionRepository) -> None:
        self._authenticate = authenticate
        self._sessions = sessions

    async def __call__(self, credentials: SecondFactorCredentials, secrets: BrowserSecrets) -> BrowserSession:
        """Open a session and return it.

        Raises InvalidMfaTokenError, WrongCodeError, TooManyAttemptsError, BusyError, WrongCredentialsError,
        StoreUnavailableError or StoreFullError.
        """
        authenticated = await self._authenticate(credentials)
        return await self._sessions.open(authenticated, secrets.next, credentials.client, secrets.present)
