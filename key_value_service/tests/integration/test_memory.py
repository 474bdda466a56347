"""A worker releases the memory of large requests and changes as soon as they are processed."""

import json
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from test_support.key_value.clients import client_of
from test_support.processes import Service, resident_bytes, wait_until
from test_support.tokens import TokenMaker

MIB = 1024 * 1024
# In Python, a text takes four bytes a character if one of them is above U+FFFF.
WIDE = "x" * 1_040_000 + "🦄"


@pytest.fixture
def client(service: Service, tokens: TokenMaker) -> Iterator[httpx.Client]:
    with client_of(service, tokens.make(scope="admin:*"), timeout=30) as client:
        client.put("/namespaces/large", json={"changes_kept": 1}).raise_for_status()
        yield client


def test_memory_of_writes_and_reads_is_released(service: Service, client: httpx.Client) -> None:
    keys = [f"key-{number}" for number in range(7)]
    body = json.dumps({"namespace": "large", "data": dict.fromkeys(keys, WIDE)}, ensure_ascii=False).encode()
    before = resident_bytes(service.pid)
    for _ in range(20):
        client.post("/write", content=body, headers={"Content-Type": "application/json"}).raise_for_status()
        client.post("/read", json={"namespace": "large", "keys": keys}).raise_for_status()
    assert resident_bytes(service.pid) - before < 200 * MIB  # all requests have 1.1 GiB in total, all responses as much


def test_memory_of_a_body_is_that_of_its_bytes_however_it_is_cut(service: Service, tokens: TokenMaker) -> None:
    head = (
        f"POST /write HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {tokens.make()}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode()
    before = resident_bytes(service.pid)
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
        connection.sendall(head)
        for _ in range(63):
            connection.sendall(b"2\r\n{}\r\n" * (64 * 1024))
        connection.sendall(b"2\r\n{}")
        assert httpx.get(f"{service.url}/health/live", trust_env=False, timeout=30).is_success
        held = resident_bytes(service.pid) - before
        assert 7 * MIB < held < 16 * MIB  # the body has almost 8 MiB
    wait_until(lambda: resident_bytes(service.pid) - before < 2 * MIB, "the memory given back", 5)


def test_memory_of_changes_sent_to_many_watchers_is_released(service: Service, client: httpx.Client) -> None:
    count = 60
    before = resident_bytes(service.pid)
    begun = [threading.Event() for _ in range(4)]

    def watch(number: int) -> None:
        events = 0
        with client.stream("GET", "/namespaces/large/watch", params={"prefix": "key"[:number]}) as response:
            for line in response.iter_lines():
                begun[number].set()
                events += line == "event: written"
                if events == count:
                    return

    watchers = [threading.Thread(target=watch, args=(number,)) for number in range(4)]
    for watcher in watchers:
        watcher.start()
    for one in begun:
        assert one.wait(30)
    for _ in range(count):
        client.put("/namespaces/large/pair?key=key", json=WIDE).raise_for_status()
    for watcher in watchers:
        watcher.join(60)
        assert not watcher.is_alive()
    assert resident_bytes(service.pid) - before < 250 * MIB
