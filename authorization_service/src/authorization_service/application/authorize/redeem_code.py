"""Exchange of authorization codes for tokens."""

from dataclasses import dataclass, field

from authorization_service.application.auth.access_token_issuer import AccessTokenIssuer
from authorization_service.application.authorize.code_repository import CodeRepository
from authorization_service.application.authorize.id_token_issuer import IdTokenIssuer
from authorization_service.application.session.session_repository import SessionRepository
from authorization_service.application.session.session_tokens import SessionTokens
from authorization_service.domain.entities.client import Client
from authorization_service.domain.exceptions import InvalidCodeError, InvalidScopeError
from authorization_service.domain.value_objects.pkce import proves
from authorization_service.domain.value_objects.random_secret import RandomSecret
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from shared_kernel.application.client_info import ClientInfo


@dataclass(frozen=True, slots=True)
class RedeemCodeRequest:
    """A code as submitted by a client that is identified; `redirect_uri` is None if it is not submitted."""

    client: Client
    code: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect_uri: str | None
    info: ClientInfo


class RedeemCode:
    """Exchange a code for tokens (RFC 6749, section 4.1.3; RFC 7636, section 4.6).

    One attempt uses up a code: whoever has stolen one cannot try verifiers.
    """

    def __init__(
        self,
        codes: CodeRepository,
        sessions: SessionRepository,
        issuer: AccessTokenIssuer,
        id_tokens: IdTokenIssuer,
    ) -> None:
        self._codes = codes
        self._sessions = sessions
        self._issuer = issuer
        self._id_tokens = id_tokens

    async def __call__(self, request: RedeemCodeRequest) -> SessionTokens:
        """Open a session of the user with the client and return its tokens.

        Raises InvalidCodeError, CodeReusedError, InvalidScopeError if the user may do nothing of what was asked,
        StoreUnavailableError or StoreFullError.
        """
        code = RandomSecret(request.code)
        issued = await self._codes.find(code)
        if issued is None:
            raise InvalidCodeError
        is_right = (
            issued.client_id == request.client.id
            and request.redirect_uri in (None, issued.redirect_uri)
            and proves(request.verifier, issued.challenge)
        )
        used, nonce = await self._codes.redeem(code, RefreshToken.new(), request.info, is_right=is_right)
        if not used.find_scopes():
            await self._sessions.end(str(used.user.id), str(used.session.id))
            raise InvalidScopeError
        tokens = SessionTokens.issue(self._issuer, used, None)
        return tokens.identify(self._id_tokens, used.session, nonce)
