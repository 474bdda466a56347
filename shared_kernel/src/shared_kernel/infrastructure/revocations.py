"""Revoked access tokens that have not expired yet."""

from collections.abc import Callable
from typing import NamedTuple

from shared_kernel.application.authentication import Caller
from shared_kernel.infrastructure.clocks import make_earliest_clock


class _SubjectRevocation(NamedTuple):
    number: int
    issued_before: float
    expires_at: float


class Revocations:
    """Remembers each revocation until the last token that it affects has expired. All times are seconds since 1970.

    The numbers of revocations decide which of a subject's tokens are revoked, so that no step of a clock matters. Only of tokens
    without a number, the time does.
    """

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock or make_earliest_clock()
        self.are_known = True
        """Whether the revocations are complete, or need not be; otherwise every token is rejected."""
        self._sessions: dict[str, float] = {}  # expiry
        self._subjects: dict[str, _SubjectRevocation] = {}

    def __len__(self) -> int:
        return len(self._sessions) + len(self._subjects)

    def revoke_session(self, session_id: str, expires_at: float) -> None:
        """Revoke the tokens of a session, the last of which expires at `expires_at`."""
        self._sessions[session_id] = max(expires_at, self._sessions.get(session_id, 0.0))

    def revoke_subject(self, subject: str, number: int, issued_before: float, expires_at: float) -> None:
        """Revoke the tokens of a subject as of an earlier number, the last of which expires at `expires_at`.

        Tokens without a number are revoked if they were issued before `issued_before`.
        """
        previous = self._subjects.get(subject, _SubjectRevocation(0, 0.0, 0.0))
        self._subjects[subject] = _SubjectRevocation(
            max(number, previous.number), max(issued_before, previous.issued_before), max(expires_at, previous.expires_at)
        )

    def concern(self, caller: Caller) -> bool:
        """Return whether the caller's token is revoked."""
        if caller.session_id in self._sessions:
            return True
        revoked = self._subjects.get(caller.user_id)
        if revoked is None:
            return False
        return caller.issued_at < revoked.issued_before if caller.as_of is None else caller.as_of < revoked.number

    def forget_expired(self) -> None:
        """Remove revocations of tokens that have all expired."""
        now = self._clock()
        self._sessions = {session_id: expiry for session_id, expiry in self._sessions.items() if expiry > now}
        self._subjects = {subject: revoked for subject, revoked in self._subjects.items() if revoked.expires_at > now}

    def clear(self) -> None:
        """Remove all revocations."""
        self._sessions = {}
        self._subjects = {}
