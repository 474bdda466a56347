"""How late the event loop is: how long what is ready waits for the processor."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from shared_kernel.presentation.http.telemetry.instruments import Histogram

BOUNDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # seconds
PERIOD_SECONDS = 0.25


@asynccontextmanager
async def measure_loop_lag() -> AsyncIterator[Histogram]:
    """Ask to be woken after PERIOD_SECONDS, again and again while the context lasts, and measure how much later it is."""
    histogram = Histogram(
        "event_loop_lag_seconds", "How much later than due a task has run, looked at four times a second", BOUNDS
    )
    task = asyncio.create_task(_measure(histogram))
    try:
        yield histogram
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _measure(histogram: Histogram) -> None:
    while True:
        due = time.perf_counter() + PERIOD_SECONDS
        await asyncio.sleep(PERIOD_SECONDS)
        histogram.observe(max(time.perf_counter() - due, 0.0))
