"""The port for storing second factors."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from authorization_service.domain.entities.factor import Factor, Factors
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.value_objects.authentication import Authentication
from authorization_service.domain.value_objects.recovery_code import RecoveryCode


class FactorRepository(Protocol):
    """All methods raise StoreUnavailableError. A change is one transaction, with its events."""

    async def find_of_user(self, user_id: str) -> Factors:
        """Return a user's factors."""
        ...

    async def find_passkey(self, credential_id: str) -> Factor | None:
        """Return the passkey with this credential id, whoever has it, or None."""
        ...

    async def add(
        self,
        factor: Factor,
        session_id: str,
        authentication: Authentication,
        codes: Sequence[RecoveryCode],
        events: Sequence[DomainEvent],
    ) -> bool:
        """Add a factor that was proved in a session, whose authentication this is from now on. Return whether it is the first.

        With the first factor, the codes become the user's recovery codes, and all other sessions end, since they were opened
        without it.

        Raises NoSuchUserError, TooManyFactorsError, PasskeyTakenError or StoreFullError.
        """
        ...

    async def remove(self, user_id: str, factor_id: UUID, events: Sequence[DomainEvent]) -> None:
        """Remove a factor of a user; with the last one, the recovery codes. Raises NoSuchFactorError."""
        ...

    async def remove_all(self, user_id: str, events: Sequence[DomainEvent]) -> None:
        """Remove all factors and recovery codes of a user. Records the events if there were any."""
        ...

    async def use(self, factor: Factor, counter: int, events_of_repetition: Sequence[DomainEvent]) -> bool:
        """Record a use of a factor and return True if the counter is greater than at its last use.

        Otherwise return False, and record the events: the use is a repetition. A passkey that does not count always has 0.
        Raises NoSuchFactorError.
        """
        ...

    async def use_recovery_code(self, user_id: str, code: RecoveryCode, events: Sequence[DomainEvent]) -> bool:
        """Use a recovery code up, and return whether the user has had it."""
        ...

    async def replace_recovery_codes(self, user_id: str, codes: Sequence[RecoveryCode], events: Sequence[DomainEvent]) -> None:
        """Replace a user's recovery codes. Raises NoSuchFactorError if the user has no factor that they could stand for."""
        ...
