"""Overload, five times the capacity: goodput, refusals, lost writes, recovery."""

from collections.abc import Iterable, Sequence
from statistics import median

import httpx

from benchmarks.bench import Bench
from benchmarks.contestants import MEMORY, Contestant
from benchmarks.fixed_rate import NUMBER_MARK, OK, Answered, Run, percentile, run_at_fixed_rate
from benchmarks.machine import running_on
from benchmarks.open_loop import CONNECTION_LOST, NO_ANSWER, NOT_SENT
from benchmarks.report import at_least, at_most
from benchmarks.works import KEYS, Request, batches, read, write
from test_support.processes import Tarantool, wait_until

TIMES_CAPACITY = 5
CONNECTIONS = 2000
CALM_SECONDS = 2.0
CALM_SHARE = 0.5  # of capacity
RAMP_SECONDS = 0.5  # of the storm: not counted, while the queue fills
REFUSED = 503
KEY = f"storm-{NUMBER_MARK}"
# Reads and writes in turn; each write has a key of its own, to be read after the storm.
REQUESTS = [write([KEY], 1), read(KEYS[:1])]

WINDOW_SECONDS = 0.1
WINDOWS_IN_A_ROW = 3
CALM_MILLISECONDS = 10.0  # a median below this is calm, whatever it was before the storm

GOODPUT = at_least(0.8, "× peak")
POLITE = at_least(1.0, "of what was sent and not done")
QUICK_REFUSAL = at_most(150, "ms", decimals=1)
NOTHING_LOST = at_most(0, "writes", decimals=0)
RECOVERY = at_most(1.0, "s")


def measure_overload(bench: Bench) -> None:
    """Measure calm, storm, calm; then kill and restart Tarantool, and read every acknowledged write."""
    with (
        bench.stage.tarantool("tarantool_in_storm", TARANTOOL_MEMTX_MEMORY=MEMORY) as tarantool,
        bench.stage.key_value_service(tarantool, "service_in_storm") as service,
    ):
        service.send(write(KEYS))
        peak = _measure_peak(bench, service)
        storm_ends = CALM_SECONDS + bench.durations.storm_seconds
        calm = (peak * CALM_SHARE, CALM_SECONDS)
        run = run_at_fixed_rate(
            service,
            REQUESTS,
            [calm, (peak * TIMES_CAPACITY, bench.durations.storm_seconds), calm],
            bench.stage.layout,
            connections=CONNECTIONS,
            waits_for_connection=False,
        )
        lost = _count_lost(bench, service, tarantool, run)
    _report(bench, run, peak, storm_ends, lost)


def _measure_peak(bench: Bench, service: Contestant) -> float:
    requests = [request for keys in batches(1) for request in (write(keys), read(keys))]
    bench.wrk.run(service, requests, 1)
    return max(bench.wrk.run(service, requests, bench.durations.seconds, connections).per_second for connections in (32, 128))


def _count_lost(bench: Bench, service: Contestant, tarantool: Tarantool, run: Run) -> int:
    tarantool.kill()
    with running_on(bench.stage.layout.store):
        tarantool.start()
    wait_until(lambda: _answers(service, read(KEYS[:1])), "the service back with its Tarantool")
    keys = [KEY.replace(NUMBER_MARK, one.number) for one in run.answers if one.status == OK and int(one.number[1:]) % 2 == 0]
    return sum(len(service.send(read(keys[start : start + 1000])).json()["missing"]) for start in range(0, len(keys), 1000))


def _answers(service: Contestant, request: Request) -> bool:
    try:
        service.send(request)
    except httpx.HTTPError:
        return False
    return True


