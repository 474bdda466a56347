"""Following what happens in a namespace."""

from collections.abc import AsyncGenerator
from typing import NamedTuple

from key_value_service.application.access import require
from key_value_service.application.changes.change_feed import ChangeFeed, Feed
from key_value_service.domain.exceptions import RevisionGoneError
from key_value_service.domain.value_objects.change import ChangePage
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action

MAX_WAIT = 25.0
"""Seconds that a request may wait: less than proxies let pass without an answer."""
HEARTBEAT_SECONDS = 15.0
SOON = 1.0


class FollowChangesRequest(NamedTuple):
    """The namespace, and the last revision that the caller knows; None: whatever the last one is now."""

    namespace: str
    after: int | None = None


class FollowChangesResponse(NamedTuple):
    """A page, and how the namespace stood when it was asked for."""

    page: ChangePage
    feed: Feed


async def _begin(changes: ChangeFeed, caller: Caller, request: FollowChangesRequest) -> tuple[Feed, int]:
    require(caller, Action.READ, request.namespace)
    feed = await changes.find(request.namespace)
    after = feed.revision if request.after is None else request.after
    if not feed.oldest - 1 <= after <= feed.revision:
        raise RevisionGoneError(feed.oldest, feed.revision)
    return feed, after


class ReadChanges:
    """For callers with the scope `read:` on the namespace."""

    def __init__(self, changes: ChangeFeed) -> None:
        self._changes = changes

    async def __call__(self, caller: Caller, request: FollowChangesRequest, wait: float) -> FollowChangesResponse:
        """Return what came behind a revision, as soon as there is something or so many seconds have passed.

        Raises InsufficientScopeError, RulesBrokenError, NoSuchNamespaceError, RevisionGoneError or StoreUnavailableError.
        """
        feed, after = await _begin(self._changes, caller, request)
        if after < feed.revision:
            wait = max(wait, SOON)  # it is there, and only has to be fetched
        return FollowChangesResponse(await self._changes.read(feed.namespace_id, after, wait), feed)


class WatchChanges:
    """For callers with the scope `read:` on the namespace."""

    def __init__(self, changes: ChangeFeed, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._changes = changes
        self._heartbeat = heartbeat

    async def __call__(self, caller: Caller, request: FollowChangesRequest) -> AsyncGenerator[ChangePage, None]:
        """Return pages without end; the first one is empty and tells where they begin, and so is one for each heartbeat.

        Raises InsufficientScopeError, RulesBrokenError, NoSuchNamespaceError, RevisionGoneError or StoreUnavailableError. The
        pages end with NoSuchNamespaceError when the namespace is deleted, and with RevisionGoneError when whoever takes them is
        so slow that what follows is not kept any more.
        """
        feed, after = await _begin(self._changes, caller, request)
        return self._follow(feed.namespace_id, after)

    async def _follow(self, namespace_id: int, after: int) -> AsyncGenerator[ChangePage, None]:
        page = ChangePage((), after)
        while True:
            yield page
            page = await self._changes.read(namespace_id, page.last, self._heartbeat)
