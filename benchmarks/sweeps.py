"""Series for plots: cost and throughput by one size. One round a point: trends, not verdicts."""

from collections.abc import Sequence

from benchmarks.bench import Bench
from benchmarks.contestants import Contestant, three_contestants
from benchmarks.works import ETCD, KEYS, READ_ONE, VARIANTS, Request, batches, etcd_read, etcd_write, read, write

MAX_ETCD_BATCH = 128  # its default --max-txn-ops
MAX_BYTES_A_SCRIPT = 8 * 1024 * 1024


def measure_batch_sizes(bench: Bench) -> None:
    """Measure the cost of a pair, with one to a thousand in a request."""
    with three_contestants(bench.stage) as contestants:
        for size in bench.durations.batch_sizes:
            for contestant in contestants:
                if contestant.name == ETCD and size > MAX_ETCD_BATCH:
                    continue
                of_read, of_write = (etcd_read, etcd_write) if contestant.name == ETCD else (read, write)
                _point(bench, "batch_size", "read", contestant, size, [of_read(keys) for keys in batches(size)])
                _point(bench, "batch_size", "write", contestant, size, [of_write(keys) for keys in batches(size)])


def measure_value_sizes(bench: Bench) -> None:
    """Measure values from a few bytes to the maximum size."""
    with three_contestants(bench.stage) as contestants:
        for size in bench.durations.value_bytes:
            value = "v" * (size - 2)  # and its quotes
            keys = KEYS[: max(1, min(VARIANTS, MAX_BYTES_A_SCRIPT // size))]
            for contestant in contestants:
                of_read, of_write = (etcd_read, etcd_write) if contestant.name == ETCD else (read, write)
                # The reads find what the writes have left.
                _point(bench, "value_bytes", "write", contestant, size, [of_write([key], value) for key in keys])
                _point(bench, "value_bytes", "read", contestant, size, [of_read([key]) for key in keys])


def measure_connections(bench: Bench) -> None:
    """Measure one to a thousand clients, each of which waits for its response before the next request."""
    with three_contestants(bench.stage) as contestants:
        for connections in bench.durations.connections:
            for contestant in contestants:
                requests = READ_ONE.requests(contestant.name)
                _point(bench, "connections", "read", contestant, connections, requests, connections)


def _point(
    bench: Bench,
    sweep: str,
    operation: str,
    contestant: Contestant,
    at: int,
    requests: Sequence[Request],
    connections: int | None = None,
) -> None:
    sample = bench.wrk.run(contestant, requests, bench.durations.sweep_seconds, connections)
    points = bench.report.series.setdefault(sweep, {}).setdefault(operation, {}).setdefault(contestant.name, [])
    points.append(
        {
            "at": at,
            "per_second": sample.per_second,
            "cpu_seconds_per_million": sample.cpu_seconds_per_million,
            "p50": sample.p50,
            "p99": sample.p99,
            "refused": sample.refused,
            "broken": sample.broken,
        }
    )
