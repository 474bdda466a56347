"""Bursts wait, storms are refused."""

import asyncio
from typing import cast

import pytest

from shared_kernel.presentation.http.application import admission_control
from shared_kernel.presentation.http.application.admission_control import MAX_WAITING_BYTES, SWEEP_SECONDS, AdmissionControl
from shared_kernel.presentation.http.server.exchange import Exchange


class StubExchange:
    """What a door looks at."""

    def __init__(self, length: int = 0) -> None:
        self.length = length
        self.is_abandoned = False


class Guests:
    """Those who were admitted and those who were refused."""

    def __init__(self, most: int) -> None:
        self.admitted: list[Exchange] = []
        self.refused: list[Exchange] = []
        self.door = AdmissionControl(most, self.admitted.append, lambda exchange, _: self.refused.append(exchange))

    def come(self, length: int = 0) -> Exchange:
        exchange = cast("Exchange", StubExchange(length))
        self.door.enter(exchange)
        return exchange


async def test_as_many_as_there_are_places_are_admitted_and_the_others_in_turn() -> None:
    guests = Guests(2)
    come = [guests.come() for _ in range(5)]
    assert guests.admitted == come[:2]
    guests.door.leave()
    guests.door.leave()
    assert guests.admitted == come[:4]
    for _ in range(3):
        guests.door.leave()
    assert guests.admitted == come
    assert guests.refused == []
    assert guests.come() in guests.admitted


async def test_who_has_gone_is_not_admitted() -> None:
    guests = Guests(1)
    first, gone, last = [guests.come() for _ in range(3)]
    cast("StubExchange", gone).is_abandoned = True
    guests.door.leave()
    assert guests.admitted == [first, last]


async def test_who_waits_for_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission_control, "MAX_WAIT_SECONDS", 0.0)
    guests = Guests(1)
    first, second, third = [guests.come() for _ in range(3)]
    await asyncio.sleep(5 * SWEEP_SECONDS)
    assert guests.refused == [second, third]
    guests.door.leave()
    assert guests.admitted == [first]
    assert guests.come() in guests.admitted


async def test_large_bodies_do_not_pile_up_in_the_line() -> None:
    guests = Guests(1)
    guests.come()
    half = MAX_WAITING_BYTES // 2
    waiting = [guests.come(half), guests.come(half)]
    one_too_many = guests.come(1)
    assert guests.refused == [one_too_many]
    guests.door.leave()
    assert guests.admitted[1:] == waiting[:1]
    assert guests.come(half) not in guests.refused
