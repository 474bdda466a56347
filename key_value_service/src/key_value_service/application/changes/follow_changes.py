"""Use cases for following the changes of a namespace."""

import time
from collections.abc import AsyncGenerator
from typing import NamedTuple

from key_value_service.application.access import require_range
from key_value_service.application.changes.change_feed import ChangeFeed, Feed
from key_value_service.domain.value_objects.change import ChangePage
from shared_kernel.application.authentication import Caller
from shared_kernel.domain.grants import Action

MAX_WAIT = 25.0
"""Seconds that a request may wait: shorter than the timeouts of proxies."""
HEARTBEAT_SECONDS = 15.0
FETCH_SECONDS = 1.0
"""The least time to wait for changes that exist already and only have to be fetched."""


class FollowChangesRequest(NamedTuple):
    """The namespace, the last revision that the caller knows (None: the current one), and the prefix of the keys of interest."""

    namespace: str
    after: int | None = None
    prefix: str = ""


class FollowChangesResponse(NamedTuple):
    """A page of changes, and the state of the feed when it was requested."""

    page: ChangePage
    feed: Feed


async def _begin(changes: ChangeFeed, caller: Caller, request: FollowChangesRequest) -> tuple[Feed, int]:
    require_range(caller, Action.READ, request.namespace, request.prefix)
    feed = await changes.find(request.namespace, request.after)
    return feed, feed.revision if request.after is None else feed.resume(request.after)


class ReadChanges:
    """Read the changes after a revision, waiting for the first one if need be. Requires the scope `read:` on the keys."""

    def __init__(self, changes: ChangeFeed) -> None:
        self._changes = changes

    async def __call__(self, caller: Caller, request: FollowChangesRequest, wait: float) -> FollowChangesResponse:
        """Return the changes after a revision, as soon as there is one of a key with the prefix, or after `wait` seconds.

        The page may have changes of other keys; it is up to date with all that came before it.

        Raises InsufficientScopeError, RulesBrokenError, NoSuchNamespaceError, RevisionGoneError or StoreUnavailableError.
        """
        feed, after = await _begin(self._changes, caller, request)
        deadline = time.monotonic() + wait
        while True:
            left = max(deadline - time.monotonic(), FETCH_SECONDS if after < feed.revision else 0.0)
            page = await self._changes.read(feed.namespace_id, after, left)
            if page.select(request.prefix) or not page.changes or time.monotonic() >= deadline:
                return FollowChangesResponse(page, feed)
            after = page.last


class WatchChanges:
    """Follow the changes after a revision as they happen. Requires the scope `read:` on the keys."""

    def __init__(self, changes: ChangeFeed, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._changes = changes
        self._heartbeat = heartbeat

    async def __call__(self, caller: Caller, request: FollowChangesRequest) -> AsyncGenerator[ChangePage, None]:
        """Return endless pages, each with a change of a key with the prefix, or empty: the first one and the heartbeats.

        An empty page marks how far the changes have been looked through, those of other keys included.

        Raises InsufficientScopeError, RulesBrokenError, NoSuchNamespaceError, RevisionGoneError or StoreUnavailableError. The
        pages end with NoSuchNamespaceError when the namespace is deleted, and with RevisionGoneError when the consumer is so slow
        that the changes that follow are no longer kept.
        """
        feed, after = await _begin(self._changes, caller, request)
        return self._follow(feed.namespace_id, after, request.prefix)

    async def _follow(self, namespace_id: int, after: int, prefix: str) -> AsyncGenerator[ChangePage, None]:
        yield ChangePage((), after)
        while True:
            deadline = time.monotonic() + self._heartbeat
            page = await self._changes.read(namespace_id, after, self._heartbeat)
            while page.changes and not page.select(prefix) and (left := deadline - time.monotonic()) > 0:
                page = await self._changes.read(namespace_id, page.last, left)
            after = page.last
            yield page if page.select(prefix) else ChangePage((), after)


class StaleChanges(NamedTuple):
    """Both use cases with a feed that may be a moment behind: of any instance of the store, so that the leader has no cost."""

    read: ReadChanges
    watch: WatchChanges
