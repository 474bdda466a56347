"""Kills Tarantool under load and looks for every acknowledged write: `python -m benchmarks.crashes [KILLS]`, 200 by default."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from testing.crashes import count_losses
from testing.processes import Service, Tarantool
from testing.tokens import TokenMaker, publish_keys

KILLS = 200


def main() -> None:
    """Kill, count, and exit with 1 if anything was lost."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    tokens = TokenMaker()
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        publish_keys(tokens) as jwks_url,
        Tarantool("key_value", Path(folder) / "tarantool") as database,
        Service("key_value", Path(folder) / "service", database, KEY_VALUE_JWKS_URL=jwks_url) as service,
    ):
        service.wait_until_ready()
        began = time.monotonic()
        losses = asyncio.run(count_losses(service, database, tokens.make(), kills))
    print(
        f"{losses.kills} kills in {time.monotonic() - began:.0f} s: {losses.acknowledged:,} writes acknowledged, "
        f"{losses.unknown:,} of unknown outcome, {len(losses.lost)} lost (goal: 0)"
    )
    for one in losses.lost:
        print(f"  lost: {one}")
    sys.exit(bool(losses.lost))


if __name__ == "__main__":
    main()
