"""The clock that decides what is forgotten."""

import pytest

from shared_kernel.application.authentication import Caller
from shared_kernel.infrastructure.clocks import make_earliest_clock
from shared_kernel.infrastructure.revocations import Revocations

NOW = 1_800_000_000.0
HOUR = 3600.0


class Machine:
    """A wall clock that can be set, and a monotonic one."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.offset = 0.0

    def wall(self) -> float:
        return NOW + self.passed + self.offset

    def monotonic(self) -> float:
        return 5.0 + self.passed


@pytest.mark.parametrize(("offset", "expected"), [(0.0, NOW + 60), (HOUR, NOW + 60), (-HOUR, NOW + 60 - HOUR)])
def test_earlier_clock_counts(offset: float, expected: float) -> None:
    machine = Machine()
    clock = make_earliest_clock(machine.wall, machine.monotonic)
    machine.passed, machine.offset = 60.0, offset
    assert clock() == expected


def test_clock_that_was_ahead_from_the_start_is_corrected() -> None:
    machine = Machine()
    machine.offset = HOUR
    clock = make_earliest_clock(machine.wall, machine.monotonic)
    machine.offset = 0.0
    assert clock() == NOW


def test_revocation_is_not_forgotten_while_the_clock_is_ahead() -> None:
    machine = Machine()
    revocations = Revocations(make_earliest_clock(machine.wall, machine.monotonic))
    revocations.revoke_session("a-session", NOW + 900)
    machine.offset = HOUR
    revocations.forget_expired()
    machine.offset = 0.0
    assert revocations.concern(Caller("anna", frozenset(), "a-session"))
    machine.passed = 900.0
    revocations.forget_expired()
    assert len(revocations) == 0
