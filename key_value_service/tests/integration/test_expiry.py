"""Very many pairs expire at the same millisecond: none is returned from then on, and each expiry is reported once."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from test_support.processes import wait_until

PAIRS = 20_000
SAMPLE = [f"key-{number:05}" for number in range(0, PAIRS, PAIRS // 50)]


@pytest.fixture
def namespace(everywhere: httpx.Client, namespace: str) -> str:
    everywhere.put(f"/namespaces/{namespace}", json={"changes_kept": 1_000_000}).raise_for_status()
    return namespace


def fill(client: httpx.Client, namespace: str, expires_at: datetime) -> int:
    """Import the pairs, and return how many were written before they expired: all, unless the import takes long."""
    lines = (f'{{"key":"key-{number:05}","value":{number},"expires_at":"{expires_at.isoformat()}"}}' for number in range(PAIRS))
    answer = client.post(
        f"/namespaces/{namespace}/import", content="\n".join(lines), headers={"Content-Type": "application/x-ndjson"}
    )
    written: int = answer.raise_for_status().json()["written"]
    return written


def ways_to_read(client: httpx.Client, namespace: str) -> list[Callable[[], int]]:
    """Return functions that read pairs in different ways, and return how many they got."""
    url = f"/namespaces/{namespace}"
    return [
        lambda: client.get(f"{url}/pair?key={SAMPLE[-1]}").is_success,
        lambda: len(client.post("/read", json={"namespace": namespace, "keys": SAMPLE}).json()["data"]),
        lambda: len(client.get(f"{url}/pairs", params={"start": SAMPLE[25], "limit": 20}).json()["pairs"]),
        lambda: len(client.get(f"{url}/export", params={"prefix": SAMPLE[30][:-2]}).text.splitlines()) - 1,
    ]


def test_pairs_are_returned_until_the_millisecond_of_their_expiry(everywhere: httpx.Client, namespace: str) -> None:
    expires_at = (datetime.now(UTC) + timedelta(seconds=6)).replace(microsecond=123_000)
    moment = expires_at.timestamp()
    fill(everywhere, namespace, expires_at)
    ways = ways_to_read(everywhere, namespace)
    expected = [1, len(SAMPLE), 20, 100]
    while time.time() < moment + 1:
        for read, all_of_them in zip(ways, expected, strict=True):
            before = time.time()
            found = read()
            if time.time() < moment:
                assert found == all_of_them
            elif before >= moment:
                assert found == 0


def test_each_expiry_is_reported_once_and_in_order(everywhere: httpx.Client, namespace: str) -> None:
    url = f"/namespaces/{namespace}"
    written = fill(everywhere, namespace, datetime.now(UTC) + timedelta(seconds=4))
    wait_until(lambda: everywhere.get(f"{url}/stats").json()["pairs"] == 0, "all pairs being removed")
    stats = everywhere.get(f"{url}/stats").json()
    assert stats["bytes"] == 0
    changes, last = [], stats["oldest_change"] - 1
    while last < stats["revision"]:
        page = everywhere.get(f"{url}/changes", params={"after": last}).raise_for_status().json()
        changes += page["changes"]
        last = page["last"]
    revisions = [change["revision"] for change in changes]
    assert revisions == list(range(stats["oldest_change"], stats["revision"] + 1))
    expired = [change["key"] for change in changes if change["kind"] == "expired"]
    assert len(expired) == len(set(expired)) == written


def test_pair_whose_expiry_was_removed_or_postponed_remains(everywhere: httpx.Client, namespace: str) -> None:
    url = f"/namespaces/{namespace}/pairs"
    for key in ("lifted", "put off", "replaced", "short"):
        everywhere.put(f"{url}/{key}", json=key, params={"ttl": 3}).raise_for_status()
    everywhere.put(f"{url}/lifted/ttl", json={"ttl": None}).raise_for_status()
    everywhere.put(f"{url}/put%20off/ttl", json={"ttl": 3600}).raise_for_status()
    everywhere.put(f"{url}/replaced", json="replaced").raise_for_status()
    wait_until(lambda: everywhere.get(f"/namespaces/{namespace}/stats").json()["pairs"] == 3, "the expiry")
    found = json.loads(everywhere.get(url).text)["pairs"]
    assert [pair["key"] for pair in found] == ["lifted", "put off", "replaced"]
