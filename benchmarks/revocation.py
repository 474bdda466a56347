"""Time from the 204 of a logout until the key-value service rejects the token."""

import random
import time
from dataclasses import replace
from statistics import median

import httpx

from benchmarks.bench import Bench
from benchmarks.contestants import Contestant
from benchmarks.logins import RIGHT, UNCOUNTED, register
from benchmarks.report import at_most
from benchmarks.works import read

MAX_BETWEEN_SECONDS = 0.5
REFUSALS_IN_A_ROW = 10  # after which all workers are taken to reject a token
WITHIN = at_most(1000, "ms", decimals=1)


def measure_revocation(bench: Bench) -> None:
    """Log out repeatedly, at independent moments."""
    for workers, name in ((1, "1 worker"), (2, "2 workers")):
        stage = replace(bench.stage, folder=bench.stage.folder / f"revocation_{workers}", workers=workers)
        with stage.both_services(stage.layout, **UNCOUNTED) as (authorization, key_value):
            register(authorization)
            with httpx.Client(trust_env=False, timeout=5) as client:
                times = sorted(_measure(client, authorization, key_value) for _ in range(bench.durations.tries // 2))
        bench.report.series.setdefault("revocation_ms", {})[name] = times
        bench.report.hold(
            f"logout until 401, {name} each, max of {len(times)} (median {median(times):.1f} ms)", times[-1], WITHIN
        )


def _measure(client: httpx.Client, authorization: Contestant, key_value: Contestant) -> float:
    """Return the milliseconds until all workers reject the token: until the first of REFUSALS_IN_A_ROW."""
    token = authorization.send(RIGHT).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = read(["a"])
    url = f"http://{key_value.host}{request.path}"
    client.post(url, content=request.body, headers=headers).raise_for_status()
    time.sleep(random.uniform(0, MAX_BETWEEN_SECONDS))  # noqa: S311 - a moment, not a secret
    answer = client.post(f"http://{authorization.host}/logout", headers={"Authorization": headers["Authorization"]})
    began = first_refusal = time.perf_counter()
    if answer.status_code != httpx.codes.NO_CONTENT:
        raise RuntimeError(f"a logout was answered with {answer.status_code}")
    refused = 0
    while refused < REFUSALS_IN_A_ROW:
        # A new connection each time, so that all workers get requests.
        answer = client.post(url, content=request.body, headers={**headers, "Connection": "close"})
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            refused += 1
            if refused == 1:
                first_refusal = time.perf_counter()
        else:
            refused = 0
    return (first_refusal - began) * 1000
