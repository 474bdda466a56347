"""Following changes while services, databases and namespaces fail or are deleted: no change is lost unnoticed."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from test_support.key_value.clients import client_of
from test_support.key_value.watching import CHANGES, WATCH, Event, watch, write
from test_support.problems import read_problem
from test_support.processes import Service, Tarantool, wait_until
from test_support.tokens import TokenMaker


def test_stream_ends_with_a_reason_when_its_token_expires_and_goes_on_with_another(
    key_value_service: Service, tokens: TokenMaker, everywhere: httpx.Client
) -> None:
    name = f"n-{uuid4().hex}"
    everywhere.put(f"/namespaces/{name}", json={}).raise_for_status()
    path = f"/namespaces/{name}/watch"
    with client_of(key_value_service, tokens.make(scope="admin:*", exp=int(time.time()) + 3)) as client:
        with watch(client, path) as events:
            begin, ended = list(events)
        assert (ended.name, ended.id, ended) == ("ended", begin.id, {"reason": "token-expired"})
        revision = write(everywhere, {"a": 1}, namespace=name)
        client.headers["Authorization"] = everywhere.headers["Authorization"]
        with watch(client, path, **{"Last-Event-ID": str(ended.id)}) as events:
            next(events)
            assert next(events).id == revision


def test_stream_ends_with_a_reason_when_the_service_does(service: Service, tokens: TokenMaker) -> None:
    with client_of(service, tokens.make()) as client, watch(client) as events:
        next(events)
        assert service.stop() == 0
        (ended,) = list(events)
        assert (ended.name, ended) == ("ended", {"reason": "shutting-down"})


def test_changes_after_the_expiry_of_the_token_are_not_returned(
    key_value: httpx.Client, key_value_service: Service, tokens: TokenMaker
) -> None:
    expires_at = int(time.time()) + 2
    headers = {"Authorization": f"Bearer {tokens.make(exp=expires_at)}"}
    answers: list[httpx.Response] = []

    def ask() -> None:
        url = f"{key_value_service.url}{CHANGES}?wait=20"
        answers.append(httpx.get(url, headers=headers, trust_env=False, timeout=30))

    asking = threading.Thread(target=ask)
    asking.start()
    wait_until(lambda: time.time() > expires_at, "the token expiring")
    while asking.is_alive():  # other tests may have written to the namespace, too
        write(key_value, {"secret": "x"})
        asking.join(0.1)
    read_problem(answers[0], 401, "invalid-token")


@pytest.fixture
def namespace(key_value_service: Service, tokens: TokenMaker) -> Iterator[tuple[httpx.Client, str]]:
    """An administrator of a new namespace of which 1000 changes are kept, and the name of the namespace."""
    name = f"n-{uuid4().hex}"
    with client_of(key_value_service, tokens.make(scope=f"admin:{name}"), timeout=20) as client:
        client.put(f"/namespaces/{name}", json={"changes_kept": 1000}).raise_for_status()
        yield client, name


def test_stream_ends_with_a_reason_when_its_namespace_is_deleted(namespace: tuple[httpx.Client, str]) -> None:
    client, name = namespace
    with watch(client, f"/namespaces/{name}/watch") as events:
        next(events)
        revision = write(client, {"a": 1}, namespace=name)
        assert next(events).id == revision
        client.delete(f"/namespaces/{name}", params={"force": True}).raise_for_status()
        ended = next(events)
        assert (ended.name, ended) == ("ended", {"reason": "namespace-deleted"})
        assert list(events) == []


def test_slow_watcher_gets_changes_in_order_until_they_are_no_longer_kept(
    namespace: tuple[httpx.Client, str],
) -> None:
    client, name = namespace
    with watch(client, f"/namespaces/{name}/watch") as events:
        begin = next(events).id
        assert begin is not None
        # More than the log keeps, a process remembers and the connection buffers.
        for batch in range(25):
            last = write(client, {f"{batch}.{number}": "x" * 10_000 for number in range(100)}, namespace=name)
        *received, ended = list(events)
    assert (ended.name, ended) == ("ended", {"reason": "revision-gone"})
    assert [event.id for event in received] == list(range(begin + 1, begin + 1 + len(received)))
    assert 0 < len(received) < last - begin


class Instance:
    """A Tarantool and a service with two workers, for a test to kill."""

    def __init__(self, folder: Path, jwks_url: str) -> None:
        self.tarantool = Tarantool("key_value", folder / "tarantool")
        self.service = Service(
            "key_value", folder / "service", self.tarantool, KEY_VALUE_JWKS_URL=jwks_url, KEY_VALUE_WORKERS="2"
        )


@pytest.fixture
def instance(tmp_path: Path, jwks_url: str) -> Iterator[Instance]:
    instance = Instance(tmp_path, jwks_url)
    with instance.tarantool, instance.service:
        instance.service.wait_until_ready()
        yield instance


def collect(instance: Instance, token: str, received: list[Event], enough: int) -> None:
    """Follow like an EventSource: reconnect with the last known id whenever the connection is lost."""
    last: int = 0
    deadline = time.monotonic() + 60
    while len(received) < enough and time.monotonic() < deadline:
        try:
            with (
                client_of(instance.service, token) as client,
                watch(client, **{"Last-Event-ID": str(last)}) as events,
            ):
                for event in events:
                    last = event.id or last
                    if event and event.name != "ended":
                        received.append(event)
                    if len(received) >= enough:
                        return
        except (httpx.HTTPError, AssertionError):
            time.sleep(0.1)


def test_no_change_is_lost_or_repeated_while_service_and_tarantool_are_killed(instance: Instance, tokens: TokenMaker) -> None:
    token = tokens.make()
    received: list[list[Event]] = [[] for _ in range(6)]
    enough = 60
    followers = [threading.Thread(target=collect, args=(instance, token, events, enough)) for events in received]
    for follower in followers:
        follower.start()
    acknowledged = 0
    with client_of(instance.service, token, timeout=5) as client:
        number = 0
        while acknowledged < enough:
            number += 1
            try:
                if client.post("/write", json={"data": {f"key-{number}": number}}).is_success:
                    acknowledged += 1
            except httpx.HTTPError:
                pass
            if number in {15, 35}:
                instance.tarantool.kill()
                instance.tarantool.start()
            if number == 25:
                instance.service.kill()
                instance.service.start().wait_until_ready()
            time.sleep(0.01)
    for follower in followers:
        follower.join()
    for events in received:
        assert [event.id for event in events] == list(range(1, enough + 1))
        assert [event["value"] for event in events] == [event["value"] for event in received[0]]


def test_revision_that_is_no_longer_kept_is_gone(instance: Instance, tokens: TokenMaker) -> None:
    with client_of(instance.service, tokens.make(), timeout=20) as client:
        for batch in range(13):
            write(client, {f"{batch}.{number}": number for number in range(1000)})
        answer = client.get(WATCH, params={"after": 5})
        problem = read_problem(answer, 410, "revision-gone")
        assert problem["revision"] == 13_000
        assert 3_000 <= problem["oldest"] <= 3_001
        page = client.get(CHANGES, params={"after": problem["oldest"] - 1}).raise_for_status().json()
        assert page["changes"][0]["revision"] == problem["oldest"]


def test_watcher_of_an_idle_namespace_costs_nothing_and_is_notified_immediately(instance: Instance, tokens: TokenMaker) -> None:
    with (
        client_of(instance.service, tokens.make()) as client,
        watch(client) as events,
    ):
        assert next(events).id == 0
        time.sleep(2.5)
        revision = write(client, {"a": 1})
        assert next(events).id == revision
    wait_until(lambda: '"route":"/namespaces/{namespace}/watch"' in instance.service.output, "the stream in the log")
