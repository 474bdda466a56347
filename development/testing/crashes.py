"""Kills a Tarantool under load, many times, and looks for every write that was acknowledged."""

import asyncio
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from testing.key_value_operations import Answer, Read, Write
from testing.processes import START_SECONDS, Service, Tarantool
from testing.recorded_load import Client, Load, Record, Seen

WRITERS = 8
LIVELY = 20  # operations that a life of Tarantool has at least
LONGEST_REST_SECONDS = 0.2
MOST_KEYS = 1000


@dataclass(frozen=True)
class Losses:
    """What became of the writes."""

    kills: int
    acknowledged: int
    unknown: int
    lost: list[str]


async def kill_and_restart(database: Tarantool, record: Record) -> None:
    """Let something be answered, kill at a random moment, and start again."""
    await record.grow(by=LIVELY)
    await asyncio.sleep(random.uniform(0, LONGEST_REST_SECONDS))  # noqa: S311
    await asyncio.to_thread(database.kill)
    await asyncio.to_thread(database.start)


async def count_losses(service: Service, database: Tarantool, token: str, kills: int) -> Losses:
    """Kill that many times. Each writer counts in one key and leaves another for each number, both in one transaction."""

    def choose(writer: int, number: int) -> Write:
        return Write({_counter(writer): number, _trace(writer, number): number})

    counters = [_counter(writer) for writer in range(WRITERS)]
    lost: list[str] = []
    async with Load(service.port, token, WRITERS, choose) as load, Client(WRITERS, service.port, token, Record()) as reader:
        for _ in range(kills):
            await kill_and_restart(database, load.record)
            # A writer that goes on would hide that its counter went back.
            acknowledged = _acknowledged(load.record)
            found = await _read(reader, counters)
            lost += [f"{key}: {acknowledged[key]}" for key in counters if found.get(key, -1) < acknowledged.get(key, -1)]
    async with Client(WRITERS, service.port, token, Record()) as reader:
        found = await _read(reader, counters)
        # What a counter tells was written with its trace or not at all.
        expected = {_trace(writer, found[key]) for writer, key in enumerate(counters) if key in found} | _acknowledged(
            load.record
        ).keys()
        lost += sorted(expected - (await _read(reader, expected)).keys())
    unknown = sum(one.returned is None for one in load.record.seen)
    return Losses(kills, len(load.record.seen) - unknown, unknown, lost)


def _counter(writer: int) -> str:
    return f"counter-{writer}"


def _trace(writer: int, number: int) -> str:
    return f"trace-{writer}-{number}"


def _data(one: Seen) -> Mapping[str, int]:
    assert isinstance(one.call, Write)
    return one.call.data


def _acknowledged(record: Record) -> dict[str, int]:
    """Return the last number of each key that was told to be written."""
    acknowledged: dict[str, int] = {}
    for one in record.seen:
        if one.returned is not None:
            acknowledged |= _data(one)
    return acknowledged


async def _read(reader: Client, keys: Iterable[str]) -> Mapping[str, int]:
    different = list(dict.fromkeys(keys))
    found: dict[str, int] = {}
    async with asyncio.timeout(START_SECONDS):
        for start in range(0, len(different), MOST_KEYS):
            answer: Answer = None
            while not isinstance(answer, Mapping):
                answer = await reader.ask(Read(different[start : start + MOST_KEYS]))
            found |= answer["data"]
    return found
