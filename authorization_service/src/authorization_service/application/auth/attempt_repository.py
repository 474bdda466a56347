"""The port for counting attempts at passwords and at second factors."""

from collections.abc import Sequence
from typing import Protocol

from authorization_service.domain.attempts import Attempt
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.events.sessions import Refusal


class AttemptRepository(Protocol):
    """Counters that follow an AttemptPolicy, updated atomically for all workers. All methods raise StoreUnavailableError."""

    async def reserve(self, attempt: Attempt) -> None:
        """Count an attempt as failed before it is made; `succeed`, `fail` or `release` must follow.

        Where only other attempts that are under way stand against it, wait for their outcomes, so that right passwords do not
        refuse each other. Raises TooManyAttemptsError, and counts nothing, beyond the limits; BusyError if too many wait, or for
        too long.

        A LoginRefused event records the first refusal until the pair may try again: further requests write nothing.
        """
        ...

    async def succeed(self, attempt: Attempt) -> None:
        """Undo the reservation after the right password: resets the pair's failures and makes the address familiar."""
        ...

    async def fail(self, attempt: Attempt, reason: Refusal) -> None:
        """Confirm the reserved attempt as failed, with a LoginRefused event."""
        ...

    async def release(self, attempt: Attempt) -> None:
        """Undo the reservation because the password was not verified."""
        ...

    async def unlock(self, username: str, events: Sequence[DomainEvent]) -> None:
        """Reset an account's failures from all addresses, at the password and at the second factor, with the events if there were
        any; failures of addresses stay.
        """
        ...
