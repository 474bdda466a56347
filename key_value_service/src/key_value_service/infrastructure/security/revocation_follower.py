"""What the authorization service has revoked, followed in the background."""

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Annotated, Literal

import httpx
import structlog
from pydantic import BaseModel, Field, FiniteFloat, ValidationError

from key_value_service.infrastructure.security.http_client import make_client
from shared_kernel.infrastructure.revocations import Revocations
from shared_kernel.infrastructure.secret_files import read_secret

WAIT_SECONDS = 20.0  # for which the authorization service holds a request to which it has no news, at most
TIMEOUT_SECONDS = 5.0
RETRY_SECONDS = 0.5
# To ask costs as much as dozens of reads and writes, and these wait meanwhile: who logs out by the dozen is heard of together.
PAUSE_SECONDS = 0.2
FEW = 100  # revocations at once, behind which no others are waiting to be read
SWEEP_SECONDS = 0.25
MAX_ANSWER = 1024 * 1024  # bytes
# A token is renewed when this part of its life has passed.
RENEWED_AFTER = 0.8

_log = structlog.get_logger()

_Text = Annotated[str, Field(min_length=1, max_length=200)]
_Number = Annotated[int, Field(ge=0, lt=2**63)]


class _Revocation(BaseModel):
    number: _Number
    session_id: _Text | None = None
    subject: _Text | None = None
    issued_before: FiniteFloat = 0.0
    expires_at: FiniteFloat


class _Page(BaseModel):
    feed: _Text
    last: _Number
    revocations: list[_Revocation]


class _Token(BaseModel):
    access_token: str = Field(max_length=8192, repr=False)
    token_type: Literal["Bearer", "bearer"]
    expires_in: int = Field(gt=0)


