"""Which tokens a revocation affects, and for how long it is remembered."""

import pytest

from shared_kernel.application.authentication import Caller
from shared_kernel.infrastructure.revocations import Revocations

NOW = 1_800_000_000.0


def make_caller(user_id: str = "anna", session_id: str = "a-session", issued_at: float = NOW, as_of: int | None = None) -> Caller:
    return Caller(user_id, frozenset(), session_id, issued_at, as_of=as_of)


def test_no_token_is_revoked_at_first() -> None:
    assert not Revocations().concern(make_caller())


def test_revoking_a_session_revokes_all_its_tokens_and_no_others() -> None:
    revocations = Revocations()
    revocations.revoke_session("a-session", NOW + 900)
    assert revocations.concern(make_caller(issued_at=NOW + 1))
    assert not revocations.concern(make_caller(session_id="another"))
    assert not revocations.concern(make_caller(session_id=""))


def test_revoking_a_subject_revokes_the_tokens_issued_before() -> None:
    revocations = Revocations()
    revocations.revoke_subject("anna", 7, NOW, NOW + 900)
    assert revocations.concern(make_caller(issued_at=NOW - 0.001))
    assert not revocations.concern(make_caller(issued_at=NOW))
    assert not revocations.concern(make_caller(user_id="bella", issued_at=NOW - 1))


@pytest.mark.parametrize("hours", [-1, 0, 1])
def test_revocation_of_a_subject_counts_by_number_whatever_the_clock_did(hours: int) -> None:
    revocations = Revocations()
    revocations.revoke_subject("anna", 7, NOW, NOW + 900)
    issued_at = NOW + hours * 3600
    assert revocations.concern(make_caller(issued_at=issued_at, as_of=6))
    assert not revocations.concern(make_caller(issued_at=issued_at, as_of=7))
    assert not revocations.concern(make_caller(issued_at=issued_at, as_of=8))


def test_revocation_with_an_earlier_number_changes_nothing() -> None:
    revocations = Revocations()
    for number in (7, 6):
        revocations.revoke_subject("anna", number, NOW, NOW + 900)
    assert revocations.concern(make_caller(as_of=6))


def test_token_of_a_time_before_the_first_revocation_is_revoked_by_it() -> None:
    revocations = Revocations()
    revocations.revoke_subject("anna", 1, NOW, NOW + 900)
    assert revocations.concern(make_caller(issued_at=NOW + 3600, as_of=0))


def test_older_revocation_that_arrives_later_changes_nothing() -> None:
    revocations = Revocations(clock=lambda: NOW + 899)
    revocations.revoke_subject("anna", 7, NOW, NOW + 900)
    revocations.revoke_subject("anna", 6, NOW - 10, NOW + 1)
    revocations.revoke_session("a-session", NOW + 900)
    revocations.revoke_session("a-session", NOW + 1)
    revocations.forget_expired()
    assert revocations.concern(make_caller(session_id="another", issued_at=NOW - 1))
    assert revocations.concern(make_caller())


def test_revocations_of_expired_tokens_are_removed() -> None:
    revocations = Revocations(clock=lambda: NOW)
    for seconds in (-1, 0, 1):
        revocations.revoke_session(f"session {seconds}", NOW + seconds)
        revocations.revoke_subject(f"subject {seconds}", 7, NOW, NOW + seconds)
    revocations.forget_expired()
    assert len(revocations) == 2
    assert revocations.concern(make_caller(session_id="session 1"))
    assert revocations.concern(make_caller(user_id="subject 1", issued_at=NOW - 1))


def test_clear_removes_all_revocations() -> None:
    revocations = Revocations()
    revocations.revoke_session("a-session", NOW)
    revocations.revoke_subject("anna", 7, NOW, NOW)
    revocations.clear()
    assert len(revocations) == 0
    assert not revocations.concern(make_caller(issued_at=0))
