"""Following the feed of revocations, over real HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from key_value_service.infrastructure.security import revocation_follower
from key_value_service.infrastructure.security.revocation_follower import MAX_ANSWER, PAUSE_SECONDS, RevocationFollower
from shared_kernel.application.authentication import Caller
from shared_kernel.infrastructure.background import in_background
from shared_kernel.infrastructure.revocations import Revocations
from test_support.key_value.feed_server import CLIENT_ID, CLIENT_SECRET, FeedServer
from test_support.key_value.key_server import eventually

Follow = Callable[..., Awaitable[RevocationFollower]]
LATER = time.time() + 7200  # longer than all tests take


def anna(session_id: str = "", issued_at: float = 0.0) -> Caller:
    return Caller("anna", frozenset(), session_id, issued_at)


@pytest.fixture(autouse=True)
def _short_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocation_follower, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(revocation_follower, "SWEEP_SECONDS", 0.01)


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as server:
        yield server


@pytest.fixture
def revocations() -> Revocations:
    return Revocations()


@pytest.fixture
async def follow(server: FeedServer, revocations: Revocations, tmp_path: Path) -> AsyncIterator[Follow]:
    """Make running followers of the server."""
    secret = tmp_path / "secret"
    secret.write_text(CLIENT_SECRET + "\n")
    async with AsyncExitStack() as stack:

        async def follow(
            *, tolerated_seconds: float = 60.0, is_required: bool = False, secret_file: Path = secret
        ) -> RevocationFollower:
            follower = RevocationFollower(
                revocations,
                url=f"{server.url}/revocations",
                token_url=f"{server.url}/token",
                client_id=CLIENT_ID,
                client_secret_file=secret_file,
                tolerated_seconds=tolerated_seconds,
                is_required=is_required,
            )
            await stack.enter_async_context(in_background(follower.run()))
            return follower

        yield follow


async def test_revocations_before_the_start_are_known(server: FeedServer, follow: Follow, revocations: Revocations) -> None:
    server.revoke(session_id="s", expires_at=LATER)
    server.revoke(subject="anna", issued_before=100.5, expires_at=LATER)
    await follow()
    await eventually(lambda: len(revocations) == 2)
    assert revocations.concern(anna("s", 1000.0))
    assert revocations.concern(anna("t", 100.4))
    assert not revocations.concern(anna("t", 100.5))


async def test_new_revocations_arrive_by_long_polling(server: FeedServer, follow: Follow, revocations: Revocations) -> None:
    await follow()
    await eventually(lambda: len(server.asked_after) == 2)  # the second one waits
    for number in range(3):
        server.revoke(session_id=f"s{number}", expires_at=LATER)
        await eventually(lambda number=number: revocations.concern(anna(f"s{number}")))  # type: ignore[misc]
    assert server.asked_after == [0, 0, 1, 2, 3][: len(server.asked_after)]


async def test_many_revocations_are_fetched_in_few_requests(server: FeedServer, follow: Follow, revocations: Revocations) -> None:
    await follow()
    await eventually(lambda: len(server.asked_after) == 2)  # the second one waits
    began = time.monotonic()
    for number in range(50):
        server.revoke(session_id=f"s{number}", expires_at=LATER)
        await asyncio.sleep(0.01)
    await eventually(lambda: len(revocations) == 50)
    assert len(server.asked_after) <= 3 + (time.monotonic() - began) / PAUSE_SECONDS


async def test_revocations_of_expired_tokens_are_forgotten(server: FeedServer, follow: Follow, revocations: Revocations) -> None:
    server.revoke(session_id="old", expires_at=time.time() + 0.2)
    server.revoke(session_id="new", expires_at=LATER)
    await follow()
    await eventually(lambda: revocations.concern(anna("new")))
    await eventually(lambda: not revocations.concern(anna("old")))
    assert revocations.concern(anna("new"))


async def test_new_feed_is_followed_from_its_start(server: FeedServer, follow: Follow, revocations: Revocations) -> None:
    server.revoke(session_id="a", expires_at=LATER)
    server.revoke(session_id="b", expires_at=LATER)
    await follow()
    await eventually(lambda: len(revocations) == 2)
    server.begin_another_feed()
    server.revoke(session_id="c", expires_at=LATER)
    await eventually(lambda: revocations.concern(anna("c")))
    assert revocations.concern(anna("a"))


async def test_attempt_that_fails_is_not_waited_for(server: FeedServer, follow: Follow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocation_follower, "RETRY_SECONDS", 60.0)
    await server.stop()
    follower = await follow()
    async with asyncio.timeout(5):
        await follower.settle()
    assert not await follower.is_available()


async def test_wait_for_the_feed_retries_at_once(
    server: FeedServer, follow: Follow, revocations: Revocations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocation_follower, "RETRY_SECONDS", 60.0)
    server.revoke(session_id="s", expires_at=LATER)
    await server.stop()
    follower = await follow()
    async with asyncio.timeout(5):
        await follower.settle()
        await server.start()
        while not await follower.is_available():
            await follower.settle()
    assert revocations.concern(anna("s"))


async def test_following_resumes_after_a_restart_of_the_authorization_service(
    server: FeedServer, follow: Follow, revocations: Revocations
) -> None:
    server.revoke(session_id="before", expires_at=LATER)
    await follow()
    await eventually(lambda: len(revocations) == 1)
    await server.stop()
    server.revoke(session_id="meanwhile", expires_at=LATER)
    await server.start()
    await eventually(lambda: revocations.concern(anna("meanwhile")))


async def test_access_token_is_renewed_before_it_expires_and_when_it_is_rejected(
    server: FeedServer, follow: Follow, revocations: Revocations
) -> None:
    server.token_expires_in = 1
    await follow()
    await eventually(lambda: len(server.asked_after) == 2)
    server.invalidate_tokens()
    server.revoke(session_id="s", expires_at=LATER)
    await eventually(lambda: revocations.concern(anna("s")))


async def test_client_secret_is_read_again_when_it_appears_or_changes(
    server: FeedServer, follow: Follow, revocations: Revocations, tmp_path: Path
) -> None:
    server.revoke(session_id="s", expires_at=LATER)
    file = tmp_path / "later"
    follower = await follow(secret_file=file)
    assert not await follower.is_available()
    file.write_text("wrong")
    assert not await follower.is_available()
    file.write_text(CLIENT_SECRET)
    await eventually(lambda: revocations.concern(anna("s")))
    assert await follower.is_available()


OK = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b"


@pytest.mark.parametrize(
    "answer",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
        *(
            OK % (len(body), body)
            for body in (
                b"",
                b"{}",
                b"null",
                b'{"feed":"f","last":-1,"revocations":[]}',
                b'{"feed":"","last":1,"revocations":[]}',
                b'{"feed":"f","last":1,"revocations":[{"number":1,"session_id":"s","expires_at":NaN}]}',
                b'{"feed":"f","last":1,"revocations":[{"number":1,"session_id":5,"expires_at":1}]}',
                b'{"feed":"f","last":1e400,"revocations":[]}',
                b" " * (MAX_ANSWER + 1),
            )
        ),
    ],
)
async def test_invalid_response_is_ignored_and_the_request_repeated(
    server: FeedServer, follow: Follow, revocations: Revocations, answer: bytes
) -> None:
    server.revoke(session_id="s", expires_at=LATER)
    server.response = answer
    follower = await follow()
    await eventually(lambda: server.tokens_issued > 0)
    assert not await follower.is_available()
    assert len(revocations) == 0
    server.response = None
    await eventually(lambda: revocations.concern(anna("s")))


async def test_dripping_response_times_out(
    server: FeedServer, follow: Follow, revocations: Revocations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocation_follower, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(revocation_follower, "TIMEOUT_SECONDS", 0.1)
    server.revoke(session_id="s", expires_at=LATER)
    server.response = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"
    await follow()
    await eventually(lambda: server.tokens_issued > 0)
    server.response = None
    await eventually(lambda: revocations.concern(anna("s")))


async def test_feed_without_news_is_available(server: FeedServer, follow: Follow) -> None:
    follower = await follow(tolerated_seconds=0.5)
    await eventually(lambda: len(server.asked_after) >= 4)  # each of the later ones was held without an answer
    assert server.asked_after == [0] * len(server.asked_after)
    assert await follower.is_available()


async def test_tokens_are_accepted_by_default_while_the_feed_is_unavailable(
    server: FeedServer, follow: Follow, revocations: Revocations
) -> None:
    follower = await follow(tolerated_seconds=0.05)
    await eventually(lambda: follower.age_seconds < 1)
    await server.stop()
    await eventually(lambda: follower.age_seconds > 0.1)
    assert not await follower.is_available()
    assert revocations.are_known
    await server.start()


async def test_tokens_are_rejected_while_a_required_feed_is_unavailable(
    server: FeedServer, follow: Follow, revocations: Revocations
) -> None:
    await server.stop()
    follower = await follow(tolerated_seconds=0.3, is_required=True)
    assert not revocations.are_known
    await server.start()
    await eventually(lambda: revocations.are_known)
    assert await follower.is_available()
    await server.stop()
    await eventually(lambda: not revocations.are_known)
    assert not await follower.is_available()
    await server.start()
    await eventually(lambda: revocations.are_known)


async def test_secrets_are_not_logged(
    server: FeedServer, follow: Follow, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "wrong"
    file.write_text("another-secret")
    await follow(secret_file=file)
    server.response = OK % (15, b'{"feed":"token"')
    await follow()
    written = ""

    def have_both_logged() -> bool:
        nonlocal written
        written += "".join(capsys.readouterr())
        return written.count("cannot follow the revocations") >= 2

    await eventually(have_both_logged)
    await server.stop()
    assert not [secret for secret in ("another-secret", CLIENT_SECRET, "token-1") if secret in written]
    await server.start()
