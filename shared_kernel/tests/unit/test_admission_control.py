"""Bursts of requests wait; overload is rejected."""

import asyncio
from typing import cast

import pytest

from shared_kernel.presentation.http.application import admission_control
from shared_kernel.presentation.http.application.admission_control import MAX_WAITING_BYTES, SWEEP_SECONDS, AdmissionControl
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
        self.control = AdmissionControl(slots, self.admitted.append, lambda exchange, _: self.rejected.append(exchange))

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


async def test_request_that_waits_too_long_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission_control, "MAX_WAIT_SECONDS", 0.0)
    requests = Requests(1)
    first, second, third = [requests.enter() for _ in range(3)]
    await asyncio.sleep(5 * SWEEP_SECONDS)
    assert requests.rejected == [second, third]
    requests.control.leave()
    assert requests.admitted == [first]
    assert requests.enter() in requests.admitted


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
