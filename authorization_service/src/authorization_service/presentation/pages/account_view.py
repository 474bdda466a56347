"""The page of a user's account, as it is shown after each change of it."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from authorization_service.application.client.client_repository import ClientRepository
from authorization_service.application.consent.consents import ListConsents
from authorization_service.application.factor.manage_factors import ListFactors
from authorization_service.application.factor.passkeys import PasskeyVerifier
from authorization_service.application.session.list_sessions import ListSessions
from authorization_service.application.sign_in.browser_session_repository import BrowserSessionRepository
from authorization_service.application.user.show_user import ShowUser
from authorization_service.domain.entities.factor import MAX_FACTORS, FactorKind
from authorization_service.domain.exceptions import (
    CodeNotConfirmedError,
    CodeRequiredError,
    InvalidEnrolmentError,
    LastAdministratorError,
    LimitReachedError,
    NoSuchConsentError,
    NoSuchFactorError,
    NoSuchSessionError,
    PasskeysUnavailableError,
    PasskeyTakenError,
    WrongPasskeyError,
    WrongPasswordError,
)
from authorization_service.presentation.pages.rendering import render
from authorization_service.presentation.pages.visitor import Visitor
from shared_kernel.application.availability import BusyError, TooManyAttemptsError
from shared_kernel.domain.rules import RulesBrokenError
from shared_kernel.presentation.http.server.response import Response

_KEYS: dict[type[Exception], tuple[str, int]] = {
    WrongPasswordError: ("wrong_password", 403),
    CodeRequiredError: ("code_required", 403),
    CodeNotConfirmedError: ("wrong_code", 403),
    InvalidEnrolmentError: ("enrolment_expired", 404),
    LimitReachedError: ("too_many_factors", 409),
    NoSuchFactorError: ("gone", 404),
    NoSuchSessionError: ("gone", 404),
    NoSuchConsentError: ("gone", 404),
    PasskeysUnavailableError: ("passkeys_unavailable", 409),
    PasskeyTakenError: ("passkey_taken", 409),
    WrongPasskeyError: ("wrong_passkey", 403),
    LastAdministratorError: ("last_administrator", 409),
    BusyError: ("busy", 503),
}
REFUSALS: tuple[type[Exception], ...] = (*_KEYS, RulesBrokenError, TooManyAttemptsError)
"""What a form of the account may be refused for: the page says so above the form."""

_BROKEN = {"new_password": "broken_password", "name": "broken_factor_name", "profile": "broken_profile"}

Message = tuple[str, dict[str, Any]]


def explain(error: Exception) -> tuple[list[Message], int]:
    """Return the messages for a refusal, by their keys, and the status."""
    for kind in type(error).__mro__:
        if kind in _KEYS:
            key, status = _KEYS[kind]
            return [(key, {})], status
    if isinstance(error, TooManyAttemptsError):
        return [("too_many_attempts", {"seconds": error.retry_after})], 429
    if isinstance(error, RulesBrokenError):
        keys = dict.fromkeys(_BROKEN.get(violation.field, "broken_name") for violation in error.violations)
        return [(key, {}) for key in keys], 422
    raise error


class AccountView:
    """Shows a user's account: names, profile, password, second factors, sessions and consents."""

    def __init__(
        self,
        user: ShowUser,
        factors: ListFactors,
        sessions: ListSessions,
        browsers: BrowserSessionRepository,
        consents: ListConsents,
        clients: ClientRepository,
        passkeys: PasskeyVerifier,
    ) -> None:
        self._user = user
        self._factors = factors
        self._sessions = sessions
        self._browsers = browsers
        self._consents = consents
        self._clients = clients
        self._passkeys = passkeys

    async def __call__(
        self, visitor: Visitor, *, status: int = 200, messages: Sequence[Message] = (), notice: str = ""
    ) -> Response:
        """Return the page. `messages` say what was refused, `notice` is the key of what was done."""
        user, factors = await self._user(visitor.caller), await self._factors(visitor.caller)
        sessions, consents = await self._sessions(visitor.caller), await self._consents(visitor.caller.user_id)
        return render(
            "account.html",
            visitor.browser,
            status=status,
            messages=messages,
            notice=notice,
            user=user,
            factors=factors.all,
            recovery_codes_left=factors.recovery_codes_left,
            may_add_app=len(factors.of_kind(FactorKind.TOTP)) < MAX_FACTORS[FactorKind.TOTP],
            may_add_passkey=self._passkeys.is_available,
            profile=[(name, value, orjson.dumps(value).decode()) for name, value in sorted(user.profile.value.items())],
            browsers=await self._browsers.list(visitor.caller.user_id),
            this_browser=visitor.caller.session_id,
            sessions=sessions,
            consents=consents,
            client_names=await self._name_clients({each.client_id for each in sessions} | {each.client_id for each in consents}),
        )

    async def _name_clients(self, client_ids: Iterable[str | None]) -> dict[str, str]:
        """Return what users know the clients by; that of a deleted one is its id."""
        found = {client_id: await self._clients.find(client_id) for client_id in client_ids if client_id}
        return {client_id: client_id if client is None else client.shown_name for client_id, client in found.items()}

    async def refuse(self, visitor: Visitor, error: Exception) -> Response:
        """Return the page with the reason why a form was refused."""
        messages, status = explain(error)
        return await self(visitor, status=status, messages=messages)
