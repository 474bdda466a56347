"""Run the open loop (open_loop.py) on the load's cores and merge the results of its processes."""

import json
import math
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.contestants import Contestant
from benchmarks.machine import Layout, running_on
from benchmarks.open_loop import NUMBER, Outcome, Plan
from benchmarks.works import Request

PROGRAM = Path(__file__).parent / "open_loop.py"
SECONDS_TO_START = 1.0
MAX_LAG_MILLISECONDS = 1.0  # at the 99th percentile
MAX_TURNS = 3  # times the wanted number
PERCENTILES = (50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9)
OK = 200
NUMBER_MARK = "########"


@dataclass(frozen=True)
class Answered:
    """The outcome of a request. `number`: the eight digits that replaced NUMBER_MARK in it."""

    number: str
    due: float  # seconds from the start
    milliseconds: float
    status: int


@dataclass(frozen=True)
class Run:
    """All requests of one run, ordered by due time within each process."""

    answers: list[Answered]
    retry_after: int
    lag_p99: float  # milliseconds of delay in the generator itself

    def percentiles(self) -> dict[float, float]:
        """Return the latency of successful requests: milliseconds by percent."""
        done = sorted(answer.milliseconds for answer in self.answers if answer.status == OK)
        return {percent: percentile(done, percent) for percent in PERCENTILES}

    @property
    def was_disturbed(self) -> bool:
        """Whether the generator was late. It has its own core and only waits, so the whole machine was held up."""
        return self.lag_p99 > MAX_LAG_MILLISECONDS

    @property
    def failed(self) -> int:
        """The number of requests that did not succeed, for any reason."""
        return sum(answer.status != OK for answer in self.answers)


def p99s(runs: Iterable[Run]) -> list[float]:
    """Return the 99th percentile of each: milliseconds."""
    return [run.percentiles()[99.0] for run in runs]


Turn = tuple[Run, ...]
"""Consecutive runs that are compared with each other."""


def take_turns(wanted: int, turn: Callable[[], Turn]) -> list[Turn]:
    """Repeat until `wanted` turns were not disturbed, or MAX_TURNS times as many were taken."""
    turns: list[Turn] = []
    while len(_find_undisturbed(turns)) < wanted and len(turns) < MAX_TURNS * wanted:
        turns.append(turn())
    return turns


def choose_undisturbed(turns: Sequence[Turn], what: str, remarks: list[str]) -> Sequence[Turn]:
    """Return the undisturbed turns, or all if there is none; add a remark on the others."""
    found = _find_undisturbed(turns)
    if len(found) < len(turns):
        counted = f"only the other {len(found)} count" if found else "they count nevertheless"
        remarks.append(
            f"{what}: in {len(turns) - len(found)} of {len(turns)} turns the generator itself was late, "
            f"by more than {MAX_LAG_MILLISECONDS:.0f} ms at p99; {counted}."
        )
    return found or turns


def _find_undisturbed(turns: Sequence[Turn]) -> list[Turn]:
    return [turn for turn in turns if not any(run.was_disturbed for run in turn)]


def percentile(in_order: Sequence[float], percent: float) -> float:
    """Return the value that `percent` of the values do not exceed; infinity if there are no values."""
    if not in_order:
        return float("inf")
    return in_order[max(1, math.ceil(len(in_order) * percent / 100)) - 1]


def run_at_fixed_rate(
    contestant: Contestant,
    requests: Sequence[Request],
    phases: Iterable[tuple[float, float]],
    layout: Layout,
    *,
    connections: int = 128,
    waits_for_connection: bool = True,
) -> Run:
    """Send requests at each phase's rate (a second) for its time (seconds), whatever the responses. Small requests only."""
    processes = len(layout.load)
    starts_at = time.monotonic() + SECONDS_TO_START
    texts = [text.decode("latin-1") for text in contestant.on_the_wire(requests)]
    with tempfile.TemporaryDirectory() as folder:
        running = []
        for number, core in enumerate(sorted(layout.load)):
            plan = Plan(
                port=contestant.port,
                phases=[(rate / processes, seconds) for rate, seconds in phases],
                connections=connections // processes,
                requests=[text.replace(NUMBER_MARK, f"{number}{NUMBER.decode()}") for text in texts],
                waits_for_connection=waits_for_connection,
                seed=number,
                starts_at=starts_at,
            )
            running.append(_start(plan, core, Path(folder, str(number))))
        runs = [_collect(process, file) for process, file in running]
    lags = sorted(left - due for outcome in runs for due, left in zip(outcome.due, outcome.left, strict=True))
    return Run(
        [
            Answered(f"{process}{number:07d}", *one)
            for process, outcome in enumerate(runs)
            for number, one in enumerate(zip(outcome.due, outcome.milliseconds, outcome.statuses, strict=True))
        ],
        sum(outcome.retry_after for outcome in runs),
        percentile(lags, 99) * 1000,
    )


def _start(plan: Plan, core: int, file: Path) -> tuple[subprocess.Popen[str], Path]:
    with running_on(frozenset([core])):
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    assert process.stdin is not None
    json.dump(asdict(plan), process.stdin)
    process.stdin.close()
    return process, file


def _collect(process: subprocess.Popen[str], file: Path) -> Outcome:
    assert process.stdout is not None
    with process:
        output = process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"the open loop ended with {process.returncode}")
    counts = json.loads(output)
    columns: list[array[Any]] = []
    with file.open("rb") as stored:
        for _, kind in Outcome.FIELDS:
            column = array(kind)
            column.fromfile(stored, counts["requests"])
            columns.append(column)
    due, left, milliseconds, statuses = columns
    return Outcome(due, left, milliseconds, statuses, counts["retry_after"])
