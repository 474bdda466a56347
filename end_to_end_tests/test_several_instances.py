"""Two instances of each service behind one address, HAProxy's, are one service to their clients."""

from collections.abc import Iterator
from itertools import cycle
from uuid import uuid4

import httpx
import pytest

from key_value_client import Client
from test_support.balanced_store import BalancedStore, running_balanced_store
from test_support.metrics import scrape
from test_support.postman import run_collection
from test_support.problems import read_problem
from test_support.processes import reserve_port, wait_until

from .users import make_user, post

FREE_ATTEMPTS = 4
METRICS_PORTS = (reserve_port(), reserve_port())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BalancedStore]:
    first, second = ({"KEY_VALUE_METRICS_PORT": str(port)} for port in METRICS_PORTS)
    settings = {"AUTHORIZATION_FREE_ATTEMPTS": str(FREE_ATTEMPTS), "AUTHORIZATION_NEW_USER_GRANTS": "admin:*"}
    with running_balanced_store(tmp_path_factory.mktemp("balanced"), settings, (first, second)) as store:
        yield store


@pytest.fixture
def user(store: BalancedStore) -> dict[str, str]:
    user = make_user()
    post(f"{store.authorization_url}/register", user).raise_for_status()
    return user


@pytest.fixture
def client(store: BalancedStore, user: dict[str, str]) -> Iterator[Client]:
    with Client(
        store.key_value_url, authorization_url=store.authorization_url, username=user["username"], password=user["password"]
    ) as client:
        yield client


@pytest.fixture
def tokens(store: BalancedStore, user: dict[str, str]) -> dict[str, str]:
    login = {name: user[name] for name in ("username", "password")}
    tokens: dict[str, str] = post(f"{store.authorization_url}/login", login).raise_for_status().json()
    return tokens


@pytest.fixture
def each(store: BalancedStore, tokens: dict[str, str]) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """A client of each key-value service, past the proxy."""
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    first, second = (
        httpx.Client(base_url=one.key_value.url, headers=headers, trust_env=False, timeout=20) for one in store.stores
    )
    with first, second:
        yield first, second


def authorizations(store: BalancedStore) -> Iterator[str]:
    """Yield the URLs of both authorization services in turn."""
    return cycle(one.authorization.url for one in store.stores)


def test_whole_collection_passes_through_the_proxy(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_balanced_store(tmp_path_factory.mktemp("collection"), {}, ({}, {})) as store:
        run_collection(store.authorization_url, store.key_value_url, store.administrator_password)


def test_client_library_works_through_the_proxy(client: Client) -> None:
    store = client.namespace("default")
    prefix = uuid4().hex
    for number in range(10):  # each request goes to the other instance
        store.put(f"{prefix}/{number}", number)
        assert store.get(f"{prefix}/{number}") == number
    assert [pair.value for pair in store.scan(f"{prefix}/")] == [*range(10)]
    assert store.update(f"{prefix}/0", lambda value: value + 1).value == 1
    revision = store.put(f"{prefix}/watched", 0).revision
    changes = store.watch(f"{prefix}/", after=revision - 1)
    store.put(f"{prefix}/watched", 1)
    assert [next(changes).value, next(changes).value] == [0, 1]
    assert store.import_lines([*store.export_lines(f"{prefix}/")][1:]).written == 11


def test_cursor_of_one_instance_is_good_at_the_other(each: tuple[httpx.Client, httpx.Client]) -> None:
    first, second = each
    prefix = uuid4().hex
    first.post("/write", json={"data": {f"{prefix}/{number}": number for number in range(3)}}).raise_for_status()
    pairs = "/namespaces/default/pairs"
    page = first.get(pairs, params={"prefix": prefix, "limit": 2}).raise_for_status().json()
    rest = second.get(pairs, params={"prefix": prefix, "limit": 2, "cursor": page["next_cursor"]}).raise_for_status().json()
    assert [pair["value"] for pair in (*page["pairs"], *rest["pairs"])] == [0, 1, 2]


def test_ticket_of_one_instance_opens_one_watch_at_any(each: tuple[httpx.Client, httpx.Client], store: BalancedStore) -> None:
    first, second = each
    ticket = first.post("/namespaces/default/watch-tickets").raise_for_status().json()["ticket"]
    del second.headers["Authorization"]
    with second.stream("GET", "/namespaces/default/watch", params={"ticket": ticket}) as watch:
        assert watch.status_code == 200
    again = httpx.get(f"{store.key_value_url}/namespaces/default/watch", params={"ticket": ticket}, trust_env=False)
    read_problem(again, 401, "invalid-ticket")


def test_repetition_of_a_request_is_recognised_by_the_other_instance(each: tuple[httpx.Client, httpx.Client]) -> None:
    first, second = each
    key = uuid4().hex
    headers = {"Idempotency-Key": f'"{uuid4().hex}"'}
    answers = [
        one.post("/namespaces/default/pair/increment", params={"key": key}, json={"by": 1}, headers=headers)
        for one in (first, second, first)
    ]
    assert [answer.raise_for_status().json()["value"] for answer in answers] == [1, 1, 1]


def test_session_is_refreshed_and_ended_at_any_instance(
    store: BalancedStore, tokens: dict[str, str], each: tuple[httpx.Client, httpx.Client]
) -> None:
    urls = authorizations(store)
    for _ in range(4):
        answer = post(f"{next(urls)}/refresh", {"refresh_token": tokens["refresh_token"]})
        tokens = answer.raise_for_status().json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    for one in each:
        one.post("/read", json={"keys": ["a"]}, headers=headers).raise_for_status()
    post(f"{next(urls)}/logout", {}, tokens["access_token"]).raise_for_status()
    read_problem(post(f"{next(urls)}/refresh", {"refresh_token": tokens["refresh_token"]}), 401, "invalid-refresh-token")
    for one in each:
        wait_until(
            lambda one=one: one.post("/read", json={"keys": ["a"]}, headers=headers).status_code == 401,  # type: ignore[misc]
            "the token being refused",
        )


def test_failed_logins_at_all_instances_count_together(store: BalancedStore, user: dict[str, str]) -> None:
    urls = authorizations(store)
    for _ in range(FREE_ATTEMPTS + 1):  # the one after those without a delay begins it
        post(f"{next(urls)}/login", {"username": user["username"], "password": "Wrong-horse-7"})
    for one in store.stores:
        login = {name: user[name] for name in ("username", "password")}
        read_problem(post(f"{one.authorization.url}/login", login), 429, "too-many-attempts")


def test_metrics_of_all_instances_add_up(store: BalancedStore, tokens: dict[str, str]) -> None:
    def count() -> list[float]:
        name, labels = "http_request_duration_seconds_count", {"method": "POST", "route": "/delete", "status": "2xx"}
        return [scrape(port).get((name, frozenset(labels.items())), 0) for port in METRICS_PORTS]

    before = count()
    for _ in range(10):
        post(f"{store.key_value_url}/delete", {"keys": ["a"]}, tokens["access_token"]).raise_for_status()
    wait_until(lambda: sum(count()) == sum(before) + 10, "all requests counted")
    assert all(now > earlier for now, earlier in zip(count(), before, strict=True))
