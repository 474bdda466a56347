"""The signing keys in one process."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from authorization_service.application.clock import Now
from authorization_service.application.key.signing_key_repository import SigningKeyRepository
from authorization_service.domain.entities.signing_key import SigningKey, find_signing_key
from authorization_service.domain.exceptions import SecretUnusableError
from authorization_service.infrastructure.security.key_files import PrivateKey
from shared_kernel.application.authentication import SigningKeysUnknownError
from shared_kernel.application.availability import StoreUnavailableError

REFRESH_SECONDS = 1.0  # much less than the time for which a new key is published before it signs
RETRY_SECONDS = 0.1

_log = structlog.get_logger()


class KeyFolder(Protocol):
    """The source of private keys."""

    def load(self) -> dict[str, PrivateKey]:
        """Return all private keys by their ids. Raises SecretUnusableError."""
        ...


class KeyRing:
    """Implements PublicKeys for the service itself, CurrentKey for the issuer and PublishedKeys for the key set.

    Reads the keys from the store every second. While the store is unavailable, the known keys stay in use: a new key is known
    long before it signs. A Dependency: available while there is a key to sign with.
    """

    name = "signing keys"

    def __init__(self, keys: SigningKeyRepository, folder: KeyFolder, now: Now) -> None:
        self._repository = keys
        self._folder = folder
        self._now = now
        self._published: Sequence[SigningKey] = ()
        self._signing: Sequence[SigningKey] = ()
        self._public: dict[str, RSAPublicKey] = {}
        self._private: dict[str, PrivateKey] = {}
        self._key_set = b""
        self._logged = ""
        self.generation = 0

    async def run(self) -> None:
        """Refresh the keys every REFRESH_SECONDS until cancelled."""
        while True:
            try:
                await self.refresh()
            except StoreUnavailableError:
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:  # noqa: BLE001 - logged with its traceback; known keys stay in use
                _log.exception("cannot refresh the signing keys")
                await asyncio.sleep(REFRESH_SECONDS)
            else:
                await asyncio.sleep(REFRESH_SECONDS if self._published else RETRY_SECONDS)

    async def is_available(self) -> bool:
        """Return whether there is a key to sign with."""
        return find_signing_key(self._signing, self._now()) is not None

    def __len__(self) -> int:
        """Return the number of published keys."""
        return len(self._published)

    @property
    def current(self) -> PrivateKey:
        """The signing key. Raises SigningKeysUnknownError while there is none."""
        key = find_signing_key(self._signing, self._now())
        if key is None:
            raise SigningKeysUnknownError
        return self._private[key.id]

    @property
    def key_set(self) -> bytes:
        """The public keys as a JSON Web Key Set (RFC 7517, section 5). Raises SigningKeysUnknownError before any are known."""
        if not self._published:
            raise SigningKeysUnknownError
        return self._key_set

    def find(self, key_id: str) -> RSAPublicKey | None:
        """Return the public key with this id, or None. Raises SigningKeysUnknownError before any keys are known."""
        if not self._published:
            raise SigningKeysUnknownError
        return self._public.get(key_id)

    async def refresh(self) -> None:
        """Read the keys once. Raises StoreUnavailableError."""
        now = self._now()
        published = [key for key in await self._repository.list() if key.is_published(now)]
        if any(key.id not in self._private for key in published):
            await self._load_private_keys()
        if published != self._published:
            self._published = published
            self._public = {key.id: _read_public_key(key.public_jwk) for key in published}
            self._key_set = b'{"keys":[%s]}' % ",".join(key.public_jwk for key in published).encode()
            self.generation += 1
        self._signing = [key for key in published if key.id in self._private]
        if published and not await self.is_available():
            self._log_once("the folder of the signing keys has no current signing key; `keys rotate --compromised` creates one")

    async def _load_private_keys(self) -> None:
        try:
            self._private = await asyncio.to_thread(self._folder.load)
        except SecretUnusableError as error:
            self._log_once(str(error))

    def _log_once(self, reason: str) -> None:
        if reason != self._logged:
            self._logged = reason
            _log.error("cannot sign with the newest key", reason=reason)


def _read_public_key(jwk: str) -> RSAPublicKey:
    key = jwt.PyJWK.from_json(jwk).key
    if not isinstance(key, RSAPublicKey):
        raise TypeError("a signing key is not an RSA key")
    return key
