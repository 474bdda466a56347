"""Logins: their cost beside the hash, the timing of refusals, and refreshes a second."""

import http.client
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import median

import httpx

from authorization_service.config import Settings
from benchmarks.bench import Bench
from benchmarks.contestants import Contestant
from benchmarks.machine import running_on
from benchmarks.report import at_least, at_most
from benchmarks.works import Request
from benchmarks.wrk import Sample

PERSON = {"username": "anna", "password": "Correct-horse-7", "first_name": "Anna", "last_name": "Petrova"}
RIGHT = Request.of("/login", {"username": PERSON["username"], "password": PERSON["password"]})
WRONG = Request.of("/login", {"username": PERSON["username"], "password": "Wrong-horse-77!"})
UNKNOWN = Request.of("/login", {"username": "ivan", "password": PERSON["password"]})
# Nothing is refused for having been tried too often.
UNCOUNTED = dict.fromkeys(
    ("AUTHORIZATION_FREE_ATTEMPTS", "AUTHORIZATION_ATTEMPTS_PER_ACCOUNT", "AUTHORIZATION_ATTEMPTS_PER_ADDRESS"), "1000000"
)

HASHING_THREADS = Settings.model_fields["password_hashing_threads"].default
SESSIONS = 16  # that are refreshed at the same time, each by a client of its own
LITTLE_BESIDE_THE_HASH = at_least(0.9, "× bare argon2")
TELLS_NOTHING = at_most(5.0, "% between the medians", decimals=1)
# Prints how often a second a password is compared with its hash, by the parameters of the service and in as many threads.
BARE_HASHES = """
import sys, threading, time
from authorization_service.infrastructure.security.argon2_password_hasher import ARGON2ID
text, seconds, threads = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
hashed = ARGON2ID.hash(text)
done = []
def work():
    while time.perf_counter() - began < seconds:
        ARGON2ID.verify(hashed, text)
        done.append(1)
working = [threading.Thread(target=work) for _ in range(threads)]
began = time.perf_counter()
for thread in working:
    thread.start()
for thread in working:
    thread.join()
print(len(done) / (time.perf_counter() - began))
"""


def measure_logins(bench: Bench) -> None:
    """Measure the authorization service and bare hashing in turn, on the same core."""
    stage = replace(bench.stage, folder=bench.stage.folder / "logins")
    with (
        stage.tarantool("authorization_tarantool", "authorization") as tarantool,
        stage.authorization_service(tarantool, **UNCOUNTED) as authorization,
    ):
        register(authorization)
        _compare_with_bare_hashes(bench, authorization)
        _refresh(bench, authorization)
        _compare_refusals(bench, authorization)


def register(authorization: Contestant, username: str = PERSON["username"]) -> str:
    """Register a user, log it in and return its access token."""
    authorization.send(Request.of("/register", PERSON | {"username": username}))
    login = Request.of("/login", {"username": username, "password": PERSON["password"]})
    token: str = authorization.send(login).json()["access_token"]
    return token


def _compare_with_bare_hashes(bench: Bench, authorization: Contestant) -> None:
    seconds = 2 * bench.durations.seconds  # a login takes long: those that the end of a round cuts off must not count for much
    bench.wrk.run(authorization, [RIGHT], 1)
    hashes: list[float] = []
    logins: list[Sample] = []
    for _ in range(bench.durations.rounds):
        authorization.send(RIGHT)  # comes after those whose clients have gone, which are hashed all the same
        hashes.append(_hash(bench, seconds))
        logins.append(bench.wrk.run(authorization, [RIGHT], seconds))
    broken = sum(sample.refused + sample.broken for sample in logins)
    if broken:
        bench.report.remarks.append(f"Logins: {broken:,} were refused or failed.")
    bench.report.series["logins"] = {
        "logins_per_second": [sample.per_second for sample in logins],
        "hashes_per_second": hashes,
    }
    bench.report.add("bare argon2, 1 core: hashes/s", result=f"{median(hashes):.1f}")
    ratio = median(login.per_second / bare for login, bare in zip(logins, hashes, strict=True))
    bench.report.hold(
        f"authorization_service, 1 core: {median(sample.per_second for sample in logins):.1f} logins/s",
        ratio,
        LITTLE_BESIDE_THE_HASH,
    )


def _hash(bench: Bench, seconds: float) -> float:
    command = [sys.executable, "-c", BARE_HASHES, PERSON["password"], str(seconds), str(HASHING_THREADS)]
    with running_on(bench.stage.layout.server):
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _refresh(bench: Bench, authorization: Contestant) -> None:
    """Let each client refresh its session repeatedly, with the refresh token of the response before."""
    tokens = [authorization.send(RIGHT).json()["refresh_token"] for _ in range(SESSIONS)]
    with running_on(bench.stage.layout.load), ThreadPoolExecutor(SESSIONS) as clients:
        until = time.monotonic() + bench.durations.seconds
        done = sum(clients.map(lambda token: _refresh_until(authorization, token, until), tokens))
    rate = done / bench.durations.seconds
    bench.report.series["refreshes_per_second"] = rate
    bench.report.add("authorization_service, 1 core: refreshes/s", result=f"{rate:,.0f}")


def _refresh_until(authorization: Contestant, token: str, until: float) -> int:
    connection = http.client.HTTPConnection(authorization.host, timeout=10)
    done = 0
    while time.monotonic() < until:
        body = json.dumps({"refresh_token": token})
        connection.request("POST", "/refresh", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise RuntimeError(f"a refresh was answered with {answer.status}")
        token = json.loads(answer.read())["refresh_token"]
        done += 1
    connection.close()
    return done


def _compare_refusals(bench: Bench, authorization: Contestant) -> None:
    names, passwords = [], []
    with running_on(bench.stage.layout.load), httpx.Client(base_url=f"http://{authorization.host}", trust_env=False) as client:
        for _ in range(bench.durations.tries):
            names.append(_time_refusal(client, UNKNOWN))
            passwords.append(_time_refusal(client, WRONG))
    name, password = median(names), median(passwords)
    bench.report.series["refusals_ms"] = {"unknown name": names, "wrong password": passwords}
    bench.report.hold(
        f"login refused, {len(names)} each: unknown name {name:.2f} ms, wrong password {password:.2f} ms",
        abs(name - password) / password * 100,
        TELLS_NOTHING,
    )


def _time_refusal(client: httpx.Client, request: Request) -> float:
    began = time.perf_counter()
    answer = client.post(request.path, content=request.body, headers={"Content-Type": "application/json"})
    milliseconds = (time.perf_counter() - began) * 1000
    if answer.status_code != httpx.codes.UNAUTHORIZED:
        raise RuntimeError(f"a wrong login was answered with {answer.status_code}")
    return milliseconds
