"""The authorization endpoint's decision."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import NewType, TypeVar

from authorization_service.application.authorize.authorization_request import CREATE, AuthorizationRequest, RefusedRequestError
from authorization_service.application.authorize.code_repository import CodeRepository
from authorization_service.application.authorize.id_token_issuer import IdTokenReader
from authorization_service.application.clock import Now
from authorization_service.application.consent.consent_repository import ConsentRepository
from authorization_service.application.sign_in.browser_session_repository import BrowserSessionRepository
from authorization_service.domain.entities.browser_session import SignedIn
from authorization_service.domain.entities.user import User
from authorization_service.domain.exceptions import NoSuchSessionError
from authorization_service.domain.value_objects.random_secret import RandomSecret
from authorization_service.domain.value_objects.redirect_uri import is_native

T = TypeVar("T")

OwnAddresses = NewType("OwnAddresses", frozenset[str])
"""Where the store's own pages are, as the settings say: no other program is at these addresses."""


class SignInNeeded(Enum):
    """The user has to sign in first."""

    SIGN_IN_NEEDED = "sign in needed"


SIGN_IN_NEEDED = SignInNeeded.SIGN_IN_NEEDED


@dataclass(frozen=True, slots=True)
class ConsentNeeded:
    """The user, which has signed in, has to consent."""

    user: User


@dataclass(frozen=True, slots=True)
class Authorized:
    """The client gets this code."""

    code: RandomSecret


class Authorize:
    """Decide what a valid authorization request needs of the user, and issue a code where that is nothing.

    Whoever has not just agreed is asked, unless the client is first-party or has the user's consent already. A client whose
    address any program on the user's machine may listen at is not trusted to be that client: there, the user is asked each time
    (RFC 8252, section 8.6), except at the addresses that are the store's own, port included: what listens there is the store.
    """

    def __init__(
        self,
        sessions: BrowserSessionRepository,
        consents: ConsentRepository,
        codes: CodeRepository,
        id_tokens: IdTokenReader,
        own_addresses: OwnAddresses,
        now: Now,
    ) -> None:
        self._sessions = sessions
        self._consents = consents
        self._codes = codes
        self._id_tokens = id_tokens
        self._own_addresses = own_addresses
        self._now = now

    async def __call__(
        self, request: AuthorizationRequest, browser: RandomSecret | None, *, has_agreed: bool = False
    ) -> SignInNeeded | ConsentNeeded | Authorized:
        """Return the decision for the browser with this secret. `has_agreed`: the user has just consented to this request.

        Raises RefusedRequestError if `prompt=none` forbids to ask; UntrustedRequestError if the request was pushed, and has
        yielded a code; StoreUnavailableError or StoreFullError.
        """
        signed_in = None if browser is None else await self._sessions.find(browser)
        if browser is None or signed_in is None or not self._is_acceptable(signed_in, request):
            return self._ask(request, SIGN_IN_NEEDED, "login_required")
        if not has_agreed and await self._needs_consent(request, signed_in.user):
            return self._ask(request, ConsentNeeded(signed_in.user), "consent_required")
        code = RandomSecret.new()
        try:
            await self._codes.issue(code, browser, request)
        except NoSuchSessionError:  # it has just ended
            return self._ask(request, SIGN_IN_NEEDED, "login_required")
        return Authorized(code)

    def _is_acceptable(self, signed_in: SignedIn, request: AuthorizationRequest) -> bool:
        authenticated_at = signed_in.session.authentication.at
        # A pushed request stays as it was: what it wants of the user is fulfilled by what the user has done since.
        if request.begun is None or authenticated_at < request.begun.at:
            if request.prompts & {"login", "select_account", CREATE}:
                return False
            if request.max_age is not None and self._now() - authenticated_at > timedelta(seconds=request.max_age):
                return False
        return request.id_token_hint is None or self._id_tokens.read_subject(request.id_token_hint) == str(signed_in.user.id)

    async def _needs_consent(self, request: AuthorizationRequest, user: User) -> bool:
        if "consent" in request.prompts:
            return True
        is_first_party = request.client.application.is_first_party
        if is_first_party and request.redirect_uri in self._own_addresses:
            return False
        if is_native(request.redirect_uri):
            return True
        if is_first_party:
            return False
        consent = await self._consents.find(str(user.id), request.client.id)
        return consent is None or not consent.includes(request.scopes)

    @staticmethod
    def _ask(request: AuthorizationRequest, need: T, code: str) -> T:
        if "none" in request.prompts:
            raise RefusedRequestError(request.redirect_uri, request.state, code, "the user would have to be asked")
        return need
