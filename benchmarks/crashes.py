"""Kill Tarantool under load and check the history of 50 clients: `python -m benchmarks.crashes [KILLS]`, 200 by default."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from test_support.crashes import CLIENTS, storm
from test_support.processes import Service, Tarantool
from test_support.tokens import TokenMaker, publish_keys
from verification.timeline import NotLinearizableError

KILLS = 200


def main() -> None:
    """Kill and check; exit with 1 if a write was lost or the history is not linearizable."""
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
        try:
            verdict = asyncio.run(storm(service, database, tokens.make(), kills))
        except NotLinearizableError as error:
            sys.exit(f"not linearizable: {error}")
    print(
        f"{kills} kills under {CLIENTS} clients in {time.monotonic() - began:.0f} s: linearizable, nothing lost; "
        f"{verdict.answered:,} operations answered, {verdict.unknown:,} of unknown outcome "
        f"({verdict.unknown_but_done:,} of them took effect)"
    )


if __name__ == "__main__":
    main()
