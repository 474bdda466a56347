"""The port for what administrators have decided for everybody."""

from collections.abc import Sequence
from typing import Protocol

from authorization_service.domain.events.domain_event import DomainEvent


class PolicyRepository(Protocol):
    """All methods raise StoreUnavailableError."""

    async def administrators_need_second_factor(self) -> bool:
        """Return whether sessions without a second factor allow no administration."""
        ...

    async def set_administrators_need_second_factor(self, is_needed: bool, events: Sequence[DomainEvent]) -> bool:
        """Store the policy with its events, and revoke administrators' access tokens. Return False if it was so already."""
        ...
