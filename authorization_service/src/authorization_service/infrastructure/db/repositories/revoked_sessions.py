"""Sessions that this process has ended: their access tokens are rejected here at once, in other processes by the feed."""

import time
from collections.abc import Iterable

from authorization_service.domain.entities.session import SessionPolicy
from shared_kernel.infrastructure.revocations import Revocations


class RevokedSessions:
    """Tells this process's Revocations of sessions that stored functions have ended."""

    def __init__(self, policy: SessionPolicy, revocations: Revocations) -> None:
        self._access_token_seconds = policy.access_token.total_seconds()
        self._revocations = revocations

    def add(self, session_ids: Iterable[str]) -> None:
        """Revoke the access tokens of these sessions: none of them is valid for longer than one issued now."""
        for session_id in session_ids:
            self._revocations.revoke_session(session_id, time.time() + self._access_token_seconds)
