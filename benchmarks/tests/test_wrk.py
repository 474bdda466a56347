"""Reading what wrk printed."""

import pytest

from benchmarks.wrk import parse

OUTPUT = """Running 3s test @ http://127.0.0.1:9080
  2 threads and 32 connections
Requests/sec:   6612.02
summary: {"requests": 30000, "microseconds": 3000000, "refused": 6000, "broken": 1, "p50": 1500, "p90": 2500, "p99": 12250}
"""


def test_rates_are_of_what_was_done() -> None:
    sample = parse(OUTPUT, cpu_seconds=2.4)
    assert sample.per_second == 8000
    assert sample.cpu_seconds_per_million == pytest.approx(100)
    assert (sample.refused, sample.broken) == (6000, 1)


def test_latency_is_in_milliseconds() -> None:
    sample = parse(OUTPUT, cpu_seconds=1)
    assert (sample.p50, sample.p90, sample.p99) == (1.5, 2.5, 12.25)


def test_where_nothing_was_done_a_request_cost_infinitely_much() -> None:
    sample = parse(OUTPUT.replace("6000", "30000"), cpu_seconds=1)
    assert sample.per_second == 0
    assert sample.cpu_seconds_per_million == float("inf")


def test_output_without_summary_is_refused() -> None:
    with pytest.raises(ValueError, match="unable to connect"):
        parse("unable to connect to 127.0.0.1:9080", cpu_seconds=1)
