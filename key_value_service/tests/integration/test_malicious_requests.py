"""Thousands of malicious requests. `benchmarks.fuzz` sends any number of them."""

import asyncio
from collections import Counter
from pathlib import Path

from test_support.processes import Service, Tarantool
from test_support.tokens import TokenMaker
from verification.fuzzing import Fuzzer

REQUESTS, SEED = 4000, 20261121


def test_malicious_requests_are_answered_and_reveal_nothing(tmp_path: Path, jwks_url: str, tokens: TokenMaker) -> None:
    strangers = [
        tokens.make(scope=scope)
        for scope in ("read:elsewhere write:elsewhere/*", "read:default/* write:default/%61", "admin:elsewhere-*", "")
    ]
    with (
        Tarantool("key_value", tmp_path / "tarantool") as tarantool,
        Service("key_value", tmp_path / "service", tarantool, KEY_VALUE_JWKS_URL=jwks_url) as service,
    ):
        fuzzer = Fuzzer(service.wait_until_ready(), [tokens.make(scope="admin:*"), *strangers], SEED)
        asyncio.run(fuzzer.send(REQUESTS))
        assert not [*fuzzer.findings.violations, *fuzzer.find_failures(tarantool)]
    seen = Counter(status for (_, status), count in fuzzer.findings.statuses.items() for _ in range(count))
    assert seen.total() > 0.9 * REQUESTS
    # Both valid and invalid requests must get as far as where they are checked.
    assert seen[200] > 0.1 * REQUESTS
    assert seen[422] > 0.1 * REQUESTS
    assert {200, 201, 204, 400, 401, 403, 404, 405, 409, 413, 415, 422} <= seen.keys()
