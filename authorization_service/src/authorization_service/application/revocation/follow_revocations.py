"""The feed of revocations, for services that verify access tokens."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from authorization_service.domain.entities.client import REVOCATIONS_SCOPE
from authorization_service.domain.entities.revocation import Revocation
from shared_kernel.application.authentication import Caller, InsufficientScopeError

MAX_WAIT = 25  # seconds


class RevocationPage(NamedTuple):
    """A page of the feed, ordered by number. `last` is the `after` value for the next page."""

    feed: str
    last: int
    revocations: Sequence[Revocation]


class RevocationFeed(Protocol):
    """All revocations that have not expired, numbered."""

    async def read(self, after: int, wait: float) -> RevocationPage:
        """Return revocations with numbers greater than `after`: as soon as there is one, at the latest after `wait` seconds.

        A number that the feed has not reached is from another feed: the page is the first one. Raises StoreUnavailableError
        while recent revocations are not known.
        """
        ...


class FollowRevocations:
    """Read the feed of revocations. Requires the scope `revocations`."""

    def __init__(self, feed: RevocationFeed) -> None:
        self._feed = feed

    async def __call__(self, caller: Caller, after: int, wait: float) -> RevocationPage:
        """Return a page as RevocationFeed.read does. Raises InsufficientScopeError or StoreUnavailableError."""
        if REVOCATIONS_SCOPE not in caller.scopes:
            raise InsufficientScopeError(REVOCATIONS_SCOPE)
        return await self._feed.read(after, wait)
