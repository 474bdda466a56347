"""File descriptors: each connection is one, and a process may have only so many."""

import asyncio
import heapq
import resource
import sys
from collections.abc import Collection
from typing import Protocol

import structlog

RESERVED = 256
"""Descriptors that are kept, but at most a quarter of all: for files, for connections to Tarantool, and for the clients that are
accepted until idle connections have been closed, which takes some turns of the event loop."""
CLOSED_SHARE = 32
"""When descriptors run out, this many idle connections are closed, and one in as many of all: to look for them takes time."""
LOG_SECONDS = 10.0
"""How often at most it is logged."""

_log = structlog.get_logger()


class IdleConnection(Protocol):
    """A connection that may be closed while no request is under way on it."""

    idle_since: float | None
    """Since when no request is under way, in the event loop's time; None while one is."""

    def close_idle(self) -> None:
        """Close it."""
        ...


def raise_limit() -> None:
    """Raise this process's limit of descriptors as far as it may be."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def count_reserved(limit: int) -> int:
    """Return how many descriptors are kept of so many."""
    return min(RESERVED, limit // 4)


class Descriptors:
    """Closes the oldest idle connections before there is no descriptor for another one.

    The event loop would say nothing: it closes what it cannot accept at once (libuv's `uv__emfile_trick`).
    """

    def __init__(self, connections: Collection[IdleConnection]) -> None:
        self._connections = connections
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._last_free = sys.maxsize if limit == resource.RLIM_INFINITY else limit - count_reserved(limit)
        self._closing: list[IdleConnection] = []
        """Those that were closed; their descriptors are free when they are no longer among the connections."""
        self._logged_at = float("-inf")

    def check(self, transport: asyncio.BaseTransport, now: float) -> None:
        """Make room if the new connection's descriptor, always the lowest free number, is among the last. `now`: seconds.

        One turn of the event loop accepts all that wait, before any descriptor is free again: each batch of idle connections
        makes room for as many new ones only.
        """
        accepted = transport.get_extra_info("socket")
        if accepted is not None and (number := accepted.fileno()) >= self._last_free:
            self._closing = [one for one in self._closing if one in self._connections]
            if number - len(self._closing) >= self._last_free:
                self._make_room(now)

    def _make_room(self, now: float) -> None:
        idle = [(since, id(one), one) for one in self._connections if (since := one.idle_since) is not None]
        oldest = heapq.nsmallest(CLOSED_SHARE + len(self._connections) // CLOSED_SHARE, idle)
        if now - self._logged_at >= LOG_SECONDS:
            self._logged_at = now
            _log.warning("file descriptors run out", connections=len(self._connections), idle=len(idle), closed=len(oldest))
        for _, _, connection in oldest:
            connection.close_idle()  # and it is no longer idle
            self._closing.append(connection)
