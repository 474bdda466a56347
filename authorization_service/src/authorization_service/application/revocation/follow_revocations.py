"""Telling those who verify access tokens which of them are revoked."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from authorization_service.domain.entities.client import REVOCATIONS_SCOPE
from authorization_service.domain.entities.revocation import Revocation
from shared_kernel.application.authentication import Caller, InsufficientScopeError

MAX_WAIT = 25  # seconds


class RevocationPage(NamedTuple):
    """A part of the feed: what follows upon a number, in order. `last` is the number to ask from next time."""

    feed: str
    last: int
    revocations: Sequence[Revocation]


class RevocationFeed(Protocol):
    """All that is revoked and has not expired, numbered."""

    async def read(self, after: int, wait: float) -> RevocationPage:
        """Return the page behind a number, as soon as there is something on it, and at the latest after `wait` seconds.

        A number that the feed has not reached is from another time: the page is the first one. Raises StoreUnavailableError
        while nothing is known of what has been revoked lately.
        """
        ...


class FollowRevocations:
    """For callers with the scope `revocations`."""

    def __init__(self, feed: RevocationFeed) -> None:
        self._feed = feed

    async def __call__(self, caller: Caller, after: int, wait: float) -> RevocationPage:
        """Return what has been revoked since. Raises InsufficientScopeError or StoreUnavailableError."""
        if REVOCATIONS_SCOPE not in caller.scopes:
            raise InsufficientScopeError(REVOCATIONS_SCOPE)
        return await self._feed.read(after, wait)