def _report(bench: Bench, run: Run, peak: float, storm_ends: float, lost: int) -> None:
    report = bench.report
    begin = CALM_SECONDS + RAMP_SECONDS
    storm = [one for one in run.answers if begin <= one.due < storm_ends]
    counts = {status: sum(one.status == status for one in storm) for status in {one.status for one in storm}}
    done, refused = counts.get(OK, 0), counts.get(REFUSED, 0)
    sent = len(storm) - counts.get(NOT_SENT, 0)
    goodput = done / (storm_ends - begin)
    refusals = sorted(one.milliseconds for one in storm if one.status == REFUSED)
    report.series["overload"] = {
        "peak_per_second": peak,
        "offered_per_second": len(storm) / (storm_ends - begin),
        "goodput_per_second": goodput,
        "statuses": {str(status): count for status, count in counts.items()},
        "refusal_milliseconds": {str(percent): percentile(refusals, percent) for percent in (50, 90, 99)} if refusals else {},
        "done_milliseconds": {
            str(percent): percentile(sorted(one.milliseconds for one in storm if one.status == OK), percent)
            for percent in (50, 90, 99)
        },
        "timeline": _timeline(run.answers),
    }
    report.add(f"overload, {TIMES_CAPACITY} × capacity: offered/s", [f"{len(storm) / (storm_ends - begin):,.0f}"])
    report.hold("… done/s", goodput / peak, GOODPUT, [f"{goodput:,.0f}"])
    _report_refusals(bench, refusals, run.retry_after, sent - done, refused)
    report.hold("… acknowledged and lost", lost, NOTHING_LOST)
    report.hold("… recovery after the storm", recovery_seconds(run.answers, CALM_SECONDS, storm_ends), RECOVERY)
    report.remarks.append(
        f"Overload: of {len(storm):,} requests {counts.get(NOT_SENT, 0):,} found none of {CONNECTIONS:,} connections free, "
        f"{counts.get(CONNECTION_LOST, 0):,} lost theirs, {counts.get(NO_ANSWER, 0):,} were not answered."
    )


def _report_refusals(bench: Bench, refusals: Sequence[float], retry_after: int, not_done: int, refused: int) -> None:
    polite = min(refused, retry_after) / not_done if not_done else 0.0
    bench.report.hold("… refused with 503 and Retry-After", polite, POLITE, [f"{refused:,}"])
    if refusals:
        bench.report.hold("… p99 of a refusal", percentile(refusals, 99), QUICK_REFUSAL)


def recovery_seconds(answers: Iterable[Answered], calm_seconds: float, storm_ends: float) -> float:
    """Return the seconds from the end of the storm until recovery; infinite if there was none.

    It is over when, in three windows of 100 ms in a row, every request is done and the median latency is at most twice that of
    the calm before the storm.
    """
    answers = list(answers)
    before = median(one.milliseconds for one in answers if one.due < calm_seconds and one.status == OK)
    calm = max(2 * before, CALM_MILLISECONDS)
    windows: dict[int, list[Answered]] = {}
    for one in answers:
        if one.due >= storm_ends:
            windows.setdefault(int((one.due - storm_ends) / WINDOW_SECONDS), []).append(one)
    in_a_row = 0
    for number in range(max(windows, default=-1) + 1):
        window = windows.get(number, [])
        is_calm = all(one.status == OK for one in window) and (not window or median(one.milliseconds for one in window) <= calm)
        in_a_row = in_a_row + 1 if is_calm else 0
        if in_a_row == WINDOWS_IN_A_ROW:
            return (number - WINDOWS_IN_A_ROW + 1) * WINDOW_SECONDS
    return float("inf")


def _timeline(answers: Sequence[Answered]) -> list[dict[str, float]]:
    windows: dict[int, list[Answered]] = {}
    for one in answers:
        windows.setdefault(int(one.due / WINDOW_SECONDS), []).append(one)
    return [
        {
            "at": number * WINDOW_SECONDS,
            "offered": len(window) / WINDOW_SECONDS,
            "done": sum(one.status == OK for one in window) / WINDOW_SECONDS,
            "refused": sum(one.status == REFUSED for one in window) / WINDOW_SECONDS,
        }
        for number, window in sorted(windows.items())
    ]
