"""The signing keys as one process knows them."""

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

TURN_SECONDS = 1.0  # much less than a new key is published before it signs
RETRY_SECONDS = 0.1

_log = structlog.get_logger()


class KeyFolder(Protocol):
    """Where private keys are."""

    def load(self) -> dict[str, PrivateKey]:
        """Return all of them by their ids. Raises SecretUnusableError."""
        ...


class KeyRing:
    """Implements PublicKeys for the service's own use and publishes them.

    Looks every second which keys the store knows. What it knows goes on being used while the store is out of reach:
    a new key is known long before it signs.
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
        self._complaint = ""
        self.generation = 0

    async def run(self) -> None:
        """Refresh the keys every TURN_SECONDS until cancelled."""
        while True:
            try:
                await self.refresh()
            except StoreUnavailableError:
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:  # noqa: BLE001 - told in whole; what is known goes on being used
                _log.exception("cannot look for the signing keys")
                await asyncio.sleep(TURN_SECONDS)
            else:
                await asyncio.sleep(TURN_SECONDS if self._published else RETRY_SECONDS)

    async def is_available(self) -> bool:
        """Tell whether there is a key to sign with."""
        return find_signing_key(self._signing, self._now()) is not None

    def __len__(self) -> int:
        """Return how many keys are published."""
        return len(self._published)

    @property
    def current(self) -> PrivateKey:
        """The key to sign with. Raises SigningKeysUnknownError while there is none."""
        key = find_signing_key(self._signing, self._now())
        if key is None:
            raise SigningKeysUnknownError
        return self._private[key.id]

    @property
    def key_set(self) -> bytes:
        """The public keys as a JSON Web Key Set (RFC 7517, section 5). Raises SigningKeysUnknownError before they are known."""
        if not self._published:
            raise SigningKeysUnknownError
        return self._key_set

    def find(self, key_id: str) -> RSAPublicKey | None:
        """Return the public key with this id. Raises SigningKeysUnknownError before they are known."""
        if not self._published:
            raise SigningKeysUnknownError
        return self._public.get(key_id)

    async def refresh(self) -> None:
        """Look once. Raises StoreUnavailableError."""
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
            self._complain(
                "the folder of the signing keys has none of those that sign now; `keys rotate --compromised` makes one"
            )

    async def _load_private_keys(self) -> None:
        try:
            self._private = await asyncio.to_thread(self._folder.load)
        except SecretUnusableError as error:
            self._complain(str(error))

    def _complain(self, reason: str) -> None:
        if reason != self._complaint:
            self._complaint = reason
            _log.error("cannot sign with the newest key", reason=reason)


def _read_public_key(jwk: str) -> RSAPublicKey:
    key = jwt.PyJWK.from_json(jwk).key
    if not isinstance(key, RSAPublicKey):
        raise TypeError("a signing key is not an RSA key")
    return key
