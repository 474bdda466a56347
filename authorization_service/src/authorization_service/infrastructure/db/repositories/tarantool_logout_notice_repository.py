"""What clients have to be told of logouts, in Tarantool's space `logout_notices`."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from authorization_service.application.logout.logout_notice_repository import LogoutNotice
from authorization_service.infrastructure.db.repositories.refusals import REFUSALS
from authorization_service.infrastructure.db.repositories.stored_sessions import to_microseconds
from shared_kernel.infrastructure.stored_functions import unwrap
from shared_kernel.infrastructure.tarantool import TarantoolConnection

LEASE = timedelta(seconds=30)
"""Longer than a notice takes to be sent."""
WAIT_SECONDS = 1.0  # less than the timeout of a call to Tarantool


class TarantoolLogoutNoticeRepository:
    """Implements LogoutNoticeRepository."""

    def __init__(self, tarantool: TarantoolConnection) -> None:
        self._tarantool = tarantool

    async def claim(self, limit: int, busy: Collection[str]) -> Sequence[LogoutNotice]:
        """Return notices that are due, which nobody else gets for LEASE."""
        arguments = [limit, to_microseconds(LEASE), list(busy), WAIT_SECONDS]
        return [LogoutNotice(*stored) for stored in await self._tarantool.call("logout_notices.claim", arguments)]

    async def finish(self, notice: LogoutNotice) -> None:
        """Delete a notice."""
        arguments = [notice.client_id, notice.sid, notice.revision]
        unwrap(await self._tarantool.call("logout_notices.finish", arguments), REFUSALS)

    async def postpone(self, notice: LogoutNotice, delay: timedelta) -> None:
        """Let a notice be due again later."""
        arguments = [notice.client_id, notice.sid, notice.revision, to_microseconds(delay)]
        unwrap(await self._tarantool.call("logout_notices.postpone", arguments), REFUSALS)
