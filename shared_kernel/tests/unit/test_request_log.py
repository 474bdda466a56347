"""Requests are recorded in batches, in order, once, and soon."""

import asyncio
from collections.abc import Sequence

import pytest

from shared_kernel.presentation.http.telemetry import request_log
from shared_kernel.presentation.http.telemetry.request_log import BATCH_SIZE, Record, RequestLog


class Reader:
    def __init__(self) -> None:
        self.received: list[list[str]] = []
        self.flushed = asyncio.Event()
        self.flushes = 0

    def write(self, records: Sequence[Record]) -> None:
        self.received.append([record.request_id for record in records])

    def flush(self) -> None:
        self.flushes += 1
        self.flushed.set()


def make_record(number: int) -> Record:
    return Record("GET", "/", 200, 0.0, 0.0, "", str(number))


async def test_every_reader_receives_each_record_once_in_batches() -> None:
    first, second = Reader(), Reader()
    noted = RequestLog(first, second)
    for number in range(BATCH_SIZE + 1):
        noted.record(make_record(number))
    assert first.received == second.received == [[str(number) for number in range(BATCH_SIZE)]]
    assert first.flushes == 0
    noted.flush()
    assert first.received[1:] == second.received[1:] == [[str(BATCH_SIZE)]]
    assert first.flushes == second.flushes == 1


async def test_few_records_are_passed_on_after_a_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_log, "FLUSH_SECONDS", 0.01)
    reader = Reader()
    noted = RequestLog(reader)
    for number in range(3):
        noted.record(make_record(number))
        assert reader.received[number:] == []
        await reader.flushed.wait()
        reader.flushed.clear()
    assert reader.received == [["0"], ["1"], ["2"]]
    assert reader.flushes == 3
