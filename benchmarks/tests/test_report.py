"""Verdicts and the table."""

from pathlib import Path

import pytest

from benchmarks.report import BEGIN, END, MISSED, REACHED, Report, at_least, at_most, replace_table

MACHINE = dict.fromkeys(
    ("cpu", "cores", "kernel", "layout", "python", "tarantool", "uvicorn", "asynctnt", "etcd", "wrk"), "something"
)


@pytest.fixture
def report() -> Report:
    report = Report(MACHINE, "2026-01-31", quick=False)
    report.hold("/read", 2.999, at_least(3, "× etcd"), ["9,000", "12,000", "3,001"])
    report.hold("start", 1.5, at_most(1.5, "s"))
    report.leave_out("workers", "there are two cores")
    return report


@pytest.mark.parametrize(("value", "verdict"), [(0.7499, MISSED), (0.75, REACHED), (7, REACHED)])
def test_what_should_be_large_reaches_its_bound(value: float, verdict: str) -> None:
    assert at_least(0.75, "× bare app").verdict(value) == verdict


@pytest.mark.parametrize(("value", "verdict"), [(1.4, REACHED), (1.5, REACHED), (1.5001, MISSED), (float("inf"), MISSED)])
def test_what_should_be_small_does_not_exceed_its_bound(value: float, verdict: str) -> None:
    assert at_most(1.5, "s").verdict(value) == verdict


def test_rows_that_lose_are_shown_like_rows_that_win(report: Report) -> None:
    lines = report.text().splitlines()
    assert [line.split()[-1] for line in lines[2:4]] == [MISSED, REACHED]
    assert "1 of 2 goals reached." in lines
    assert "3.00 × etcd | ≥ 3 × etcd | MISSED |" in report.markdown()


def test_what_was_not_measured_is_told_with_its_reason(report: Report) -> None:
    assert "workers: there are two cores." in report.text()


def test_a_report_is_read_as_it_was_written(report: Report, tmp_path: Path) -> None:
    report.write(tmp_path / "report.json")
    assert Report.load(tmp_path / "report.json") == report


def test_the_table_of_a_readme_is_replaced_and_nothing_else() -> None:
    text = f"before\n{BEGIN}\nold \\1\n{END}\nafter\n"
    assert replace_table(text, "new \\1") == f"before\n{BEGIN}\n\nnew \\1\n\n{END}\nafter\n"
