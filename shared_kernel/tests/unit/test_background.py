"""Tasks that run while a context lasts."""

import asyncio

import pytest

from shared_kernel.infrastructure.background import in_background


async def test_tasks_run_in_the_context_and_have_ended_after_it() -> None:
    log: list[str] = []

    async def work(name: str) -> None:
        log.append(f"{name} begins")
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            log.append(f"{name} ends")

    async with in_background(work("a"), work("b")):
        await asyncio.sleep(0)
        assert log == ["a begins", "b begins"]
    assert sorted(log[2:]) == ["a ends", "b ends"]


async def test_exception_of_a_task_is_raised_at_the_end() -> None:
    async def fail() -> None:
        raise ValueError("out of order")

    with pytest.raises(ValueError, match="out of order"):
        async with in_background(fail()):
            await asyncio.sleep(0)


async def test_exception_in_the_context_ends_the_tasks_and_is_raised() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def fail() -> None:
        async with in_background(work()):
            await asyncio.sleep(0)
            raise KeyError("context")

    with pytest.raises(KeyError):
        await fail()
    assert ended.is_set()
