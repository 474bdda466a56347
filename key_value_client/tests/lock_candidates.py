"""Processes that compete for one lock, for a test that stops and kills them.

Arguments: how many, the namespace, the time to live. The environment says who calls. Each process writes lines of JSON to
standard output: `{"pid", "token", "at", "what"}`, in which `at` is the clock of the boot, which all of them share.
"""

import json
import os
import sys
import time
from typing import Any

from key_value_client import Client, KeyValueError, Namespace, RevisionConflict


def report(what: str, token: int, at: float) -> None:
    """Write one line, which no other process's line can be mixed with."""
    os.write(1, json.dumps({"pid": os.getpid(), "token": token, "at": at, "what": what}).encode() + b"\n")


def write_fenced(store: Namespace[Any], token: int) -> bool:
    """Write as a system does that fencing tokens protect: one that is older than another one before is refused."""
    seen = store.find("fenced")
    if seen is not None and seen.value["token"] > token:
        return False
    try:
        store.put("fenced", {"token": token, "pid": os.getpid()}, if_revision=seen.revision if seen else 0)
    except RevisionConflict:
        return False
    return True


def compete(store: Namespace[Any], ttl: float) -> None:
    """Take the lock, write under it, give it back, for ever."""
    while True:
        lock = store.lock("lock", ttl, name=str(os.getpid()))
        lock.acquire()
        token = lock.token
        report("taken", token, time.clock_gettime(time.CLOCK_BOOTTIME))
        for _ in range(20):
            at = time.clock_gettime(time.CLOCK_BOOTTIME)
            if lock.is_held:  # so it was, at that time
                report("held", token, at)
            # Both are sent even if it is lost: they are what has to be refused then.
            tx = store.transaction()
            lock.guard(tx).write("guarded", {"token": token, "pid": os.getpid()})
            report("guarded" if tx.commit().succeeded else "refused", token, at)
            report("fenced" if write_fenced(store, token) else "refused", token, at)
        try:
            lock.release()
        except KeyValueError:
            report("lost", token, time.clock_gettime(time.CLOCK_BOOTTIME))


def main() -> None:
    """Fork the processes, which end with this one's standard input."""
    number, namespace, ttl = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    for _ in range(number):  # each has a connection of its own
        if os.fork() == 0:
            try:
                compete(Client.from_env().namespace(namespace), ttl)
            except KeyValueError as error:
                report(f"failed: {error}", 0, 0.0)
    sys.stdin.read()


if __name__ == "__main__":
    main()
