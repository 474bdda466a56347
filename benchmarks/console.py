"""What people wait for in the console, in Chromium: `python -m benchmarks.console [PAIRS]`, 1,000,000 by default."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

import httpx

from test_support.chromium import running_chromium, script_environment
from test_support.processes import ROOT
from test_support.store import Store, running_store

PAIRS = 1_000_000
PAIRS_TOGETHER = 50_000
MEMORY = str(2 * 1024**3)
SCRIPT = ROOT / "console/tests/browser/speed.mjs"
SCRIPT_SECONDS = 1800
NAMESPACE = "million"

GOALS: Mapping[str, float] = {
    "first useful paint of the overview, signed in": 1000,
    "first useful paint of the keys, signed in": 1000,
    "longest task while scrolling": 50,
    "… of its CPU time": 50,
    "search: a text of an early key": 150,
    "search: a text of the last key": 150,
    "search: a text that no key has": 150,
    "a change elsewhere": 1000,
}
"""Milliseconds at most. Figures without a goal are for comparison."""


def main() -> None:
    """Fill a store, measure, and print a table; the medians count."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        folder = Path(directory)
        settings = {"KEY_VALUE_CONSOLE_DIRECTORY": str(ROOT / "console/dist")}
        with (
            running_store(folder, {}, settings, {"TARANTOOL_MEMTX_MEMORY": MEMORY}) as store,
            running_chromium(folder) as chromium,
        ):
            _fill(store, pairs)
            load_before = os.getloadavg()
            for name, samples in _measure(store, chromium, pairs, folder):
                goal = GOALS.get(name)
                verdict = "" if goal is None else "reached" if median(samples) <= goal else "MISSED"
                numbers = ", ".join(f"{sample:.0f}" for sample in samples)
                print(f"{name:48} {median(samples):7.0f} {'' if goal is None else f'≤ {goal:.0f}':>7} {verdict:8} {numbers}")
    cores = len(os.sched_getaffinity(0))
    print(f"milliseconds; {pairs:,} pairs, {cores} cores, load {load_before[0]:.1f} before and {os.getloadavg()[0]:.1f} after")


def _fill(store: Store, pairs: int) -> None:
    with _administrator(store) as http:
        http.put(f"/namespaces/{NAMESPACE}", json={}).raise_for_status()
        for start in range(0, pairs, PAIRS_TOGETHER):
            numbers = range(start, min(start + PAIRS_TOGETHER, pairs))
            lines = "\n".join(f'{{"key":"orders/{number:07}/item","value":{{"number":{number}}}}}' for number in numbers)
            headers = {"Content-Type": "application/x-ndjson"}
            http.post(f"/namespaces/{NAMESPACE}/import", content=lines, headers=headers).raise_for_status()


def _administrator(store: Store) -> httpx.Client:
    """Return a client of the key-value service with all rights, which the administrator has from now on."""
    with httpx.Client(base_url=store.authorization.url, trust_env=False) as http:
        login = {"username": "admin", "password": store.administrator_password}
        token = http.post("/login", json=login).raise_for_status().json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        http.put("/users/admin/grants/admin:*", headers=bearer).raise_for_status()
        token = http.post("/login", json=login).raise_for_status().json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=store.key_value.url, headers=headers, trust_env=False, timeout=120)


def _measure(store: Store, chromium: str, pairs: int, folder: Path) -> Iterator[tuple[str, list[float]]]:
    environment = {**script_environment(store, chromium, folder), "NAMESPACE": NAMESPACE, "PAIRS": str(pairs)}
    done = subprocess.run(
        ["node", str(SCRIPT)], env=environment, capture_output=True, text=True, timeout=SCRIPT_SECONDS, check=False
    )
    for line in done.stdout.splitlines():
        report = json.loads(line)
        yield report["name"], report["milliseconds"]
    if done.returncode != 0:
        sys.exit(done.stderr)


if __name__ == "__main__":
    main()
