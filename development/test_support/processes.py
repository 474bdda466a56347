"""Processes under test: start, wait, signal, stop."""

import atexit
import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 30.0


# Processes under test are killed when the thread that started them ends: a killed test run leaves none behind.
_starter = ThreadPoolExecutor(1, "starts processes")


def _start_on(cores: set[int], command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    # A process inherits its cores from the starting thread, which has those of its creator, not of its caller.
    os.sched_setaffinity(0, cores)
    return subprocess.Popen(command, **options)


def reserve_port(port: int = 0) -> int:
    """Reserve a TCP port of 127.0.0.1 while this process lives: `port`, or any free one.

    A server that sets SO_REUSEADDR can listen on it. Raises OSError if the port is taken.
    """
    reservation = socket.socket()
    atexit.register(reservation.close)
    reservation.bind(("127.0.0.1", port))
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # only now: two could reserve one port
    reserved: int = reservation.getsockname()[1]
    return reserved


def wait_until(holds: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    """Return as soon as the condition holds. Raises AssertionError, which names `what`, after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} seconds"
        time.sleep(0.02)


def is_answered_with_200(host: str, port: int, path: str, *, has_tls: bool = False) -> bool:
    """Return whether a server answers a GET with 200, whatever certificate it has."""
    # Not httpx: while a service starts, it is asked so often that a client's cost would take the core away from it.
    connection = http.client.HTTPConnection(host, port, timeout=2.0)
    if has_tls:
        context = ssl._create_unverified_context()  # noqa: S323 - as health checks of containers do
        connection = http.client.HTTPSConnection(host, port, timeout=2.0, context=context)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def resident_bytes(pid: int) -> int:
    """Return a process's resident memory: bytes."""
    kilobytes = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert kilobytes is not None
    return int(kilobytes[1]) * 1024


class ProcessUnderTest:
    """A process in its own session, which writes its output to a file."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.log = log
        self._command = command
        # The developer's own settings must not affect a test.
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        self._environment = kept | environment
        self._process: subprocess.Popen[bytes] | None = None

    def run_instead(self, *command: str) -> None:
        """Run another command from the next start on."""
        self._command = list(command)

    def start(self) -> Self:
        """Start the process; a previous one must have ended."""
        assert self._process is None or self._process.poll() is not None
        with self.log.open("ab") as output:
            self._process = _starter.submit(
                _start_on,
                os.sched_getaffinity(0),
                ["setpriv", "--pdeathsig", "KILL", *self._command],
                cwd=self.log.parent,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ).result()
        return self

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process is not None
        return self._process.pid

    @property
    def output(self) -> str:
        """The output so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def is_running(self) -> bool:
        """Return whether the process is running."""
        return self._process is not None and self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait for the end of the process; return the exit status (negative: the signal that ended it)."""
        assert self._process is not None
        return self._process.wait(STOP_SECONDS)

    def kill(self) -> None:
        """Kill the process, as a power cut would."""
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> int:
        """Terminate the process gracefully; return its exit status."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self.is_running():
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()


class Tarantool(ProcessUnderTest):
    """A real Tarantool with the init.lua of an instance: `authorization` or `key_value`."""

    program = "tarantool"
    host = "127.0.0.1"

    def __init__(self, instance: str, folder: Path, **environment: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = reserve_port()
        self.user = f"{instance}_service"
        self.directory = folder / "data"
        self.password_file = folder / "password"
        self._lua_memory = folder / "lua_memory"
        super().__init__(
            [self.program, str(ROOT / "tarantool_infra" / f"{instance}_tarantool" / "init.lua")],
            {
                "TARANTOOL_LISTEN": f"{self.host}:{self.port}",
                "TARANTOOL_DIRECTORY": str(self.directory),
                "TARANTOOL_PASSWORD_FILE": str(self.password_file),
                **environment,
            },
            folder / "tarantool.log",
        )

    def start(self) -> Self:
        """Start Tarantool and wait until it listens, which it does once it is ready."""
        super().start()
        wait_until(lambda: self._listens() or not self.is_running(), f"{self.user}'s Tarantool listening")
        assert self.is_running(), self.output
        return self

    def report_lua_memory(self) -> Self:
        """Make it report, once it is started, how much memory its Lua uses."""
        self._command = ["tarantool", str(Path(__file__).parent / "lua_memory.lua"), self._command[-1], str(self._lua_memory)]
        return self

    def measure_lua_memory(self) -> int:
        """Return the memory of its Lua after garbage collection: bytes. Needs report_lua_memory()."""
        reported_before = self._lua_memory.stat().st_mtime_ns
        wait_until(lambda: self._lua_memory.stat().st_mtime_ns > reported_before, "a new report of Lua's memory")
        return int(self._lua_memory.read_text())

    @property
    def password(self) -> str:
        """The service's password."""
        return self.password_file.read_text().strip()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((self.host, self.port)) == 0


class Service(ProcessUnderTest):
    """A real service: `authorization` or `key_value`."""

    host = "127.0.0.1"

    def __init__(self, name: str, folder: Path, tarantool: Tarantool, *, port: int | None = None, **environment: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.tarantool = tarantool
        self.port = port or reserve_port()
        prefix = name.upper()
        self._has_tls = f"{prefix}_TLS_CERTIFICATE_FILE" in environment
        self.url = f"{'https' if self._has_tls else 'http'}://{self.host}:{self.port}"
        super().__init__(
            [str(Path(sys.executable).parent / f"{name.replace('_', '-')}-service")],
            {
                f"{prefix}_HOST": self.host,
                f"{prefix}_PORT": str(self.port),
                f"{prefix}_METRICS_PORT": "0",  # many services run at once
                f"{prefix}_TARANTOOL_PORT": str(tarantool.port),
                f"{prefix}_TARANTOOL_PASSWORD_FILE": str(tarantool.password_file),
                **environment,
            },
            folder / "service.log",
        )

    def wait_until_ready(self) -> Self:
        """Return when the service reports that it is ready."""
        wait_until(lambda: self.is_healthy("ready") or not self.is_running(), f"{self.url} ready")
        assert self.is_running(), self.output
        return self

    def wait_until_live(self) -> Self:
        """Return when the service reports that it is live."""
        wait_until(lambda: self.is_healthy("live") or not self.is_running(), f"{self.url} live")
        assert self.is_running(), self.output
        return self

    def is_healthy(self, check: str) -> bool:
        """Return whether the health check `live` or `ready` is answered with 200."""
        return is_answered_with_200(self.host, self.port, f"/health/{check}", has_tls=self._has_tls)
