"""Processes under test."""

import os
from pathlib import Path

from test_support.processes import ProcessUnderTest


def test_process_runs_on_the_cores_of_its_parent(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    for core in sorted(before)[:2]:
        os.sched_setaffinity(0, {core})
        try:
            with ProcessUnderTest(["sleep", "60"], {}, tmp_path / f"{core}.log") as process:
                assert os.sched_getaffinity(process.pid) == {core}
        finally:
            os.sched_setaffinity(0, before)
