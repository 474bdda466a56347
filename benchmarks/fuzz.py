"""Send malicious requests to a key-value service: `python -m benchmarks.fuzz [REQUESTS] [SEED]`, 100,000 by default.

Prints the number of responses of each status, and memory before and after. Exits with 1 after any violation: a status of 5xx, an
error without a problem document, no response, data disclosed to a client without grants, an ended process, grown memory.
"""

import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.machine import MIB
from test_support.processes import Service, Tarantool
from test_support.tokens import TokenMaker, publish_keys
from verification.fuzzing import Findings, Fuzzer, Memory

REQUESTS = 100_000
WARMING_UP = 0.2
"""The share of requests before memory is measured first: caches and reused buffers are filled by then."""
MAX_GROWTH, MAX_LUA_GROWTH = 24 * MIB, 2 * MIB


def main() -> None:
    """Fuzz, print, and exit."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(2**32)  # noqa: PLR2004
    tokens = TokenMaker()
    strangers = [
        tokens.make(scope=scope)
        for scope in ("read:elsewhere write:elsewhere/*", "read:default/* write:default/%61", "admin:elsewhere-*", "")
    ]
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="fuzz-") as folder,
        publish_keys(tokens) as jwks_url,
        Tarantool("key_value", Path(folder) / "tarantool").report_lua_memory() as tarantool,
        Service("key_value", Path(folder) / "service", tarantool, KEY_VALUE_JWKS_URL=jwks_url) as service,
    ):
        fuzzer = Fuzzer(
            service.wait_until_ready(), [tokens.make(scope="admin:*", exp=int(time.time()) + 86400), *strangers], seed
        )
        asyncio.run(fuzzer.send(int(count * WARMING_UP)))
        before = Memory.measure(service, tarantool)
        asyncio.run(fuzzer.send(count - int(count * WARMING_UP)))
        after = Memory.measure(service, tarantool)
        wrong = [*fuzzer.findings.violations, *find_growth(before, after), *fuzzer.find_failures(tarantool)]
    print(*describe(fuzzer.findings), sep="\n")
    print(
        f"\n{fuzzer.findings.sent:,} requests of seed {seed} in {time.monotonic() - began:.0f} s: "
        f"{len(wrong)} violations (goal: 0)\n"
        f"memory of the worker: {before.service / MIB:.1f} MiB, then {after.service / MIB:.1f} MiB\n"
        f"memory of Tarantool's Lua: {before.lua / MIB:.2f} MiB, then {after.lua / MIB:.2f} MiB"
    )
    for one in wrong:
        print(f"  {one}")
    sys.exit(bool(wrong))


def find_growth(before: Memory, after: Memory) -> Iterator[str]:
    """Yield growth of memory beyond its usual variation."""
    if after.service - before.service > MAX_GROWTH:
        yield f"the worker's memory grew by {(after.service - before.service) / MIB:.1f} MiB"
    if after.lua - before.lua > MAX_LUA_GROWTH:
        yield f"the memory of Tarantool's Lua grew by {(after.lua - before.lua) / MIB:.2f} MiB"


def describe(findings: Findings) -> Iterator[str]:
    """Yield the lines of a table: operations, statuses."""
    statuses = sorted({status for _, status in findings.statuses})
    operations = sorted({operation for operation, _ in findings.statuses}, key=lambda operation: operation[::-1])
    yield f"{'':52}" + "".join(f"{status:>7}" for status in statuses)
    for operation in operations:
        yield f"{' '.join(operation):52}" + "".join(f"{findings.statuses[operation, status] or '':>7}" for status in statuses)
    yield f"{'all':52}" + "".join(f"{sum(findings.statuses[one, status] for one in operations):>7}" for status in statuses)


if __name__ == "__main__":
    main()
