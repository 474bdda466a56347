"""What keeps a service from answering now, and how it tells whether it is ready."""

import math
from datetime import timedelta
from typing import Protocol


class StoreUnavailableError(Exception):
    """The database is out of reach or did not answer in time."""


class StoreFullError(Exception):
    """The database has no memory left for what it was asked to keep; reads go on."""

    def __init__(self) -> None:
        super().__init__("The database has no memory left for this; nothing was written.")


class BusyError(Exception):
    """More work is under way, or waiting, than the service is willing to take on."""


class TooManyAttemptsError(Exception):
    """Something was tried, in vain, so often that it may not be tried again yet."""

    def __init__(self, wait: timedelta) -> None:
        self.retry_after = max(1, math.ceil(wait.total_seconds()))
        """Whole seconds after which it may be tried again."""
        super().__init__(f"There were too many failed attempts; try again in {self.retry_after} seconds.")


class Dependency(Protocol):
    """Something that a service cannot work without."""

    @property
    def name(self) -> str:
        """The name shown when it is missing."""
        ...

    async def is_available(self) -> bool:
        """Tell, within two seconds, whether it can be used now."""
        ...


class OptionalDependency(Dependency, Protocol):
    """Something that a service works better with."""

    async def settle(self) -> None:
        """Return once it is available, or once an attempt to reach it has failed."""
        ...
