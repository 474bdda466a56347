"""Errors of a service that is temporarily unable to handle a request, and the dependencies that it needs to be ready."""

import math
from datetime import timedelta
from typing import Protocol


class StoreUnavailableError(Exception):
    """The database is unreachable or did not respond in time."""


class StoreFullError(Exception):
    """The database has no memory left for a write; reads still work."""

    def __init__(self) -> None:
        super().__init__("The database has no memory left for this; nothing was written.")


class DiskFullError(StoreFullError):
    """The database cannot write to the disk of its write-ahead log; reads still work."""

    def __init__(self) -> None:
        Exception.__init__(
            self, "The disk of the database's write-ahead log is full, or cannot be written to; nothing was written."
        )


class BusyError(Exception):
    """The service is overloaded: a limit on concurrent or waiting work is reached."""


class TooManyAttemptsError(Exception):
    """Rate limit after too many failed attempts."""

    def __init__(self, wait: timedelta) -> None:
        self.retry_after = max(1, math.ceil(wait.total_seconds()))
        """Whole seconds until the next attempt is allowed."""
        super().__init__(f"Too many failed attempts; try again in {self.retry_after} seconds.")


class Dependency(Protocol):
    """Something that a service needs."""

    @property
    def name(self) -> str:
        """Name in the readiness report when it is unavailable."""
        ...

    async def is_available(self) -> bool:
        """Return, within two seconds, whether it can be used now."""
        ...


class OptionalDependency(Dependency, Protocol):
    """Something that a service works better with."""

    async def settle(self) -> None:
        """Return once it is available, or once an attempt to reach it has failed."""
        ...
