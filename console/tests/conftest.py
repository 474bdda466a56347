"""The console in Chromium, with both services as they are deployed. Steps are written in `browser/*.test.mjs`."""

import json
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from test_support.chromium import running_chromium, script_environment
from test_support.processes import ROOT
from test_support.store import Store, running_store

CONSOLE = ROOT / "console"
PICTURES = ROOT / "var" / "console_pictures"
SCRIPT_SECONDS = 240

Outcomes = dict[str, dict[str, Any]]
"""What a script has reported, by the name of each step."""


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with the console that `make test` has built."""
    assert (CONSOLE / "dist/index.html").exists(), "the console is not built: run `make test`, which builds it"
    folder = tmp_path_factory.mktemp("console_store")
    with running_store(folder, {}, {"KEY_VALUE_CONSOLE_DIRECTORY": str(CONSOLE / "dist")}) as store:
        yield store


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Chromium that all scripts use; the address of its DevTools."""
    with running_chromium(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture(scope="session")
def run_script(store: Store, chromium: str) -> Callable[[str], Outcomes]:
    """Run a script, once, and return what it has reported."""
    environment = script_environment(store, chromium, PICTURES)

    @cache
    def run(script: str) -> Outcomes:
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = Path(__file__).parent / "browser" / script
        done = subprocess.run(
            ["node", str(path)], env=environment, capture_output=True, text=True, timeout=SCRIPT_SECONDS, check=False
        )
        reports = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        outcomes: Outcomes = {report["name"]: report for report in reports}
        outcomes[""] = {"error": done.stderr or f"{script} ended with {done.returncode}"}
        return outcomes

    return run
