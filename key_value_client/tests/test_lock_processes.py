"""Twenty processes compete for a lock while its holders are stopped and killed: no two of them overlap in fencing order."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

from key_value_client import Change, Client, Namespace
from test_support.processes import wait_until
from test_support.store import Store

from .conftest import as_administrator
from .test_tokens import token_of

PROCESSES = 20
TTL = 2.0
ROUNDS = 8


class Candidates:
    """The processes, and what they have reported."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        self.reports: list[dict[str, Any]] = []
        self._output = process.stdout
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self._output:
            self.reports.append(json.loads(line))

    def wait_for_another(self, token: int) -> int:
        """Return the token of a process that has got the lock later than another one."""
        wait_until(lambda: self._find_latest() > token, "another process taking the lock", 120)
        return self._find_latest()

    def _find_latest(self) -> int:
        return max((report["token"] for report in list(self.reports) if report["what"] == "taken"), default=0)

    def join(self) -> None:
        """Wait until all of them have ended."""
        self._reader.join()


@contextmanager
def running(url: str, token: str, namespace: str) -> Iterator[Candidates]:
    """Run the processes during the block."""
    program = Path(__file__).with_name("lock_candidates.py")
    command = [sys.executable, str(program), str(PROCESSES), namespace, str(TTL)]
    environment = os.environ | {"KV_URL": url, "KV_TOKEN": token}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        candidates = Candidates(process)
        try:
            yield candidates
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            candidates.join()


def disturb(pairs: Namespace[Any], candidates: Candidates) -> None:
    """Stop or kill whoever holds the lock, somewhere in what it is doing, and let it go on when others have had the lock."""
    chance = random.Random(7)  # noqa: S311 - the same each time
    token = candidates.wait_for_another(0)
    for number in range(ROUNDS):
        time.sleep(chance.random() / 5)
        holder = pairs.lock("lock").holder()
        if holder is not None:
            pid = int(holder.name)
            os.kill(pid, signal.SIGKILL if number % 4 == 3 else signal.SIGSTOP)
        token = candidates.wait_for_another(max(token, holder.token if holder else 0))
        if holder is not None and number % 4 != 3:
            os.kill(pid, signal.SIGCONT)
    candidates.wait_for_another(candidates.wait_for_another(token))


def read_all(pairs: Namespace[Any], after: int) -> list[Change[Any]]:
    """Return all changes after a revision."""
    changes: list[Change[Any]] = []
    while page := pairs.changes(after=after).changes:
        changes += page
        after = page[-1].revision
    return changes


def test_no_two_holders_overlap_in_fencing_order(store: Store) -> None:
    with Client(**as_administrator(store)) as client:
        name = f"test-{uuid4().hex}"
        client.create_namespace(name, changes_kept=1_000_000)
        pairs = client.namespace(name)
        start = pairs.stats().revision
        with running(client.url, token_of(client), name) as candidates:
            disturb(pairs, candidates)
        changes = read_all(pairs, start)
        client.delete_namespace(name, force=True)
    check_what_was_accepted(changes)
    check_what_was_believed(candidates.reports)


def check_what_was_accepted(changes: list[Change[Any]]) -> None:
    """Check the writes of the holders in the order in which the store has accepted them."""
    lock = [change for change in changes if change.key == "lock"]
    values = {change.revision: change.value or {} for change in changes}
    assert all((one.kind == "written") != (following.kind == "written") for one, following in pairwise(lock))
    assert "expired" in {change.kind for change in lock}
    owners = {change.revision: int(values[change.revision]["holder"]) for change in lock if change.kind == "written"}
    for key in ("guarded", "fenced"):
        accepted = [values[change.revision] for change in changes if change.key == key]
        tokens = [value["token"] for value in accepted]
        assert len(set(tokens)) > 1
        assert tokens == sorted(tokens)
        assert all(owners[value["token"]] == value["pid"] for value in accepted)
    present = 0
    for change in changes:  # a guarded write is done while its lock is held, not only in order
        if change.key == "lock":
            present = change.revision if change.kind == "written" else 0
        elif change.key == "guarded":
            assert values[change.revision]["token"] == present


def check_what_was_believed(reports: list[dict[str, Any]]) -> None:
    """Check that nobody regarded the lock as held when somebody else already had it."""
    assert not [report for report in reports if report["what"].startswith("failed")]
    held: dict[int, list[float]] = defaultdict(list)
    for report in reports:
        if report["what"] in {"taken", "held"}:
            held[report["token"]].append(report["at"])
    tokens = sorted(held)
    assert len(tokens) > ROUNDS
    assert all(max(held[one]) < min(held[following]) for one, following in pairwise(tokens))
    assert len({report["pid"] for report in reports}) > 1
