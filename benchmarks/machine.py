"""The machine: description, assignment of cores, CPU time of processes."""

import os
import platform
import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
MIB = 1024 * 1024

Cores = frozenset[int]


@dataclass(frozen=True)
class Layout:
    """The cores of the server under test, its store and the load."""

    server: Cores
    store: Cores
    load: Cores

    @classmethod
    def of(cls, cores: Iterable[int]) -> "Layout":
        """Give each its own cores, as far as there are enough."""
        first, *rest = sorted(cores)
        match rest:
            case []:
                return cls(Cores([first]), Cores([first]), Cores([first]))
            case [second]:
                return cls(Cores([first]), Cores([second]), Cores([second]))
            case [second, *others]:
                return cls(Cores([first]), Cores([second]), Cores(others[:2]))
        raise AssertionError

    @property
    def is_separate(self) -> bool:
        """Whether server, store and load share no core."""
        return not (self.server & self.store or self.store & self.load)

    def describe(self) -> str:
        """Return a line for the report."""
        text = f"server on core {_join(self.server)}, store on {_join(self.store)}, load on {_join(self.load)}"
        if self.is_separate:
            return text
        return f"{text}. Fewer than three cores: some share one, so throughput is lower and ratios are less sure"


def _join(cores: Cores) -> str:
    return "+".join(map(str, sorted(cores)))


@contextmanager
def running_on(cores: Cores) -> Iterator[None]:
    """Start processes on these cores while the context lasts; they stay there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def family(pid: int) -> list[int]:
    """Return the process and its descendants."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            found += map(int, children.read_text().split())
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU time, user and system, that these processes and their descendants have used: seconds."""
    ticks = 0
    for pid in pids:
        for member in family(pid):
            # The name, in parentheses, may hold spaces.
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_PER_SECOND


def available_bytes() -> int:
    """Return the available memory: bytes."""
    kilobytes = re.search(r"MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text())
    assert kilobytes is not None
    return int(kilobytes[1]) * 1024


def describe(layout: Layout) -> dict[str, str | int]:
    """Return what readers need to interpret the numbers."""
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    total = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    return {
        "cpu": model[1] if model else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": int(total[1]) // 1024 if total else 0,
        "kernel": platform.release(),
        "layout": layout.describe(),
        "python": platform.python_version(),
        "tarantool": _ask("tarantool", "--version"),
        "etcd": _ask("etcd", "--version"),
        "wrk": _ask("wrk", "--version"),
        "redis": _ask("redis-server", "--version"),
        "webdis": _ask("dpkg-query", "--show", "--showformat=${Version}", "webdis"),
        "h2load": _ask("h2load", "--version"),
        **{package: version(package) for package in ("uvicorn", "asynctnt", "uvloop", "fastapi")},
    }


def _ask(*command: str) -> str:
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r"\d+\.\d+(\.\d+)?[\w.+-]*", output)
    return found[0] if found else "unknown"
