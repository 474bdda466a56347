"""Login."""

from dataclasses import dataclass, field

from authorization_service.application.auth.access_token_issuer import AccessTokenIssuer
from authorization_service.application.auth.check_password import CheckPassword
from authorization_service.application.session.session_repository import SessionRepository
from authorization_service.application.session.session_tokens import SessionTokens
from authorization_service.application.user.user_repository import UserRepository, find_named
from authorization_service.domain.exceptions import WrongCredentialsError
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


class LogIn:
    """Authenticate a user by password and open a session.

    Public; response and timing do not reveal whether the user exists.
    """

    def __init__(
        self,
        users: UserRepository,
        check_password: CheckPassword,
        sessions: SessionRepository,
        issuer: AccessTokenIssuer,
    ) -> None:
        self._users = users
        self._check_password = check_password
        self._sessions = sessions
        self._issuer = issuer

    async def __call__(self, request: LogInRequest) -> SessionTokens:
        """Open a session and return its tokens.

        Raises WrongCredentialsError, TooManyAttemptsError, InvalidScopeError, BusyError, StoreUnavailableError or StoreFullError.
        """
        refuse_if_too_long(request.scope)
        user = await find_named(self._users, request.username)
        verified = await self._check_password(request.username, user, request.client.address, request.password)
        if user is None or not verified:
            raise WrongCredentialsError
        used = await self._sessions.open(user, RefreshToken.new(), request.client, request.scope)
        return SessionTokens.issue(self._issuer, used, request.scope)
