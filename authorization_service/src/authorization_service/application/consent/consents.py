"""Consents of users to clients."""

from collections.abc import Sequence

from authorization_service.application.clock import Now
from authorization_service.application.consent.consent_repository import ConsentRepository
from authorization_service.domain.entities.consent import Consent
from authorization_service.domain.events.clients import ConsentGiven, ConsentWithdrawn
from authorization_service.domain.exceptions import NoSuchConsentError


class GiveConsent:
    """Remember what a user lets a client do, beside what it did before."""

    def __init__(self, consents: ConsentRepository, now: Now) -> None:
        self._consents = consents
        self._now = now

    async def __call__(self, user_id: str, client_id: str, scopes: Sequence[str]) -> None:
        """Store the consent, unless it is included in the present one. Raises NoSuchUserError or StoreUnavailableError."""
        present = await self._consents.find(user_id, client_id)
        if present is not None and present.includes(scopes):
            return
        known = () if present is None else present.scopes
        consent = Consent(user_id, client_id, tuple(dict.fromkeys((*known, *scopes))), self._now())
        event = ConsentGiven(user_id=user_id, occurred_at=consent.given_at, client_id=client_id, scopes=consent.scopes)
        await self._consents.give(consent, [event])


class ListConsents:
    """List a user's consents."""

    def __init__(self, consents: ConsentRepository) -> None:
        self._consents = consents

    async def __call__(self, user_id: str) -> Sequence[Consent]:
        """Return the user's consents, ordered by client. Raises StoreUnavailableError."""
        return await self._consents.list(user_id)


class WithdrawConsent:
    """Withdraw a user's consent. The sessions that the client has opened for the user end."""

    def __init__(self, consents: ConsentRepository, now: Now) -> None:
        self._consents = consents
        self._now = now

    async def __call__(self, user_id: str, client_id: str) -> None:
        """Delete the consent. Raises NoSuchConsentError or StoreUnavailableError."""
        event = ConsentWithdrawn(user_id=user_id, occurred_at=self._now(), client_id=client_id)
        if not await self._consents.withdraw(user_id, client_id, [event]):
            raise NoSuchConsentError
