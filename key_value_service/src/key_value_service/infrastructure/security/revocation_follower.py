"""The authorization service's feed of revocations, followed in the background."""

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Annotated, Literal

import httpx
import structlog
from pydantic import BaseModel, Field, FiniteFloat, ValidationError

from key_value_service.infrastructure.security.http_client import StatusError, Trace, fetch, leave_untraced, make_client
from shared_kernel.infrastructure.revocations import Revocations
from shared_kernel.infrastructure.secret_files import read_secret

WAIT_SECONDS = 20.0  # the longest that the authorization service holds a request while it has no news
TIMEOUT_SECONDS = 5.0
RETRY_SECONDS = 0.5
# One poll costs as much as dozens of reads and writes, which wait meanwhile: logouts that come in dozens are fetched together.
PAUSE_SECONDS = 0.2
FEW = 100  # a page with fewer revocations is the last one for now
SWEEP_SECONDS = 0.25
MAX_ANSWER = 1024 * 1024  # bytes
RENEWED_AFTER = 0.8  # the part of its lifetime after which the access token is renewed

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

    The feed counts as unavailable before it is first read, and once it has not been read for `tolerated_seconds`. While it is
    unavailable, no access token is accepted if `is_required`; otherwise the last known revocations apply.
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
        ca_file: str = "",
        trace: Trace = leave_untraced,
    ) -> None:
        self._revocations = revocations
        self._url = url
        self._token_url = token_url
        self._ca_file = ca_file
        self._client_id = client_id
        self._client_secret_file = client_secret_file
        self._tolerated_seconds = tolerated_seconds
        # The authorization service answers at least twice in the time that may pass without an answer.
        self._wait_seconds = min(WAIT_SECONDS, tolerated_seconds / 2)
        self._is_required = is_required
        self._trace = trace
        self._feed = ""
        self._last = 0
        self._token = ""
        self._renew_at = 0.0  # of time.monotonic(), as is the next
        self._read_at: float | None = None
        self._failing = False
        self._wanted = asyncio.Event()
        """Set: the next attempt is made at once, not after RETRY_SECONDS."""
        self._tried = asyncio.Event()
        self._update_known()

    async def run(self) -> None:
        """Follow the feed, and forget revocations of expired tokens, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._sweep())

    async def is_available(self) -> bool:
        """Return whether the feed has been read within the tolerated time."""
        return self._is_fresh()

    async def settle(self) -> None:
        """Return once the feed has been read or an attempt to read it has failed; the next attempt is made at once."""
        if not self._is_fresh():
            self._tried.clear()
            self._wanted.set()
            await self._tried.wait()

    @property
    def age_seconds(self) -> float:
        """Seconds since the feed was last read; infinite before the first read."""
        return float("inf") if self._read_at is None else time.monotonic() - self._read_at

    def _is_fresh(self) -> bool:
        return self.age_seconds <= self._tolerated_seconds

    def _update_known(self) -> None:
        self._revocations.are_known = self._is_fresh() or not self._is_required

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self._revocations.forget_expired()
            self._update_known()

    async def _follow(self) -> None:
        async with make_client(
            self._url, self._token_url, timeout_seconds=TIMEOUT_SECONDS, ca_file=self._ca_file, trace=self._trace
        ) as client:
            while True:
                try:
                    # httpx bounds each read alone: a response that drips byte by byte would never time out.
                    async with asyncio.timeout(self._wait_seconds + 2 * TIMEOUT_SECONDS):
                        await self._read_page(client)
                except (httpx.HTTPError, OSError, ValueError, TimeoutError) as error:
                    if not self._failing:
                        _log.warning("cannot follow the revocations", url=self._url, reason=_explain(error))
                    self._failing = True
                    await self._wait_to_retry()
                except Exception:  # noqa: BLE001 - logged with its traceback; giving up would mean to accept revoked tokens
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
        # The first page, and the first one after a failure, is needed immediately; only news are waited for.
        wait = self._wait_seconds if self._feed and not self._failing else 0
        request = client.build_request(
            "GET",
            self._url,
            params={"after": self._last, "wait": wait},
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=httpx.Timeout(TIMEOUT_SECONDS, read=wait + TIMEOUT_SECONDS),
        )
        try:
            page = _Page.model_validate_json(await fetch(client, request, MAX_ANSWER))
        except StatusError as error:
            if error.status == httpx.codes.UNAUTHORIZED:
                self._renew_at = 0.0
            raise
        self._apply(page)
        if 0 < len(page.revocations) < FEW:
            await asyncio.sleep(PAUSE_SECONDS)

    def _apply(self, page: _Page) -> None:
        if page.feed != self._feed and self._last > 0:
            # The feed of another database, with other numbers: read it from its start. Known revocations stay.
            _log.info("following another feed of revocations", feed=page.feed)
            self._feed, self._last = "", 0
            return
        for revocation in page.revocations:
            if revocation.session_id is not None:
                self._revocations.revoke_session(revocation.session_id, revocation.expires_at)
            if revocation.subject is not None:
                self._revocations.revoke_subject(
                    revocation.subject, revocation.number, revocation.issued_before, revocation.expires_at
                )
        if self._failing or not self._feed:
            _log.info("following the revocations", url=self._url, last=page.last)
        self._failing = False
        self._feed, self._last = page.feed, page.last
        self._read_at = time.monotonic()
        self._tried.set()
        self._update_known()

    async def _log_in(self, client: httpx.AsyncClient) -> None:
        request = client.build_request("POST", self._token_url, data={"grant_type": "client_credentials"})
        credentials = httpx.BasicAuth(self._client_id, read_secret(self._client_secret_file))
        token = _Token.model_validate_json(await fetch(client, request, MAX_ANSWER, credentials))
        self._token = token.access_token
        self._renew_at = time.monotonic() + token.expires_in * RENEWED_AFTER


def _explain(error: Exception) -> str:
    if isinstance(error, ValidationError):  # its own message would repeat the response
        return "unexpected response: " + ", ".join(
            ".".join(map(str, one["loc"])) or "not JSON" for one in error.errors(include_input=False)
        )
    return str(error) or type(error).__name__
