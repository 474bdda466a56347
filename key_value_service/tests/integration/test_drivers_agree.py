"""Tarantool's official connector reads what the service wrote, and vice versa."""

import json
import uuid
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
import tarantool

from test_support.processes import Tarantool

VALUES: list[object] = [
    1.0,
    -0.0,
    2**64 - 1,
    -(2**63),
    10**999,
    1e308,
    None,
    True,
    "",
    "ключ ☃",
    [],
    {},
    {"a": [1, 1.0, {"b": None}]},
]


@pytest.fixture
def official(key_value_tarantool: Tarantool) -> Iterator[tarantool.Connection]:
    server = key_value_tarantool
    with closing(tarantool.connect("127.0.0.1", server.port, user=server.user, password=server.password)) as connection:
        yield connection


def test_official_connector_reads_what_the_service_wrote(key_value: httpx.Client, official: tarantool.Connection) -> None:
    data = {f"drivers-{uuid.uuid4()}": value for value in VALUES}
    key_value.post("/write", json={"data": data}).raise_for_status()
    for key, value in data.items():
        [[[[_, stored_key, text, *_]], _]] = official.call("key_value.find", "default", [key], 10**6)
        assert stored_key == key
        assert repr(json.loads(text)) == repr(value)
    assert len(official.call("key_value.find", "default", list(data), 10**6)[0][0]) == len(data)


def test_service_reads_what_the_official_connector_wrote(key_value: httpx.Client, official: tarantool.Connection) -> None:
    data = {f"drivers-{uuid.uuid4()}": value for value in VALUES}
    pairs = [[key, json.dumps(value)] for key, value in data.items()]
    official.call("key_value.write", "default", pairs, None, False, {})
    answer = key_value.post("/read", json={"keys": list(data)}).json()
    assert repr(answer["data"]) == repr(data)


@pytest.mark.parametrize("length", [0, 1, 240, 255, 256, 70_000, 2**20])
def test_drivers_agree_on_bytes(key_value: httpx.Client, official: tarantool.Connection, length: int) -> None:
    written, read = f"drivers-{uuid.uuid4()}", f"drivers-{uuid.uuid4()}"
    content = bytes(number % 256 for number in range(length))
    headers = {"Content-Type": "image/png"}
    key_value.put(f"/namespaces/default/pair?key={written}", content=content, headers=headers).raise_for_status()
    [[[[_, _, value, *_]], _]] = official.call("key_value.find", "default", [written], 10**7)
    assert value == b"image/png\n" + content
    official.call("key_value.write", "default", [[read, [b"image/png\n" + content]]], None, False, {})
    found = key_value.get(f"/namespaces/default/pair?key={read}")
    assert (found.content, found.headers["content-type"]) == (content, "image/png")
