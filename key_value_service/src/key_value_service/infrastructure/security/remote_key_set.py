"""Public keys of the authorization service, fetched in the background."""

import asyncio
import contextlib
from typing import Any

import httpx
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from key_value_service.infrastructure.security.http_client import Trace, fetch, leave_untraced, make_client
from shared_kernel.application.authentication import SigningKeysUnknownError
from shared_kernel.infrastructure.access_tokens import ALGORITHM

FETCH_SECONDS = 5.0  # for the whole response, however slowly it arrives
MAX_KEY_SET = 256 * 1024  # bytes
MIN_KEY_BITS = 2048

_log = structlog.get_logger()


class RemoteKeySet:
    """Implements PublicKeys with the key set that `url` publishes (RFC 7517). No request waits for a fetch.

    The set is fetched at start (repeatedly until that succeeds), then every `refresh_seconds` and, when a token names an unknown
    key, immediately, but at most every `pause_seconds`. A failed fetch keeps the known keys.
    """

    name = "signing keys"

    def __init__(
        self, url: str, *, refresh_seconds: float, pause_seconds: float, ca_file: str = "", trace: Trace = leave_untraced
    ) -> None:
        self._url = url
        self._ca_file = ca_file
        self._refresh_seconds = refresh_seconds
        self._pause_seconds = pause_seconds
        self._trace = trace
        self._keys: dict[str, RSAPublicKey] = {}
        self._wanted = asyncio.Event()
        self._reachable = True
        self.generation = 0

    @property
    def size(self) -> int:
        """The number of known keys."""
        return len(self._keys)

    async def is_available(self) -> bool:
        """Return whether any key is known."""
        return bool(self._keys)

    def find(self, key_id: str) -> RSAPublicKey | None:
        """Return the key with this id. An unknown id triggers a fetch in the background.

        Raises SigningKeysUnknownError as long as no key is known.
        """
        key = self._keys.get(key_id)
        if key is None:
            self._wanted.set()
            if not self._keys:
                raise SigningKeysUnknownError
        return key

    async def run(self) -> None:
        """Keep the keys fresh until cancelled."""
        async with make_client(self._url, timeout_seconds=FETCH_SECONDS, ca_file=self._ca_file, trace=self._trace) as client:
            while True:
                await self._refresh(client)
                await asyncio.sleep(self._pause_seconds if self._keys else min(self._pause_seconds, 0.5))
                if self._keys:
                    with contextlib.suppress(TimeoutError):
                        # Not wait_for, which loses a cancellation that comes together with the event (Python 3.11).
                        async with asyncio.timeout(max(0.0, self._refresh_seconds - self._pause_seconds)):
                            await self._wanted.wait()
                self._wanted.clear()

    async def _refresh(self, client: httpx.AsyncClient) -> None:
        try:
            # httpx bounds each read alone: a response that drips byte by byte would never time out.
            async with asyncio.timeout(FETCH_SECONDS):
                document = await fetch(client, client.build_request("GET", self._url), MAX_KEY_SET)
            keys = _read_key_set(document)
        except (httpx.HTTPError, ValueError, TimeoutError) as error:
            if self._reachable:
                _log.warning("cannot fetch the signing keys", url=self._url, reason=str(error) or type(error).__name__)
            self._reachable = False
            return
        if not self._reachable or not self._keys:
            _log.info("fetched the signing keys", url=self._url, key_ids=sorted(keys))
        self._reachable = True
        if keys != self._keys:
            self._keys = keys
            self.generation += 1


def _read_key_set(document: bytes) -> dict[str, RSAPublicKey]:
    """Return the set's RSA signing keys by id; other keys are ignored (RFC 7517, section 5). Raises ValueError."""
    try:
        key_set: Any = jwt.PyJWKSet.from_json(document.decode())
    except (jwt.PyJWTError, UnicodeDecodeError, AttributeError, TypeError, RuntimeError) as error:
        raise ValueError(f"not a key set: {error}") from error
    keys = {
        key.key_id: key.key
        for key in key_set.keys
        if key.key_id
        and isinstance(key.key_id, str)
        and key.algorithm_name == ALGORITHM
        and key.public_key_use in (None, "sig")
        and isinstance(key.key, RSAPublicKey)
        and key.key.key_size >= MIN_KEY_BITS
    }
    if not keys:
        raise ValueError("no RSA signing key in the key set")
    return keys
