"""Login."""

from dataclasses import dataclass, field

from authorization_service.application.auth.access_token_issuer import AccessTokenIssuer
from authorization_service.application.auth.authenticate import (
    AuthenticateByPassword,
    AuthenticateBySecondFactor,
    AuthenticatedUser,
    PasswordCredentials,
    SecondFactorCredentials,
)
from authorization_service.application.auth.authenticate_by_passkey import AuthenticateByPasskey, PasskeyCredentials
from authorization_service.application.session.session_repository import SessionRepository
from authorization_service.application.session.session_tokens import SessionTokens
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from authorization_service.domain.value_objects.scope import refuse_if_too_long
from shared_kernel.application.client_info import UNKNOWN_CLIENT, ClientInfo


@dataclass(frozen=True, slots=True)
class LogInRequest:
    """Credentials as submitted, and the requested scope (None: everything granted)."""

    username: str
    password: str = field(repr=False)
    client: ClientInfo = UNKNOWN_CLIENT
    scope: str | None = None


class OpenSession:
    """Open a session for a user that has authenticated."""

    def __init__(self, sessions: SessionRepository, issuer: AccessTokenIssuer) -> None:
        self._sessions = sessions
        self._issuer = issuer

    async def __call__(self, authenticated: AuthenticatedUser, client: ClientInfo, scope: str | None = None) -> SessionTokens:
        """Return the tokens of a new session.

        Raises WrongCredentialsError, SecondFactorMissingError, InvalidScopeError, StoreUnavailableError or StoreFullError.
        """
        used = await self._sessions.open(*authenticated, RefreshToken.new(), client, scope)
        return SessionTokens.issue(self._issuer, used, scope)


class LogIn:
    """Authenticate a user by password and open a session, unless the user has a second factor.

    Public; response and timing do not reveal whether the user exists.
    """

    def __init__(self, authenticate: AuthenticateByPassword, open_session: OpenSession) -> None:
        self._authenticate = authenticate
        self._open_session = open_session

    async def __call__(self, request: LogInRequest) -> SessionTokens:
        """Open a session and return its tokens.

        Raises SecondFactorRequiredError, WrongCredentialsError, TooManyAttemptsError, InvalidScopeError, BusyError,
        SecondFactorMissingError (the user has one since just now), StoreUnavailableError or StoreFullError.
        """
        refuse_if_too_long(request.scope)
        authenticated = await self._authenticate(PasswordCredentials(request.username, request.password, request.client))
        return await self._open_session(authenticated, request.client, request.scope)


class LogInByPasskey:
    """Open a session by a passkey alone. Public: the signature is the proof."""

    def __init__(self, authenticate: AuthenticateByPasskey, open_session: OpenSession) -> None:
        self._authenticate = authenticate
        self._open_session = open_session

    async def __call__(self, credentials: PasskeyCredentials) -> SessionTokens:
        """Open a session and return its tokens.

        Raises WrongPasskeyError, TooManyAttemptsError, BusyError, WrongCredentialsError (the user has changed just now),
        StoreUnavailableError or StoreFullError.
        """
        return await self._open_session(await self._authenticate(credentials), credentials.client)


class LogInBySecondFactor:
    """Open a session by the second factor, after the password. Public: the token is the proof of the first step."""

    def __init__(self, authenticate: AuthenticateBySecondFactor, open_session: OpenSession) -> None:
        self._authenticate = authenticate
        self._open_session = open_session

    async def __call__(self, credentials: SecondFactorCredentials) -> SessionTokens:
        """Open a session and return its tokens.

        Raises InvalidMfaTokenError, WrongCodeError, TooManyAttemptsError, BusyError, WrongCredentialsError (the user has changed
        just now), StoreUnavailableError or StoreFullError.
        """
        return await self._open_session(await self._authenticate(credentials), credentials.client)
