"""Sign-in to applications: what a code flow costs beside the hash in it, and how many ask for users and keys at once."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from statistics import median

from benchmarks.bench import Bench
from benchmarks.contestants import Contestant
from benchmarks.logins import PERSON, UNCOUNTED
from benchmarks.machine import cpu_seconds, running_on
from benchmarks.report import at_least, at_most
from benchmarks.works import Request
from test_support.authorization.people import Person, log_in_as_administrator, register
from test_support.authorization.signing_in import Browser, RegisteredClient
from test_support.processes import Service

SCOPE = "openid profile email"
LITTLE_BESIDE_THE_HASH = at_most(1.2, "× the hash, CPU time")
ENOUGH = at_least(5000, "/s and core")
PATHS = ("/userinfo", "/.well-known/jwks.json")
# Prints the seconds of CPU time that a comparison of a password with its hash takes, by the parameters of the service.
BARE_HASH = """
import sys, time
from authorization_service.infrastructure.security.argon2_password_hasher import ARGON2ID
text, times = sys.argv[1], int(sys.argv[2])
hashed = ARGON2ID.hash(text)
began = time.process_time()
for _ in range(times):
    ARGON2ID.verify(hashed, text)
print((time.process_time() - began) / times)
"""


def measure_sign_in(bench: Bench) -> None:
    """Measure code flows and bare hashes in turn; then /userinfo and the keys, with the part of Tarantool in it."""
    with _signed_up(bench) as (authorization, client, person):
        token = _compare_with_bare_hash(bench, authorization, client, person)
        caller = replace(authorization, authorization=f"Bearer {token}")
        for path in PATHS:
            _measure_rate(bench, caller, path)


@contextmanager
def _signed_up(bench: Bench) -> Iterator[tuple[Contestant, RegisteredClient, Person]]:
    """Run the authorization service, with a client that is first-party and a user."""
    stage = replace(bench.stage, folder=bench.stage.folder / "sign_in")
    with (
        stage.tarantool("authorization_tarantool", "authorization") as tarantool,
        stage.authorization_service(tarantool, **UNCOUNTED) as authorization,
    ):
        service, _ = authorization.processes
        assert isinstance(service, Service)
        administrator = log_in_as_administrator(service, stage.folder / "authorization")
        client = RegisteredClient.register(administrator, service.url)
        yield authorization, client, register(service)


def _compare_with_bare_hash(bench: Bench, authorization: Contestant, client: RegisteredClient, person: Person) -> str:
    """Return an access token of one more flow. What an idle service uses in the same time is no part of a flow."""
    flows, hashes = [], []
    _sign_in(client, person)  # compiles the templates
    idle, seconds = _measure(authorization, lambda: time.sleep(bench.durations.seconds))
    for _ in range(bench.durations.rounds):
        hashes.append(_hash(bench))
        used, took = _measure(authorization, lambda: [_sign_in(client, person) for _ in range(bench.durations.flows)])
        flows.append((used - idle * took / seconds) / bench.durations.flows)
    bench.report.series["code_flows"] = {"cpu_seconds": flows, "cpu_seconds_of_hash": hashes}
    ratio = median(flow / bare for flow, bare in zip(flows, hashes, strict=True))
    name = f"code flow with sign-in: {median(flows) * 1000:.1f} ms of CPU, its hash {median(hashes) * 1000:.1f} ms"
    bench.report.hold(name, ratio, LITTLE_BESIDE_THE_HASH)
    return _sign_in(client, person)


def _measure(contestant: Contestant, work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of CPU time that a server and its store use during the work, and how many seconds that takes."""
    before, began = contestant.cpu_seconds(), time.monotonic()
    work()
    return contestant.cpu_seconds() - before, time.monotonic() - began


def _sign_in(client: RegisteredClient, person: Person) -> str:
    """Sign in in a browser of its own, from /authorize to the tokens."""
    with Browser(client.url) as browser:
        return str(client.sign_in(browser, person, scope=SCOPE)["access_token"])


def _hash(bench: Bench) -> float:
    command = [sys.executable, "-c", BARE_HASH, PERSON["password"], str(bench.durations.flows)]
    with running_on(bench.stage.layout.server):
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _measure_rate(bench: Bench, caller: Contestant, path: str) -> None:
    _, tarantool = caller.processes
    rates, parts = [], []
    for _ in range(bench.durations.rounds):
        before, before_tarantool = caller.cpu_seconds(), cpu_seconds([tarantool.pid])
        sample = bench.wrk.run(caller, [Request(path, method="GET")], bench.durations.seconds)
        rates.append(1e6 / sample.cpu_seconds_per_million)
        parts.append((cpu_seconds([tarantool.pid]) - before_tarantool) / (caller.cpu_seconds() - before))
        if sample.refused or sample.broken:
            bench.report.remarks.append(f"GET {path}: {sample.refused + sample.broken:,} were refused or failed.")
    bench.report.series[path] = {"per_second_and_core": rates, "part_of_tarantool": parts}
    bench.report.hold(f"authorization_service: GET {path}; Tarantool {median(parts):.0%} of the CPU time", median(rates), ENOUGH)
