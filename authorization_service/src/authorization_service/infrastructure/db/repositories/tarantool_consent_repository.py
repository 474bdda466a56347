"""Consents in Tarantool's space `consents`."""

from collections.abc import Sequence
from typing import Any

from authorization_service.domain.entities.consent import Consent
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.infrastructure.db.repositories.refusals import REFUSALS
from authorization_service.infrastructure.db.repositories.revoked_sessions import RevokedSessions
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH, MICROSECOND, to_stored
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection


class TarantoolConsentRepository:
    """Implements ConsentRepository."""

    def __init__(self, tarantool: TarantoolConnection, revoked: RevokedSessions) -> None:
        self._tarantool = tarantool
        self._revoked = revoked

    async def give(self, consent: Consent, events: Sequence[DomainEvent]) -> None:
        """Insert or replace a consent. Raises NoSuchUserError."""
        given_at = (consent.given_at - EPOCH) // MICROSECOND
        stored = [consent.user_id, consent.client_id, list(consent.scopes), given_at]
        unwrap(await self._tarantool.call("consents.give", [stored, to_stored(events)]), REFUSALS)

    async def find(self, user_id: str, client_id: str) -> Consent | None:
        """Return the user's consent to this client."""
        stored = await self._tarantool.call("consents.find", [user_id, client_id])
        return None if stored is None else _to_consent(stored)

    async def list(self, user_id: str) -> Sequence[Consent]:
        """Return the user's consents, by client."""
        return [_to_consent(stored) for stored in await self._tarantool.call("consents.list", [user_id])]

    async def withdraw(self, user_id: str, client_id: str, events: Sequence[DomainEvent]) -> bool:
        """Delete a consent and end the client's sessions. Return False if there was none."""
        arguments = [user_id, client_id, to_stored(events)]
        was_given, ended = unwrap(await self._tarantool.call("consents.withdraw", arguments), REFUSALS)
        self._revoked.add(ended)
        return bool(was_given)


def _to_consent(stored: Any) -> Consent:
    user_id, client_id, scopes, given_at = stored
    return Consent(user_id, client_id, tuple(scopes), EPOCH + given_at * MICROSECOND)