class RevocationFollower:
    """Follows the feed of revocations by long polling, with a service account (RFC 6749, section 4.4). No request waits for it.

    While the feed has not been read for `tolerated_seconds`, or not at all yet, what it would say is unknown. `is_required` says
    what that means: whether no token is believed then, or all go on as the last known revocations allow.
    """

    name = "revocations"

    def __init__(
        self,
        revocations: Revocations,
        *,
        url: str,
        token_url: str,
        client_id: str,
        client_secret_file: Path,
        tolerated_seconds: float,
        is_required: bool,
    ) -> None:
        self._revocations = revocations
        self._url = url
        self._token_url = token_url
        self._client_id = client_id
        self._client_secret_file = client_secret_file
        self._tolerated_seconds = tolerated_seconds
        # Twice in the time that may pass without a word, the authorization service has a reason to say one.
        self._wait_seconds = min(WAIT_SECONDS, tolerated_seconds / 2)
        self._is_required = is_required
        self._feed = ""
        self._last = 0
        self._token = ""
        self._renew_at = 0.0  # of time.monotonic(), as is the next
        self._read_at: float | None = None
        self._failing = False
        self._wanted = asyncio.Event()  # at once, rather than after RETRY_SECONDS
        self._tried = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to follow."""
        self._judge()
        self._tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._sweep())]

    async def close(self) -> None:
        """Stop following."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def is_available(self) -> bool:
        """Tell whether the feed has been read lately."""
        return self._is_fresh()

    async def settle(self) -> None:
        """Return once the feed has been read or an attempt to read it has failed; the next attempt is made at once."""
        if not self._is_fresh():
            self._tried.clear()
            self._wanted.set()
            await self._tried.wait()

    @property
    def age_seconds(self) -> float:
        """How long ago the feed was read: infinite if never."""
        return float("inf") if self._read_at is None else time.monotonic() - self._read_at

    def _is_fresh(self) -> bool:
        return self.age_seconds <= self._tolerated_seconds

    def _judge(self) -> None:
        self._revocations.are_known = self._is_fresh() or not self._is_required

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self._revocations.forget_expired()
            self._judge()

    async def _follow(self) -> None:
        async with make_client(self._url, self._token_url, timeout_seconds=TIMEOUT_SECONDS) as client:
            while True:
                try:
                    # Whoever drips its answer byte by byte never lets a read time out.
                    async with asyncio.timeout(self._wait_seconds + 2 * TIMEOUT_SECONDS):
                        await self._read_page(client)
                except (httpx.HTTPError, OSError, ValueError, TimeoutError) as error:
                    if not self._failing:
                        _log.warning("cannot follow the revocations", url=self._url, reason=_explain(error))
                    self._failing = True
                    await self._wait_to_retry()
                except Exception:  # noqa: BLE001 - told in whole; to give up would be to believe revoked tokens
                    _log.exception("cannot follow the revocations")
                    await self._wait_to_retry()

    async def _wait_to_retry(self) -> None:
        self._tried.set()
        with contextlib.suppress(TimeoutError):
            # Not wait_for, which loses a cancellation that comes together with the event (Python 3.11).
            async with asyncio.timeout(RETRY_SECONDS):
                await self._wanted.wait()
        self._wanted.clear()

    async def _read_page(self, client: httpx.AsyncClient) -> None:
        if time.monotonic() >= self._renew_at:
            await self._log_in(client)
        # What is current is wanted at once; only news are worth waiting for.
        wait = self._wait_seconds if self._feed and not self._failing else 0
        request = client.build_request(
            "GET",
            self._url,
            params={"after": self._last, "wait": wait},
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=httpx.Timeout(TIMEOUT_SECONDS, read=wait + TIMEOUT_SECONDS),
        )
        try:
            page = _Page.model_validate_json(await _fetch(client, request))
        except _StatusError as error:
            if error.status == httpx.codes.UNAUTHORIZED:
                self._renew_at = 0.0
            raise
        self._take(page)
        if 0 < len(page.revocations) < FEW:
            await asyncio.sleep(PAUSE_SECONDS)

    def _take(self, page: _Page) -> None:
        if page.feed != self._feed and self._last > 0:
            # Another database: its numbers mean something else. What was revoked before stays so.
            _log.info("following another feed of revocations", feed=page.feed)
            self._feed, self._last = "", 0
            return
        for revocation in page.revocations:
            if revocation.session_id is not None:
                self._revocations.revoke_session(revocation.session_id, revocation.expires_at)
            if revocation.subject is not None:
                self._revocations.revoke_subject(revocation.subject, revocation.issued_before, revocation.expires_at)
        if self._failing or not self._feed:
            _log.info("following the revocations", url=self._url, last=page.last)
        self._failing = False
        self._feed, self._last = page.feed, page.last
        self._read_at = time.monotonic()
        self._tried.set()
        self._judge()

    async def _log_in(self, client: httpx.AsyncClient) -> None:
        request = client.build_request("POST", self._token_url, data={"grant_type": "client_credentials"})
        credentials = httpx.BasicAuth(self._client_id, read_secret(self._client_secret_file))
        token = _Token.model_validate_json(await _fetch(client, request, credentials))
        self._token = token.access_token
        self._renew_at = time.monotonic() + token.expires_in * RENEWED_AFTER


class _StatusError(ValueError):
    def __init__(self, status: int, url: str) -> None:
        super().__init__(f"status {status} from {url}")
        self.status = status


async def _fetch(client: httpx.AsyncClient, request: httpx.Request, auth: httpx.Auth | None = None) -> bytes:
    response = await client.send(request, stream=True, auth=auth)
    async with contextlib.aclosing(response):
        if response.status_code != httpx.codes.OK:
            raise _StatusError(response.status_code, str(request.url.copy_with(query=None)))
        body = b""
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MAX_ANSWER:
                raise ValueError(f"more than {MAX_ANSWER} bytes")
    return body


def _explain(error: Exception) -> str:
    if isinstance(error, ValidationError):  # its own words repeat what was sent
        return "the answer is not what was expected: " + ", ".join(
            ".".join(map(str, one["loc"])) or "no JSON" for one in error.errors(include_input=False)
        )
    return str(error) or type(error).__name__
