"""Logouts that clients are told of (OpenID Connect Back-Channel Logout 1.0)."""

from datetime import timedelta
from typing import Protocol

from authorization_service.application.logout.logout_notice_repository import LogoutNotice, LogoutNoticeRepository

FIRST_DELAY = timedelta(seconds=5)
MAX_DELAY = timedelta(hours=1)
MAX_ATTEMPTS = 30
"""With these delays, within 22 hours."""


class LogoutTokenIssuer(Protocol):
    """The port for signing logout tokens (section 2.4)."""

    def issue(self, client_id: str, user_id: str, sid: str) -> str:
        """Return a token for a client. Raises SigningKeysUnknownError."""
        ...


class NotToldError(Exception):
    """The client has not confirmed a logout token. The message says why, and has nothing of the token or the address."""


class LogoutSender(Protocol):
    """The port for sending logout tokens (section 2.5)."""

    async def send(self, uri: str, token: str) -> None:
        """Send a token. Raises NotToldError unless the client has confirmed it."""
        ...


class TellClient:
    """Tell a client of a logout. A client that does not confirm is told again, later each time, up to MAX_ATTEMPTS times."""

    def __init__(self, notices: LogoutNoticeRepository, issuer: LogoutTokenIssuer, sender: LogoutSender) -> None:
        self._notices = notices
        self._issuer = issuer
        self._sender = sender

    async def __call__(self, notice: LogoutNotice) -> None:
        """Send a notice that was claimed.

        Raises NotToldError, when it is clear whether the client will be told again; SigningKeysUnknownError,
        StoreUnavailableError or StoreFullError, and then the notice is due again soon.
        """
        try:
            await self._sender.send(notice.uri, self._issuer.issue(notice.client_id, notice.user_id, notice.sid))
        except NotToldError:
            if notice.attempts < MAX_ATTEMPTS:
                await self._notices.postpone(notice, find_delay(notice.attempts))
            else:
                await self._notices.finish(notice)
            raise
        await self._notices.finish(notice)


def find_delay(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts."""
    return min(MAX_DELAY, FIRST_DELAY * (1 << min(attempts - 1, 20)))
