"""Runs the open loop (open_loop.py) on the load's cores and puts together what its processes saw."""

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
MAX_TURNS = 3  # times as many as are wanted
PERCENTILES = (50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9)
OK = 200
NUMBER_MARK = "########"


@dataclass(frozen=True)
class Answered:
    """What happened to a request. `number` has eight digits and is what NUMBER_MARK became in it."""

    number: str
    due: float  # seconds from the start
    milliseconds: float
    status: int


@dataclass(frozen=True)
class Run:
    """All requests of one run, in the order in which they were due within each process."""

    answers: list[Answered]
    retry_after: int
    lag_p99: float  # milliseconds by which the generator itself was late

    def percentiles(self) -> dict[float, float]:
        """Return the latency of what was done: milliseconds by percent."""
        done = sorted(answer.milliseconds for answer in self.answers if answer.status == OK)
        return {percent: percentile(done, percent) for percent in PERCENTILES}

    @property
    def was_disturbed(self) -> bool:
        """Whether the generator was late, which has a core to itself and only waits: something held the whole machine up."""
        return self.lag_p99 > MAX_LAG_MILLISECONDS

    @property
    def failed(self) -> int:
        """How many requests were not done, for whatever reason."""
        return sum(answer.status != OK for answer in self.answers)


def p99s(runs: Iterable[Run]) -> list[float]:
    """Return the 99th percentile of each: milliseconds."""
    return [run.percentiles()[99.0] for run in runs]


Turn = tuple[Run, ...]
"""Runs one after the other that are compared with each other."""


def take_turns(wanted: int, turn: Callable[[], Turn]) -> list[Turn]:
    """Repeat until so many turns were not disturbed, or MAX_TURNS times as many were taken."""
    turns: list[Turn] = []
    while len(_find_undisturbed(turns)) < wanted and len(turns) < MAX_TURNS * wanted:
        turns.append(turn())
    return turns


def choose_undisturbed(turns: Sequence[Turn], what: str, remarks: list[str]) -> Sequence[Turn]:
    """Return the turns that count: those that were not disturbed; all, where there is none. Add a remark on the others."""
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
    """Return the value that so many percent of the values do not exceed; infinity where there are none."""
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
    """Send requests at each phase's rate (a second) for its time (seconds), whatever comes back. Small requests only."""
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
