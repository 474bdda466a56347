"""Use cases for following the changes of a namespace."""

from collections.abc import AsyncGenerator
from typing import NamedTuple

from key_value_service.application.access import require
from key_value_service.application.changes.change_feed import ChangeFeed, Feed
from key_value_service.domain.exceptions import RevisionGoneError
from key_value_service.domain.value_objects.change import ChangePage
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action

MAX_WAIT = 25.0
"""Seconds that a request may wait: shorter than the timeouts of proxies."""
HEARTBEAT_SECONDS = 15.0
FETCH_SECONDS = 1.0
"""The least time to wait for changes that exist already and only have to be fetched."""


class FollowChangesRequest(NamedTuple):
    """The namespace, and the last revision that the caller knows (None: the current one)."""

    namespace: str
    after: int | None = None


class FollowChangesResponse(NamedTuple):
    """A page of changes, and the state of the feed when it was requested."""

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
    """Read the changes after a revision, waiting for the first one if need be. Requires the scope `read:` on the namespace."""

    def __init__(self, changes: ChangeFeed) -> None:
        self._changes = changes

    async def __call__(self, caller: Caller, request: FollowChangesRequest, wait: float) -> FollowChangesResponse:
        """Return the changes after a revision, as soon as there are any; an empty page after `wait` seconds.

        Raises InsufficientScopeError, RulesBrokenError, NoSuchNamespaceError, RevisionGoneError or StoreUnavailableError.
        """
        feed, after = await _begin(self._changes, caller, request)
        if after < feed.revision:
            wait = max(wait, FETCH_SECONDS)
        return FollowChangesResponse(await self._changes.read(feed.namespace_id, after, wait), feed)


class WatchChanges:
    """Follow the changes after a revision as they happen. Requires the scope `read:` on the namespace."""

    def __init__(self, changes: ChangeFeed, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._changes = changes
        self._heartbeat = heartbeat

    async def __call__(self, caller: Caller, request: FollowChangesRequest) -> AsyncGenerator[ChangePage, None]:
        """Return endless pages. The first one is empty and marks where they begin; each heartbeat is an empty page.

        Raises InsufficientScopeError, RulesBrokenError, NoSuchNamespaceError, RevisionGoneError or StoreUnavailableError. The
        pages end with NoSuchNamespaceError when the namespace is deleted, and with RevisionGoneError when the consumer is so slow
        that the changes that follow are no longer kept.
        """
        feed, after = await _begin(self._changes, caller, request)
        return self._follow(feed.namespace_id, after)

    async def _follow(self, namespace_id: int, after: int) -> AsyncGenerator[ChangePage, None]:
        page = ChangePage((), after)
        while True:
            yield page
            page = await self._changes.read(namespace_id, page.last, self._heartbeat)
