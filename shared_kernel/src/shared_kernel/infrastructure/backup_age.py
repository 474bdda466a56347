"""When the store was backed up last: by a file that the command `backup` touches."""

import asyncio
import math
import time
from collections.abc import Mapping
from pathlib import Path


class BackupAge:
    """Implements OptionalDependency: a service whose backups have stopped works, but should not for long."""

    name = "backup"

    def __init__(self, status_file: str, max_age_seconds: float) -> None:
        self._status_file = status_file
        self._max_age_seconds = max_age_seconds

    async def is_available(self) -> bool:
        """Return whether the file was touched lately; True where none is named."""
        return not self._status_file or await asyncio.to_thread(self._is_recent)

    async def settle(self) -> None:
        """Return at once: starting does not depend on it."""

    def read(self) -> Mapping[tuple[str, ...], float]:
        """Return the seconds since the file was touched: infinite where there is none; nothing where none is named."""
        return {(): self._measure()} if self._status_file else {}

    def _is_recent(self) -> bool:
        return self._measure() <= self._max_age_seconds

    def _measure(self) -> float:
        try:
            return time.time() - Path(self._status_file).stat().st_mtime
        except OSError:
            return math.inf
