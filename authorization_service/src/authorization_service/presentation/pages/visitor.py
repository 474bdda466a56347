"""Whoever has signed in to the browser that a request comes from."""

from collections.abc import Mapping
from dataclasses import dataclass

from authorization_service.application.sign_in.browser_session_repository import BrowserSessionRepository
from authorization_service.domain.entities.user import User
from authorization_service.presentation.api.oauth import Issuer
from authorization_service.presentation.pages.browser import Browser, NotSignedInError
from shared_kernel.application.authentication import Caller
from shared_kernel.presentation.http.routing.forwarded import PublicUrl


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser with its user."""

    browser: Browser
    user: User
    caller: Caller
    """The user, as use cases on the own account know it; its session is the browser's."""


class FindVisitor:
    """Find whom a browser belongs to."""

    def __init__(self, sessions: BrowserSessionRepository, issuer: Issuer) -> None:
        self._sessions = sessions
        self._issuer = issuer

    async def __call__(self, headers: Mapping[bytes, bytes], url: PublicUrl, csrf_token: str | None = None) -> Visitor:
        """Return the visitor. With a form's token, that must be this browser's.

        Raises NotSignedInError, ForgedRequestError or StoreUnavailableError.
        """
        browser = Browser.read(headers, url, self._issuer)
        if csrf_token is not None:
            browser.refuse_forged(csrf_token)
        signed_in = await self._sessions.find(browser.secret)
        if signed_in is None:
            raise NotSignedInError
        caller = Caller(str(signed_in.user.id), frozenset(), str(signed_in.session.id))
        return Visitor(browser, signed_in.user, caller)
