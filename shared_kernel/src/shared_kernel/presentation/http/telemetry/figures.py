"""The figures of a service: of one process, or of all its workers, whichever is asked."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared_kernel.presentation.http.telemetry.instruments import Counter, Exemplar, Exemplars, Gauge, Histogram

PUBLISH_SECONDS = 1.0

Row = list[float]


@dataclass
class Figures:
    """Numbers by the names of instruments and the values of their labels, and the CPU seconds of what has measured them."""

    histograms: dict[str, dict[tuple[str, ...], Row]] = field(default_factory=dict)
    exemplars: dict[str, Exemplars] = field(default_factory=dict)
    readings: dict[str, dict[tuple[str, ...], float]] = field(default_factory=dict)
    cpu_seconds: float = 0.0

    def encode(self) -> bytes:
        """Return the figures as JSON."""
        exemplars = {name: {labels: list(row.items()) for labels, row in rows.items()} for name, rows in self.exemplars.items()}
        groups = (self.histograms, exemplars, self.readings)
        return json.dumps(
            [[[n, list(group.items())] for n, group in each.items()] for each in groups] + [self.cpu_seconds]
        ).encode()

    @classmethod
    def decode(cls, text: bytes) -> "Figures":
        """Return the figures that were encoded."""
        histograms, exemplars, readings, cpu_seconds = json.loads(text)
        restored = {
            name: {labels: {bucket: Exemplar(*exemplar) for bucket, exemplar in row} for labels, row in rows.items()}
            for name, rows in _restore(exemplars).items()
        }
        return cls(_restore(histograms), restored, _restore(readings), cpu_seconds)


def _restore(groups: list[Any]) -> dict[str, dict[tuple[str, ...], Any]]:
    return {name: {tuple(labels): value for labels, value in group} for name, group in groups}


class ServiceFigures:
    """Measures this process and, in a folder that workers share, adds up what all of them have measured.

    Workers publish their figures every PUBLISH_SECONDS. What has been counted stays when a worker ends, so that no total shrinks.
    The instruments are those of the whole service, which sets them when it starts.
    """

    def __init__(self, instruments: Iterable[Gauge | Histogram], folder: Path | None) -> None:
        self.instruments = tuple(instruments)
        self.folder = folder

    @asynccontextmanager
    async def published(self) -> AsyncIterator[None]:
        """Publish while the context lasts, and at its end, if there are other workers."""
        if self.folder is None:
            yield
            return
        task = asyncio.create_task(self._publish_for_ever(self.folder))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            self._publish(self.folder)

    def measure(self) -> Figures:
        """Return the figures of this process."""
        figures = Figures(cpu_seconds=time.process_time())
        for instrument in self.instruments:
            if isinstance(instrument, Histogram):
                figures.histograms[instrument.name] = {labels: list(row) for labels, row in list(instrument.rows.items())}
                # Looked at by the thread that serves the metrics, while others are added.
                exemplars = {labels: dict(row) for labels, row in list(instrument.exemplars.items())}
                figures.exemplars[instrument.name] = exemplars
            else:
                figures.readings[instrument.name] = dict(instrument.read_all())
        return figures

    def add_up(self) -> tuple[Figures, list[int]]:
        """Return the figures of all workers, and the process ids of those that run."""
        total, running = self.measure(), [os.getpid()]
        for path in [] if self.folder is None else sorted(self.folder.glob("*.json")):
            process = int(path.stem)
            if process == running[0]:
                continue
            with suppress(OSError):
                figures = Figures.decode(path.read_bytes())
                is_running = _is_running(process)
                self._add(total, figures, is_running=is_running)
                if is_running:
                    running.append(process)
        return total, running

    def _add(self, total: Figures, other: Figures, *, is_running: bool) -> None:
        total.cpu_seconds += other.cpu_seconds
        for instrument in self.instruments:
            name = instrument.name
            if isinstance(instrument, Histogram):
                rows = total.histograms[name]
                for labels, row in other.histograms.get(name, {}).items():
                    known = rows.get(labels)
                    rows[labels] = row if known is None else [mine + theirs for mine, theirs in zip(known, row, strict=True)]
                _merge(total.exemplars[name], other.exemplars.get(name, {}))
            elif is_running or isinstance(instrument, Counter):
                _combine(instrument, total.readings[name], other.readings.get(name, {}))

    async def _publish_for_ever(self, folder: Path) -> None:
        while True:
            self._publish(folder)
            await asyncio.sleep(PUBLISH_SECONDS)

    def _publish(self, folder: Path) -> None:
        path = folder / f"{os.getpid()}.json"
        unfinished = path.with_suffix(".new")
        with suppress(OSError):  # a full disk; the next one may succeed
            unfinished.write_bytes(self.measure().encode())
            unfinished.replace(path)  # no reader finds half of it


def _merge(known: Exemplars, others: Exemplars) -> None:
    """Add the exemplars of another worker; the newer one of each bucket stays."""
    for labels, buckets in others.items():
        row = known.setdefault(labels, {})
        for bucket, exemplar in buckets.items():
            if bucket not in row or row[bucket].seen_at < exemplar.seen_at:
                row[bucket] = exemplar


def _combine(instrument: Gauge, total: dict[tuple[str, ...], float], other: Mapping[tuple[str, ...], float]) -> None:
    for labels, value in other.items():
        known = total.get(labels)
        if known is None:
            total[labels] = value
        else:
            total[labels] = max(known, value) if instrument.is_shared else known + value


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True
