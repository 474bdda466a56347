"""An idle service returns the memory that hashing passwords took."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from test_support.processes import Service, Tarantool, wait_until

A_HASH = 19 * 1024  # KiB


def read_kibibytes(service: Service, name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{service.pid}/status").read_text())
    assert found is not None
    return int(found[1])


def test_memory_of_hashes_is_returned_when_idle(tmp_path: Path) -> None:
    with (
        Tarantool("authorization", tmp_path / "tarantool") as tarantool,
        Service("authorization", tmp_path / "service", tarantool) as service,
    ):
        service.wait_until_ready()

        def log_in(number: int) -> None:
            body = {"username": f"nobody-{number}", "password": "Correct-horse-7"}
            httpx.post(f"{service.url}/login", json=body, trust_env=False, timeout=30)

        with ThreadPoolExecutor(8) as clients:
            list(clients.map(log_in, range(24)))
        # All has been in use at some time, by each thread.
        wait_until(
            lambda: read_kibibytes(service, "VmHWM") - read_kibibytes(service, "VmRSS") > 1.5 * A_HASH,
            "the memory of two hashes given back",
        )
