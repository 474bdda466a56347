"""Revoked access tokens that have not expired yet."""

import time
from collections.abc import Callable

from shared_kernel.application.authentication import Caller


class Revocations:
    """Remembers each revocation until the last token that it affects has expired. All times are seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.are_known = True
        """Whether the revocations are complete, or need not be; otherwise every token is rejected."""
        self._sessions: dict[str, float] = {}  # expiry
        self._subjects: dict[str, tuple[float, float]] = {}  # issued before, expiry

    def __len__(self) -> int:
        return len(self._sessions) + len(self._subjects)

    def revoke_session(self, session_id: str, expires_at: float) -> None:
        """Revoke the tokens of a session, the last of which expires at `expires_at`."""
        self._sessions[session_id] = max(expires_at, self._sessions.get(session_id, 0.0))

    def revoke_subject(self, subject: str, issued_before: float, expires_at: float) -> None:
        """Revoke the tokens of a subject issued before `issued_before`, the last of which expires at `expires_at`."""
        previous_before, previous_expiry = self._subjects.get(subject, (0.0, 0.0))
        self._subjects[subject] = (max(issued_before, previous_before), max(expires_at, previous_expiry))

    def concern(self, caller: Caller) -> bool:
        """Return whether the caller's token is revoked."""
        if caller.session_id in self._sessions:
            return True
        revoked = self._subjects.get(caller.user_id)
        return revoked is not None and caller.issued_at < revoked[0]

    def forget_expired(self) -> None:
        """Remove revocations of tokens that have all expired."""
        now = self._clock()
        self._sessions = {session_id: expiry for session_id, expiry in self._sessions.items() if expiry > now}
        self._subjects = {subject: revoked for subject, revoked in self._subjects.items() if revoked[1] > now}

    def clear(self) -> None:
        """Remove all revocations."""
        self._sessions = {}
        self._subjects = {}
