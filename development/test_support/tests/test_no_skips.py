"""The plugin that fails a run in which tests are skipped, with and without xdist."""

import subprocess
import sys
from pathlib import Path

import pytest

from test_support.processes import ROOT

PASSING = "def test_passing(): ...\n"
LEFT_OUT = {
    "test_mark": "import pytest\n@pytest.mark.skip\ndef test_it(): ...\n",
    "test_call": "import pytest\ndef test_it(): pytest.skip('no browser')\n",
    "test_fixture": "import pytest\n@pytest.fixture\ndef page(): pytest.skip('no browser')\ndef test_it(page): ...\n",
    "test_module": "import pytest\npytest.importorskip('no_such_module')\ndef test_it(): ...\n",
    "test_expected_to_fail": "import pytest\n@pytest.mark.xfail\ndef test_it(): assert False\n",
    "test_expected_to_fail_but_passing": "import pytest\n@pytest.mark.xfail\ndef test_it(): ...\n",
}


def run_pytest(folder: Path, modules: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-c", "pytest.ini", "-p", "test_support.no_skips", *options]
    environment = {"PYTHONPATH": str(ROOT / "development"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("options", [[], ["-p", "xdist.plugin", "-n", "1"]], ids=["one process", "xdist"])
def test_each_test_that_is_left_out_is_reported_and_fails_the_run(tmp_path: Path, options: list[str]) -> None:
    finished = run_pytest(tmp_path, {"test_passing": PASSING, **LEFT_OUT}, *options)
    assert finished.returncode == pytest.ExitCode.TESTS_FAILED, finished.stdout
    for name in LEFT_OUT:
        assert f"FAILED {name}.py" in finished.stdout
    assert "FAILED test_passing" not in finished.stdout


def test_run_of_skipped_tests_alone_fails(tmp_path: Path) -> None:
    finished = run_pytest(tmp_path, {"test_module": LEFT_OUT["test_module"]})
    assert finished.returncode == pytest.ExitCode.TESTS_FAILED, finished.stdout


def test_run_of_passing_tests_passes(tmp_path: Path) -> None:
    finished = run_pytest(tmp_path, {"test_passing": PASSING})
    assert finished.returncode == pytest.ExitCode.OK, finished.stdout
    assert "FAILED" not in finished.stdout


def test_interrupted_run_keeps_its_exit_status(tmp_path: Path) -> None:
    finished = run_pytest(tmp_path, {"test_broken": "import no_such_module\n", "test_mark": LEFT_OUT["test_mark"]})
    assert finished.returncode == pytest.ExitCode.INTERRUPTED
