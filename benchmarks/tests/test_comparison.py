"""Clients in turn."""

from dataclasses import replace
from functools import partial

import pytest

from benchmarks.bench import QUICK, Bench
from benchmarks.comparison import CLIENT, compare, measure_rate
from benchmarks.report import Report

ONE_CALL = replace(QUICK, rounds=2, client_seconds=0.0)


@pytest.fixture
def bench() -> Bench:
    return Bench(None, None, ONE_CALL, Report({}, "2026-01-31", quick=True))  # type: ignore[arg-type] # it starts nothing


def test_clients_take_turns_after_each_has_warmed_up(bench: Bench) -> None:
    called: list[str] = []
    rates = compare(bench, "get", {name: partial(called.append, name) for name in (CLIENT, "httpx", "redis-py")})
    assert called == [CLIENT, "httpx", "redis-py"] * 3
    assert {name: len(of_one) for name, of_one in rates.items()} == {CLIENT: 2, "httpx": 2, "redis-py": 2}


def test_ours_is_shown_beside_each_rival_whoever_wins(bench: Bench) -> None:
    compare(bench, "get", {CLIENT: list, "httpx": list, "redis-py": list})
    assert [row[0].partition(" (")[0] for row in bench.report.rows] == ["get, beside httpx", "get, beside redis-py"]
    assert [row[4].partition(" × ")[2] for row in bench.report.rows] == ["httpx", "redis-py"]


def test_operations_count_not_calls(bench: Bench) -> None:
    rates = compare(bench, "get", {CLIENT: list}, operations=10**12)
    assert all(rate > 10**6 for rate in rates[CLIENT])
    assert bench.report.series["client_library"] == {"get": rates}
    assert bench.report.rows == []


def test_what_takes_longer_than_its_time_is_measured_once() -> None:
    called: list[int] = []
    assert measure_rate(lambda: called.append(1), seconds=0.0) > 0
    assert called == [1]
