"""What is known to be revoked: access tokens that are not to be believed although they have not expired."""

import time
from collections.abc import Callable

from shared_kernel.application.authentication import Caller


class Revocations:
    """Remembers each revocation until the last token that it concerns has expired. All times are seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.are_known = True
        """Whether what is remembered is all there is, or all that is asked for; otherwise no token can be believed."""
        self._sessions: dict[str, float] = {}  # until when
        self._subjects: dict[str, tuple[float, float]] = {}  # issued before when, and until when

    def __len__(self) -> int:
        return len(self._sessions) + len(self._subjects)

    def revoke_session(self, session_id: str, expires_at: float) -> None:
        """Take note that the tokens of a session are revoked."""
        self._sessions[session_id] = max(expires_at, self._sessions.get(session_id, 0.0))

    def revoke_subject(self, subject: str, issued_before: float, expires_at: float) -> None:
        """Take note that a subject's tokens are revoked that were issued before a moment."""
        known_before, known_until = self._subjects.get(subject, (0.0, 0.0))
        self._subjects[subject] = (max(issued_before, known_before), max(expires_at, known_until))

    def concern(self, caller: Caller) -> bool:
        """Tell whether the token that the caller came with is revoked."""
        if caller.session_id in self._sessions:
            return True
        known = self._subjects.get(caller.user_id)
        return known is not None and caller.issued_at < known[0]

    def forget_expired(self) -> None:
        """Forget what concerns expired tokens alone."""
        now = self._clock()
        self._sessions = {session_id: until for session_id, until in self._sessions.items() if until > now}
        self._subjects = {subject: known for subject, known in self._subjects.items() if known[1] > now}

    def clear(self) -> None:
        """Forget everything."""
        self._sessions = {}
        self._subjects = {}
