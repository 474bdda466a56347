"""`kv lock`: a command runs while the lock is held, and no longer."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from .conftest import SCRIPT, Kv, Running, only_line

WAIT = "while [ ! -e go ]; do sleep 0.02; done"


def let_go(kv: Kv) -> None:
    (kv.home / "go").touch()


@pytest.fixture(autouse=True)
def _no_signal_left(kv: Kv) -> None:
    (kv.home / "go").unlink(missing_ok=True)


def finish(running: Running) -> tuple[int, bytes, bytes]:
    """Return the exit status of a command that ends, and what it still writes."""
    written, errors = running.process.communicate(timeout=60)
    return running.process.returncode, written, errors


def test_a_command_runs_with_the_lock(kv: Kv) -> None:
    shown = kv("lock", "jobs", "--", "sh", "-c", 'echo "$KV_LOCK $KV_LOCK_TOKEN $KV_NAMESPACE"; $0 get jobs --raw', SCRIPT)

    first, value = shown.split("\n", 1)
    assert first == f"jobs {kv.at(1)} {kv.environment['KV_NAMESPACE']}"
    assert '"holder"' in value
    assert kv("ls") == ""


def test_the_exit_status_is_the_commands(kv: Kv) -> None:
    assert kv.run("lock", "jobs", "--", "sh", "-c", "exit 3").returncode == 3
    assert kv.run("lock", "jobs", "--", "sh", "-c", "kill -KILL $$").returncode == 137
    assert kv.refuse(127, "lock", "jobs", "--", "no-such-command") == "no-such-command: command not found"
    assert kv.refuse(126, "lock", "jobs", "--", "/") == "/: Permission denied"
    assert kv("ls") == ""


def test_standard_input_and_output_are_the_commands(kv: Kv) -> None:
    assert kv("lock", "jobs", "--", "tr", "a-z", "A-Z", typed=b"hello") == "HELLO"


def test_a_lock_that_others_hold_is_not_obtained(kv: Kv) -> None:
    with kv.running("lock", "jobs", "--holder", "anna", "--", "sh", "-c", f"echo begun; {WAIT}") as holding:
        assert holding.read_line() == "begun\n"
        assert kv.refuse(75, "lock", "jobs", "--timeout", "0", "--", "echo") == "jobs is held by anna."
        assert kv.refuse(75, "lock", "jobs", "--timeout", "300ms", "--", "echo") == "jobs is held by anna."
        with kv.running("lock", "jobs", "--", "sh", "-c", "echo mine") as waiting:
            let_go(kv)
            assert finish(waiting) == (0, b"mine\n", b"")
        assert finish(holding) == (0, b"", b"")


@pytest.mark.parametrize("trap", ["trap 'echo ended; exit 5' TERM", "trap '' TERM"], ids=["obeys", "ignores"])
def test_the_command_is_ended_when_the_lock_is_lost(kv: Kv, trap: str) -> None:
    script = f"exec 2>/dev/null; {trap}; echo begun; {WAIT}"
    with kv.running("lock", "jobs", "--ttl", "9s", "--", "sh", "-c", script) as holding:
        assert holding.read_line() == "begun\n"
        kv("rm", "jobs")
        status, written, errors = finish(holding)
    assert status == 76
    assert written == (b"ended\n" if "ended" in trap else b"")
    assert only_line(errors).startswith("'jobs' was lost. The pair does not exist.")


def test_what_the_command_has_started_ends_with_it(kv: Kv) -> None:
    script = f"sh -c \"trap '' TERM; echo \\$\\$; {WAIT}\" & wait"
    with kv.running("lock", "jobs", "--ttl", "9s", "--", "sh", "-c", script) as holding:
        pid = int(holding.read_line())
        kv("rm", "jobs")
        assert finish(holding)[0] == 76
    assert has_ended(pid)


def has_ended(pid: int) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False


def test_a_kv_that_was_paused_finds_that_the_lock_is_lost(kv: Kv) -> None:
    with kv.running("lock", "jobs", "--ttl", "5s", "--", "sh", "-c", f"echo begun; {WAIT}") as holding:
        assert holding.read_line() == "begun\n"
        os.kill(holding.process.pid, signal.SIGSTOP)
        assert kv("lock", "jobs", "--ttl", "9s", "--", "echo", "mine") == "mine\n"  # waits for the time to live
        os.kill(holding.process.pid, signal.SIGCONT)
        status, _, errors = finish(holding)
    assert (status, "was lost" in only_line(errors)) == (76, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_signals_are_passed_on(kv: Kv, number: signal.Signals) -> None:
    script = f"exec 2>/dev/null; trap 'echo got it; exit 9' {number.name.removeprefix('SIG')}; echo begun; {WAIT}"
    with kv.running("lock", "jobs", "--", "sh", "-c", script) as holding:
        assert holding.read_line() == "begun\n"
        holding.process.send_signal(number)
        assert finish(holding) == (9, b"got it\n", b"")
    assert kv("ls") == ""


def test_ctrl_c_is_typed_to_the_command_once(kv: Kv) -> None:
    script = f"trap 'echo interrupted' INT; trap 'exit 4' TERM; echo begun; {WAIT}"
    with kv.at_terminal("lock", "jobs", "--", "sh", "-c", script) as terminal:
        terminal.answer("begun\r\n", "\x03")
        terminal.answer("interrupted\r\n", "")
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.wait() == 4
    assert terminal.shown.count("interrupted") == 1
    assert kv("ls") == ""


def test_ctrl_c_ends_the_waiting(kv: Kv) -> None:
    with kv.running("lock", "jobs", "--holder", "anna", "--", "sh", "-c", f"echo begun; {WAIT}") as holding:
        assert holding.read_line() == "begun\n"
        with kv.at_terminal("lock", "jobs", "--", "echo", "mine") as terminal:
            terminal.answer("waiting for jobs, held by anna\r\n", "\x03")
            assert terminal.wait() == 130
        assert "mine" not in terminal.shown
        let_go(kv)
        assert finish(holding) == (0, b"", b"")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["jobs"], "Say what to run"),
        (["jobs", "--ttl", "0.5", "--", "echo"], "--ttl: at least 1s."),
        (["jobs", "--ttl", "never", "--", "echo"], "--ttl: at least 1s."),
        (["jobs", "--timeout", "soon", "--", "echo"], "'soon' is no duration"),
    ],
    ids=["no command", "short", "endless", "no duration"],
)
def test_wrong_usage(kv: Kv, arguments: list[str], said: str) -> None:
    assert said in kv.refuse(2, "lock", *arguments)


def test_a_lock_that_cannot_be_is_refused(kv: Kv, shell: Any) -> None:
    assert "key" in kv.refuse(1, "lock", "", "--", "echo")
    kv("put", "config", "a pair of another kind")
    assert "choose another name" in kv.refuse(4, "lock", "config", "--", "echo")
    assert "kv login" in shell.refuse(5, "lock", "jobs", "--", "echo")
