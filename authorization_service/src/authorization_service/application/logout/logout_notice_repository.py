"""The port for storing what clients have to be told of logouts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LogoutNotice:
    """A client has to be told that a user's browser session `sid` has ended, at `uri`. `attempts` includes this one."""

    client_id: str
    sid: str
    user_id: str
    uri: str = field(repr=False)
    attempts: int
    revision: int


class LogoutNoticeRepository(Protocol):
    """Notices, which the ends of sessions add. All methods raise StoreUnavailableError."""

    async def claim(self, limit: int, busy: Collection[str]) -> Sequence[LogoutNotice]:
        """Return up to `limit` notices that are due, one of each client that is not busy; wait for one for a while.

        Nobody else gets them for half a minute; then they are due again. Raises StoreFullError.
        """
        ...

    async def finish(self, notice: LogoutNotice) -> None:
        """Delete a notice, unless there has been another reason to tell the client since."""
        ...

    async def postpone(self, notice: LogoutNotice, delay: timedelta) -> None:
        """Let a notice be due again after this time."""
        ...
