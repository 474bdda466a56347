"""A refresh token that is used again within the grace: by another tab, by a retry, or after an outage."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from authorization_service.domain.value_objects.refresh_token import RefreshToken
from test_support.authorization.accounts import PASSWORD, new_user
from test_support.problems import read_problem
from test_support.processes import Service, Tarantool, wait_until

GRACE = 1
Tokens = dict[str, Any]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tarantool]:
    with Tarantool("authorization", tmp_path_factory.mktemp("tarantool")) as tarantool:
        yield tarantool


def start(folder: Path, database: Tarantool, grace: int) -> Service:
    """Return a service, which shares its keys with the others of this folder."""
    certificates = str(folder.parent / "certificates")
    return Service(
        "authorization",
        folder,
        database,
        AUTHORIZATION_REFRESH_GRACE_SECONDS=str(grace),
        AUTHORIZATION_CERTIFICATES_DIRECTORY=certificates,
    )


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, database: Tarantool) -> Iterator[list[Service]]:
    """Two instances on one database."""
    folder = tmp_path_factory.mktemp("services")
    with start(folder / "first", database, GRACE) as first, start(folder / "second", database, GRACE) as second:
        yield [service.wait_until_ready() for service in (first, second)]


@pytest.fixture
def clients(services: list[Service]) -> Iterator[list[httpx.Client]]:
    limits = httpx.Limits(max_connections=50)
    made = [httpx.Client(base_url=service.url, trust_env=False, timeout=20, limits=limits) for service in services]
    yield made
    for client in made:
        client.close()


@pytest.fixture
def client(clients: list[httpx.Client]) -> httpx.Client:
    return clients[0]


def log_in(client: httpx.Client) -> Tokens:
    user = new_user()
    client.post("/register", json=user).raise_for_status()
    answer = client.post("/login", json={"username": user["username"], "password": PASSWORD})
    tokens: Tokens = answer.raise_for_status().json()
    return tokens


def refresh(client: httpx.Client, tokens: Tokens) -> httpx.Response:
    return client.post("/refresh", json={"refresh_token": tokens["refresh_token"]})


def request_token(client: httpx.Client, tokens: Tokens) -> httpx.Response:
    return client.post("/token", data={"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})


def list_sessions(client: httpx.Client, tokens: Tokens) -> httpx.Response:
    return client.get("/sessions", headers={"Authorization": f"Bearer {tokens['access_token']}"})


def find_session(tokens: Tokens) -> str:
    session_id: str = jwt.decode(tokens["access_token"], options={"verify_signature": False})["sid"]
    return session_id


def test_fifty_concurrent_uses_at_two_instances_continue_one_session(clients: list[httpx.Client]) -> None:
    tokens = log_in(clients[0])
    for _ in range(3):
        ways = [(way, client) for way in (refresh, request_token) for client in clients] * 13
        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(lambda way, used=tokens: way[0](way[1], used), ways[:50]))
        assert {answer.status_code for answer in answers} == {200}
        continued = [answer.json() for answer in answers]
        assert len({each["refresh_token"] for each in continued}) == 1
        assert {find_session(each) for each in continued} == {find_session(tokens)}
        assert len({each["access_token"] for each in continued}) == 50
        for each in continued[::10]:
            assert [session["is_current"] for session in list_sessions(clients[1], each).json()["sessions"]] == [True]
        tokens = continued[-1]


@pytest.mark.parametrize("use", [refresh, request_token])
def test_used_token_is_a_thiefs_after_the_grace(client: httpx.Client, use: Any) -> None:
    tokens = log_in(client)
    continued = use(client, tokens).raise_for_status().json()
    assert use(client, tokens).json()["refresh_token"] == continued["refresh_token"]
    time.sleep(GRACE + 0.3)
    assert not use(client, tokens).is_success
    read_problem(refresh(client, continued), 401, "invalid-refresh-token")
    for each in (tokens, continued):
        read_problem(list_sessions(client, each), 401, "invalid-token")


def test_used_token_is_a_thiefs_once_its_successor_is_used(client: httpx.Client) -> None:
    tokens = log_in(client)
    second = refresh(client, tokens).raise_for_status().json()
    third = refresh(client, second).raise_for_status().json()
    read_problem(refresh(client, tokens), 401, "invalid-refresh-token")
    read_problem(refresh(client, third), 401, "invalid-refresh-token")
    read_problem(list_sessions(client, third), 401, "invalid-token")


def test_revoking_a_used_token_within_the_grace_ends_its_session(client: httpx.Client) -> None:
    tokens = log_in(client)
    continued = refresh(client, tokens).raise_for_status().json()
    assert client.post("/revoke", data={"token": tokens["refresh_token"]}).is_success
    read_problem(refresh(client, continued), 401, "invalid-refresh-token")


def test_without_grace_one_of_fifty_concurrent_uses_succeeds(tmp_path: Path) -> None:
    with (
        Tarantool("authorization", tmp_path / "tarantool") as database,
        start(tmp_path / "service", database, 0) as service,
        httpx.Client(base_url=service.wait_until_ready().url, trust_env=False, timeout=20) as client,
    ):
        tokens = log_in(client)
        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(lambda _: refresh(client, tokens), range(50)))
        [winner] = [answer.json() for answer in answers if answer.is_success]
        read_problem(refresh(client, winner), 401, "invalid-refresh-token")
        read_problem(list_sessions(client, winner), 401, "invalid-token")


def test_repeated_use_after_a_crash_of_everything_yields_the_same_token(tmp_path: Path) -> None:
    with Tarantool("authorization", tmp_path / "tarantool") as database, start(tmp_path / "service", database, 600) as service:
        service.wait_until_ready()
        with httpx.Client(base_url=service.url, trust_env=False, timeout=20) as client:
            tokens = log_in(client)
            continued = refresh(client, tokens).raise_for_status().json()
            service.kill()
            database.kill()
            database.start()
            service.start().wait_until_ready()
            assert refresh(client, tokens).raise_for_status().json()["refresh_token"] == continued["refresh_token"]
            assert refresh(client, continued).is_success


def test_client_that_obeys_retry_after_of_a_stalled_refresh_keeps_its_session(tmp_path: Path) -> None:
    with Tarantool("authorization", tmp_path / "tarantool") as database, start(tmp_path / "service", database, 10) as service:
        service.wait_until_ready()
        with httpx.Client(base_url=service.url, trust_env=False, timeout=20) as client:
            tokens = log_in(client)
            for _ in range(2):
                database.signal(signal.SIGSTOP)
                try:
                    stalled = refresh(client, tokens)
                finally:
                    database.signal(signal.SIGCONT)
                read_problem(stalled, 503, "store-unavailable")
                time.sleep(int(stalled.headers["retry-after"]))
                wait_until(lambda: service.is_healthy("ready"), "the service being ready again")
                continued = refresh(client, tokens).raise_for_status().json()
                assert find_session(continued) == find_session(tokens)
                assert list_sessions(client, continued).is_success
                tokens = continued


def test_database_holds_no_refresh_token(tmp_path: Path) -> None:
    with Tarantool("authorization", tmp_path / "tarantool") as database, start(tmp_path / "service", database, 10) as service:
        with httpx.Client(base_url=service.wait_until_ready().url, trust_env=False, timeout=20) as client:
            used = log_in(client)
            issued = [used]
            for _ in range(3):
                used = refresh(client, used).raise_for_status().json()
                issued.append(used)
        database.stop()
        stored = b"".join(path.read_bytes() for path in (tmp_path / "tarantool").rglob("*") if path.is_file())
    tokens = [RefreshToken.parse(each["refresh_token"]) for each in issued]
    assert all(token.secret_hash.encode() in stored for token in tokens)  # so the files are those, and not compressed
    for token in tokens:
        for part in (token.secret, token.family):
            for form in (part, part.hex().encode()):
                assert form not in stored
        assert token.text.encode() not in stored
