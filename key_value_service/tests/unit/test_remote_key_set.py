"""Fetching the authorization service's public keys in the background."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from structlog.testing import capture_logs

from key_value_service.infrastructure.security import remote_key_set
from key_value_service.infrastructure.security.remote_key_set import RemoteKeySet
from shared_kernel.application.authentication import SigningKeysUnknownError
from shared_kernel.infrastructure.background import in_background
from test_support.key_value.key_server import KeyServer, eventually
from test_support.tokens import TokenMaker

FIRST, SECOND = TokenMaker("first"), TokenMaker("second")
SOON, NEVER = 0.01, 3600.0

MakeKeys = Callable[..., Awaitable[RemoteKeySet]]


@pytest.fixture
async def server() -> AsyncIterator[KeyServer]:
    async with KeyServer() as server:
        server.publish(FIRST)
        yield server


@pytest.fixture
async def make_keys(server: KeyServer) -> AsyncIterator[MakeKeys]:
    """Make running key sets; by default, they are fetched again only for an unknown key."""
    async with AsyncExitStack() as stack:

        async def make(*, refresh_seconds: float = NEVER, pause_seconds: float = SOON) -> RemoteKeySet:
            keys = RemoteKeySet(server.url, refresh_seconds=refresh_seconds, pause_seconds=pause_seconds)
            await stack.enter_async_context(in_background(keys.run()))
            return keys

        yield make


async def wait_until_known(keys: RemoteKeySet) -> None:
    await eventually(lambda: keys.generation > 0)


def is_same(key: RSAPublicKey | None, maker: TokenMaker) -> bool:
    return key is not None and key.public_numbers() == maker.private_key.public_key().public_numbers()


async def test_no_key_is_known_before_the_first_fetch(make_keys: MakeKeys) -> None:
    keys = await make_keys()
    assert not await keys.is_available()
    with pytest.raises(SigningKeysUnknownError):
        keys.find("first")


async def test_keys_are_known_after_the_first_fetch(make_keys: MakeKeys, server: KeyServer) -> None:
    server.publish(FIRST, SECOND)
    keys = await make_keys()
    await wait_until_known(keys)
    assert await keys.is_available()
    assert is_same(keys.find("first"), FIRST)
    assert is_same(keys.find("second"), SECOND)
    assert server.requests == 1


async def test_first_fetch_is_retried_until_the_server_is_up(make_keys: MakeKeys, server: KeyServer) -> None:
    await server.stop()
    keys = await make_keys()
    await asyncio.sleep(0.03)
    with pytest.raises(SigningKeysUnknownError):
        keys.find("first")
    await server.start()
    await wait_until_known(keys)
    assert is_same(keys.find("first"), FIRST)


async def test_unresponsive_server_keeps_no_caller_waiting(make_keys: MakeKeys, server: KeyServer) -> None:
    server.respond_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    keys = await make_keys()
    await eventually(lambda: server.requests > 0)
    with pytest.raises(SigningKeysUnknownError):
        keys.find("first")


async def test_dripping_response_times_out_and_is_fetched_again(
    make_keys: MakeKeys, server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_key_set, "FETCH_SECONDS", 0.2)
    server.drip(FIRST, pause=0.02)  # some ten seconds in all, and never long without a byte
    with capture_logs() as logs:
        keys = await make_keys()
        await eventually(lambda: server.requests >= 2)
    (failure,) = [line for line in logs if line["event"] == "cannot fetch the signing keys"]
    assert failure["reason"] == "TimeoutError"
    assert server.bytes_sent > 2
    server.publish(FIRST)
    await wait_until_known(keys)


async def test_keys_are_fetched_periodically(make_keys: MakeKeys, server: KeyServer) -> None:
    await make_keys(refresh_seconds=SOON)
    await eventually(lambda: server.requests >= 4)


async def test_refresh_adds_new_keys_and_removes_withdrawn_ones(make_keys: MakeKeys, server: KeyServer) -> None:
    keys = await make_keys(refresh_seconds=SOON)
    await wait_until_known(keys)
    server.publish(SECOND)
    await eventually(lambda: keys.generation == 2)
    assert is_same(keys.find("second"), SECOND)
    assert keys.find("first") is None


async def test_refresh_replaces_a_key_with_the_same_id(make_keys: MakeKeys, server: KeyServer) -> None:
    keys = await make_keys(refresh_seconds=SOON)
    await wait_until_known(keys)
    replacement = TokenMaker("first")
    server.publish(replacement)
    requests = server.requests
    await eventually(lambda: server.requests >= requests + 3)
    assert is_same(keys.find("first"), replacement)
    assert keys.generation == 2


async def test_generation_changes_only_with_the_keys(make_keys: MakeKeys, server: KeyServer) -> None:
    server.publish(FIRST, SECOND)
    keys = await make_keys(refresh_seconds=SOON)
    await wait_until_known(keys)
    server.publish(SECOND, FIRST)
    requests = server.requests
    await eventually(lambda: server.requests >= requests + 3)
    assert keys.generation == 1


async def test_unknown_key_is_fetched_immediately(make_keys: MakeKeys, server: KeyServer) -> None:
    keys = await make_keys(refresh_seconds=NEVER)
    await wait_until_known(keys)
    server.publish(FIRST, SECOND)
    assert keys.find("second") is None
    await eventually(lambda: keys.generation == 2)
    assert is_same(keys.find("second"), SECOND)


async def test_known_keys_trigger_no_fetch(make_keys: MakeKeys, server: KeyServer) -> None:
    keys = await make_keys()
    await wait_until_known(keys)
    for _ in range(1000):
        assert keys.find("first")
    await asyncio.sleep(0.05)
    assert server.requests == 1


async def test_a_thousand_unknown_keys_at_once_trigger_one_fetch(make_keys: MakeKeys, server: KeyServer) -> None:
    keys = await make_keys()
    await wait_until_known(keys)
    for number in range(1000):
        assert keys.find(f"unknown {number}") is None
    await eventually(lambda: server.requests == 2)
    await asyncio.sleep(0.05)
    assert server.requests == 2


async def test_unknown_keys_trigger_no_fetch_during_the_pause(make_keys: MakeKeys, server: KeyServer) -> None:
    keys = await make_keys(refresh_seconds=SOON, pause_seconds=NEVER)
    await wait_until_known(keys)
    for number in range(20):
        assert keys.find(f"unknown {number}") is None
        await asyncio.sleep(0.002)
    assert server.requests == 1


async def test_failed_fetches_are_logged_once_until_one_succeeds(make_keys: MakeKeys, server: KeyServer) -> None:
    server.respond(b"", status="500 Internal Server Error")
    with capture_logs() as lines:
        keys = await make_keys()
        await eventually(lambda: server.requests >= 4)
        server.publish(FIRST)
        await wait_until_known(keys)
    assert [(line["log_level"], line["event"]) for line in lines] == [
        ("warning", "cannot fetch the signing keys"),
        ("info", "fetched the signing keys"),
    ]
    assert lines[0]["reason"] == f"status 500 from {server.url}"
    assert lines[1]["key_ids"] == ["first"]


async def test_proxy_of_the_environment_is_not_used(make_keys: MakeKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    await wait_until_known(await make_keys())


async def test_no_keys_are_fetched_after_cancellation(server: KeyServer) -> None:
    keys = RemoteKeySet(server.url, refresh_seconds=SOON, pause_seconds=SOON)
    async with in_background(keys.run()):
        await wait_until_known(keys)
    requests = server.requests
    await asyncio.sleep(0.05)
    assert server.requests == requests
    assert keys.find("first")


async def test_cancellation_is_not_lost_when_a_key_is_looked_up(server: KeyServer) -> None:
    keys = RemoteKeySet(server.url, refresh_seconds=NEVER, pause_seconds=SOON)
    running = asyncio.create_task(keys.run())
    await wait_until_known(keys)
    await asyncio.sleep(0.03)  # the pause is over, and it waits for an unknown key
    keys.find("unknown")
    running.cancel()
    await eventually(running.done)
