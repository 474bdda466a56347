"""A pytest plugin: a run with a test that is skipped, or expected to fail, fails."""

import pytest
from _pytest.terminal import TerminalReporter

OUTCOMES = ("skipped", "xfailed", "xpassed")


def find_left_out(config: pytest.Config) -> list[str]:
    """Return the tests and modules that were not run, or that need not pass. With xdist, its workers know none."""
    reporter: TerminalReporter | None = config.pluginmanager.get_plugin("terminalreporter")
    return [] if reporter is None else [report.nodeid for outcome in OUTCOMES for report in reporter.stats.get(outcome, ())]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED} and find_left_out(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    for name in find_left_out(config):
        terminalreporter.write_line(f"FAILED {name}: every test must run and be expected to pass", red=True)
