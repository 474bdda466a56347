"""The log of a process on its standard output."""

import json
import subprocess
import sys
from typing import Any

import pytest

PROGRAM = """
import logging, structlog
from shared_kernel.presentation.logging import configure_logging
configure_logging({level!r})
log = structlog.get_logger()
for level in ("debug", "info", "warning", "error"):
    getattr(log, level)("ours", key="é")
    getattr(logging.getLogger("library"), level)("theirs %s", "é")
logging.getLogger("asynctnt").error("reconnecting")
try:
    secret = "hunter2"
    raise RuntimeError("boom")
except RuntimeError:
    log.exception("unexpected")
    logging.getLogger("library").exception("unexpected")
"""


def run_program(level: str) -> list[dict[str, Any]]:
    finished = subprocess.run([sys.executable, "-c", PROGRAM.format(level=level)], capture_output=True, check=True, timeout=60)
    assert finished.stderr == b""
    return [json.loads(line) for line in finished.stdout.splitlines()]


def test_lines_of_libraries_have_the_same_format() -> None:
    lines = run_program("DEBUG")
    assert len(lines) == 10
    assert all({"event", "level", "timestamp"} <= set(line) for line in lines)
    assert [(line["event"], line["level"]) for line in lines[:4]] == [
        ("ours", "debug"),
        ("theirs é", "debug"),
        ("ours", "info"),
        ("theirs é", "info"),
    ]


@pytest.mark.parametrize(
    ("level", "levels"), [("INFO", ["info", "warning", "error"]), ("WARNING", ["warning", "error"]), ("ERROR", ["error"])]
)
def test_lines_below_the_level_are_omitted(level: str, levels: list[str]) -> None:
    lines = run_program(level)
    assert [line["level"] for line in lines if line["event"] == "ours"] == levels
    assert [line["level"] for line in lines if line["event"] == "theirs é"] == levels


def test_exception_is_logged_with_its_traceback_and_without_variables() -> None:
    ours, theirs = run_program("ERROR")[-2:]
    for line in (ours, theirs):
        assert line["event"] == "unexpected"
        assert "RuntimeError: boom" in line["exception"]
        assert "hunter2" not in line["exception"].replace('secret = "hunter2"', "")
