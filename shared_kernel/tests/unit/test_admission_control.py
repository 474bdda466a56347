"""Bursts of requests wait; overload is rejected."""

import asyncio
from typing import cast

import pytest

from shared_kernel.presentation.http.application import admission_control
from shared_kernel.presentation.http.application.admission_control import MAX_WAITING_BYTES, SWEEP_SECONDS, AdmissionControl
from shared_kernel.presentation.http.application.slot_wait import MAX_WAIT_SECONDS, MIN_WAIT_SECONDS, SlotWait
from shared_kernel.presentation.http.server.exchange import Exchange


class StubExchange:
    """What AdmissionControl needs of an exchange."""

    def __init__(self, length: int = 0) -> None:
        self.length = length
        self.is_abandoned = False


class Requests:
    """Requests that were admitted and rejected."""

    def __init__(self, slots: int) -> None:
        self.admitted: list[Exchange] = []
        self.rejected: list[Exchange] = []
        self.have_been_rejected = asyncio.Event()
        self.control = AdmissionControl(slots, self.admitted.append, self._reject)

    def _reject(self, exchange: Exchange, _: Exception) -> None:
        self.rejected.append(exchange)
        self.have_been_rejected.set()

    def enter(self, length: int = 0) -> Exchange:
        exchange = cast("Exchange", StubExchange(length))
        self.control.enter(exchange)
        return exchange


async def test_requests_are_admitted_up_to_the_limit_and_others_in_order() -> None:
    requests = Requests(2)
    entered = [requests.enter() for _ in range(5)]
    assert requests.admitted == entered[:2]
    requests.control.leave()
    requests.control.leave()
    assert requests.admitted == entered[:4]
    for _ in range(3):
        requests.control.leave()
    assert requests.admitted == entered
    assert requests.rejected == []
    assert requests.enter() in requests.admitted


async def test_abandoned_request_is_not_admitted() -> None:
    requests = Requests(1)
    first, abandoned, last = [requests.enter() for _ in range(3)]
    cast("StubExchange", abandoned).is_abandoned = True
    requests.control.leave()
    assert requests.admitted == [first, last]


class Clock:
    """A clock that goes on as it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(admission_control, "time", clock)
    return clock


async def test_request_that_waits_too_long_is_rejected(clock: Clock) -> None:
    requests = Requests(1)
    first, second, third = [requests.enter() for _ in range(3)]
    clock.now += MAX_WAIT_SECONDS * 1.01
    await requests.have_been_rejected.wait()
    assert requests.rejected == [second, third]
    requests.control.leave()
    assert requests.admitted == [first]
    assert requests.enter() in requests.admitted


@pytest.mark.parametrize(("freed_at_once", "wait"), [(100, MIN_WAIT_SECONDS), (20, 0.3), (1, MAX_WAIT_SECONDS)])
async def test_requests_wait_the_longer_the_slower_slots_become_free(clock: Clock, freed_at_once: int, wait: float) -> None:
    requests = Requests(100)
    for _ in range(2000):
        requests.enter()
    began = clock.now
    while not requests.rejected:
        for _ in range(freed_at_once):
            requests.control.leave()
        clock.now += SWEEP_SECONDS
        requests.control._sweep()
    assert wait - SWEEP_SECONDS < clock.now - began < wait + 2 * SWEEP_SECONDS
    assert requests.rejected[0] not in requests.admitted


async def test_time_in_which_nobody_waited_does_not_count_as_slow(clock: Clock) -> None:
    requests = Requests(100)
    for _ in range(200):
        requests.enter()
    for _ in range(200):
        requests.control.leave()
    clock.now += 3600
    for _ in range(500):
        requests.enter()
    for _ in range(100):
        requests.control.leave()
    clock.now += SWEEP_SECONDS
    requests.control._sweep()
    assert requests.control._wait.seconds == MIN_WAIT_SECONDS


@pytest.mark.parametrize(("a_second", "seconds"), [(6_700, 0.229), (16_000, MIN_WAIT_SECONDS), (0, MAX_WAIT_SECONDS)])
def test_the_wait_follows_the_speed_up_and_down(a_second: int, seconds: float) -> None:
    wait = SlotWait(512)
    for before in (16_000, 1_000, a_second):
        for _ in range(60):
            wait.observe(round(before * SWEEP_SECONDS), SWEEP_SECONDS)
    assert wait.seconds == pytest.approx(seconds, abs=0.005)


async def test_bytes_of_waiting_bodies_are_limited() -> None:
    requests = Requests(1)
    requests.enter()
    half = MAX_WAITING_BYTES // 2
    waiting = [requests.enter(half), requests.enter(half)]
    one_too_many = requests.enter(1)
    assert requests.rejected == [one_too_many]
    requests.control.leave()
    assert requests.admitted[1:] == waiting[:1]
    assert requests.enter(half) not in requests.rejected
