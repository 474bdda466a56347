"""A service with several Tarantools finds the leader, and follows it from one to the next."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import pytest

from test_support.administration import follow, lead
from test_support.key_value.clients import client_of
from test_support.metrics import look_up, scrape
from test_support.problems import read_problem
from test_support.processes import Service, Tarantool, reserve_port, wait_until
from test_support.tokens import TokenMaker

Instances = tuple[Tarantool, Tarantool]

METRICS_PORT = reserve_port()
CHANGES = "tarantool_leader_changes_total"
TRIES = 10


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instances]:
    # They do not replicate: what a test writes shows which of them has executed it.
    folder = tmp_path_factory.mktemp("instances")
    first = Tarantool("key_value", folder / "first")
    second = Tarantool("key_value", folder / "second", TARANTOOL_PASSWORD_FILE=str(first.password_file))
    with first, second:
        yield first, second


@pytest.fixture(scope="module")
def service(started: Instances, tmp_path_factory: pytest.TempPathFactory, jwks_url: str) -> Iterator[Service]:
    with Service(
        "key_value",
        tmp_path_factory.mktemp("service"),
        started[0],
        KEY_VALUE_TARANTOOL_ADDRESSES=", ".join(f"127.0.0.1:{instance.port}" for instance in started),
        KEY_VALUE_METRICS_PORT=str(METRICS_PORT),
        KEY_VALUE_JWKS_URL=jwks_url,
    ) as service:
        yield service.wait_until_live()


@pytest.fixture
def instances(started: Instances, service: Service) -> Instances:
    """The first leads; the service has noticed."""
    assert service.is_running()
    first, second = started
    follow(second)
    lead(first)
    wait_until(lambda: sees(first, "leader") and sees(second, "replica"), "the first leader being found")
    return started


@pytest.fixture
def client(service: Service, tokens: TokenMaker) -> Iterator[httpx.Client]:
    with client_of(service, tokens.make(), timeout=30) as client:
        yield client


@pytest.fixture
def run() -> Iterator[Callable[[Callable[[], httpx.Response]], "Future[httpx.Response]"]]:
    with ThreadPoolExecutor() as pool:
        yield pool.submit


def sees(instance: Tarantool, role: str) -> bool:
    return look_up(METRICS_PORT, "tarantool_instance", address=f"127.0.0.1:{instance.port}", role=role) == 1


def count_changes() -> float:
    return scrape(METRICS_PORT)[CHANGES, frozenset()]


def holds(instance: Tarantool, client: httpx.Client, key: str) -> bool:
    """Return whether the instance, which must be found as the leader, has this key."""
    wait_until(lambda: sees(instance, "leader"), "the leader being found")
    found: dict[str, object] = client.post("/read", json={"keys": [key]}).raise_for_status().json()["data"]
    return key in found


def test_requests_go_to_the_leader_and_follow_it(instances: Instances, client: httpx.Client) -> None:
    first, second = instances
    before = count_changes()
    client.post("/write", json={"data": {"of the first": 1}}).raise_for_status()
    follow(first)
    lead(second)
    client.post("/write", json={"data": {"of the second": 1}}).raise_for_status()
    assert holds(second, client, "of the second")
    assert not holds(second, client, "of the first")
    assert count_changes() == before + 1
    follow(second)
    lead(first)
    assert holds(first, client, "of the first")
    assert not holds(first, client, "of the second")


def test_request_waits_for_the_next_leader_and_is_done_once(
    instances: Instances, client: httpx.Client, run: Callable[..., "Future[httpx.Response]"]
) -> None:
    first, second = instances
    before = client.post("/read", json={"keys": ["held"]}).json()["revision"]

    def write_without_a_leader() -> httpx.Response:
        follow(first)
        writing = run(client.post, "/write", json={"data": {"held": 1}})
        wait_until(lambda: writing.done() or look_up(METRICS_PORT, "http_requests_under_way") == 1, "the request being held")
        lead(first)
        return writing.result()

    answer = write_without_a_leader()
    while answer.status_code == 503:  # which a slow machine gets: then nothing was done
        answer = write_without_a_leader()
    assert answer.raise_for_status().json()["revision"] == before + 1
    assert sees(second, "replica")


def test_503_without_a_leader_says_that_nothing_was_done(instances: Instances, client: httpx.Client) -> None:
    first, _ = instances
    follow(first)
    for path, body in (("/write", {"data": {"refused": 1}}), ("/read", {"keys": ["refused"]})):
        answer = client.post(path, json=body)
        problem = read_problem(answer, 503, "store-unavailable")
        assert answer.headers["retry-after"] == "1"
        assert "may or may not" not in problem["detail"]
    assert read_problem(client.get("/health/ready"), 503, "not-ready")["missing"] == ["tarantool leader"]
    lead(first)
    assert not holds(first, client, "refused")


def test_frozen_leader_is_left_for_the_next_one(instances: Instances, client: httpx.Client) -> None:
    first, second = instances
    first.signal(signal.SIGSTOP)
    try:
        problem = read_problem(client.post("/write", json={"data": {"into the frozen": 1}}), 503, "store-unavailable")
        assert "may or may not have been executed" in problem["detail"]
        lead(second)
        client.post("/write", json={"data": {"after the frozen": 1}}).raise_for_status()
        assert holds(second, client, "after the frozen")
    finally:
        first.signal(signal.SIGCONT)
        follow(first)


def test_read_at_a_frozen_leader_is_sent_to_the_next_one(
    instances: Instances, client: httpx.Client, run: Callable[..., "Future[httpx.Response]"]
) -> None:
    first, second = instances

    def read_across_the_change() -> httpx.Response:
        lead(first)
        assert not holds(first, client, "of the second alone")
        first.signal(signal.SIGSTOP)
        try:
            reading = run(client.post, "/read", json={"keys": ["of the second alone"]})
            wait_until(lambda: reading.done() or look_up(METRICS_PORT, "http_requests_under_way") == 1, "the request being held")
            lead(second)
            return reading.result()
        finally:
            first.signal(signal.SIGCONT)
            follow(second)

    follow(first)
    lead(second)
    client.post("/write", json={"data": {"of the second alone": 2}}).raise_for_status()
    follow(second)
    answers = (read_across_the_change() for _ in range(TRIES))  # a slow machine finds the next leader too late for a request
    answer = next(answer for answer in answers if answer.status_code != 503)
    assert answer.raise_for_status().json()["data"] == {"of the second alone": 2}


def test_killed_leader_is_left_for_the_next_one_and_found_again(
    instances: Instances, client: httpx.Client, service: Service
) -> None:
    first, second = instances
    first.kill()
    try:
        lead(second)
        client.post("/write", json={"data": {"after the killed": 1}}).raise_for_status()
        assert holds(second, client, "after the killed")
        ready = client.get("/health/ready")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert "tarantool replicas" in ready.json()["missing"]
        follow(second)
    finally:
        first.start()
    assert holds(first, client, "after the killed") is False
    wait_until(lambda: "tarantool replicas" not in client.get("/health/ready").json().get("missing", []), "all being seen again")
    assert "Tarantool has another leader" in service.output
