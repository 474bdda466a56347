"""The background work that tells clients of logouts."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from authorization_service.application.logout.logout_notice_repository import LogoutNotice, LogoutNoticeRepository
from authorization_service.application.logout.tell_client import MAX_ATTEMPTS, NotToldError, TellClient
from shared_kernel.application.availability import StoreFullError, StoreUnavailableError

MAX_AT_ONCE = 16  # clients
RETRY_SECONDS = 1.0

_log = structlog.get_logger()


class ClientTelling:
    """Tells several clients at once, and each of one logout at a time, so that a slow one holds up no other.

    `can_sign`: whether there is a key to sign with.
    """

    def __init__(self, notices: LogoutNoticeRepository, tell: TellClient, can_sign: Callable[[], Awaitable[bool]]) -> None:
        self._notices = notices
        self._tell = tell
        self._can_sign = can_sign
        self._busy: set[str] = set()

    async def run(self) -> None:
        """Tell clients until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                for notice in await self._claim():
                    self._busy.add(notice.client_id)
                    group.create_task(self._tell_one(notice))

    async def _claim(self) -> Sequence[LogoutNotice]:
        try:
            if len(self._busy) < MAX_AT_ONCE and await self._can_sign():
                return await self._notices.claim(MAX_AT_ONCE - len(self._busy), self._busy)
        except (StoreUnavailableError, StoreFullError):
            pass
        except Exception:  # noqa: BLE001 - logged with its traceback; notices wait until it is repaired
            _log.exception("cannot read which clients to tell of logouts")
        await asyncio.sleep(RETRY_SECONDS)
        return ()

    async def _tell_one(self, notice: LogoutNotice) -> None:
        try:
            await self._tell(notice)
        except NotToldError as error:
            _log.warning(
                "client was not told of a logout",
                client_id=notice.client_id, attempts=notice.attempts, is_last=notice.attempts >= MAX_ATTEMPTS, reason=str(error),
            )  # fmt: skip
        except (StoreUnavailableError, StoreFullError):
            pass  # the notice is due again
        except Exception:  # noqa: BLE001 - logged with its traceback; the notice is due again
            _log.exception("cannot tell a client of a logout", client_id=notice.client_id)
        finally:
            self._busy.discard(notice.client_id)
