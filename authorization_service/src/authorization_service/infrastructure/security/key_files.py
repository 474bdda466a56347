"""RSA signing keys as PEM files that only the service may read."""

import base64
import hashlib
import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from authorization_service.application.key.private_keys import PublicHalf
from authorization_service.infrastructure.security.secret_errors import as_secret_errors
from shared_kernel.infrastructure.access_tokens import ALGORITHM
from shared_kernel.infrastructure.secret_files import write_secret_once

KEY_BITS = 2048
FIRST_KEY = "signing_key.pem"


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key, and the id by which verifiers find its public half."""

    key_id: str
    private_key: rsa.RSAPrivateKey

    @property
    def public_half(self) -> PublicHalf:
        """The public key with its JSON Web Key (RFC 7517)."""
        jwk = _to_jwk(self.private_key.public_key()) | {"kid": self.key_id, "alg": ALGORITHM, "use": "sig"}
        return PublicHalf(self.key_id, json.dumps(jwk, separators=(",", ":")))


class KeyFiles:
    """Implements PrivateKeys with the PEM files of a folder, which have mode 0600."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @as_secret_errors()
    def ensure(self) -> Sequence[PublicHalf]:
        """Return the folder's keys, ordered by file name. Creates the first one if there is none."""
        if not any(self._find_files()):
            write_secret_once(self._directory / FIRST_KEY, _to_pem(_new_private_key()))
        return [key.public_half for key in self.load().values()]

    @as_secret_errors()
    def load(self) -> dict[str, PrivateKey]:
        """Return the folder's keys by their ids. Raises SecretUnusableError."""
        return {key.key_id: key for key in map(_load, self._find_files())}

    @as_secret_errors()
    def make(self) -> PublicHalf:
        """Create a key and its file."""
        private_key = _new_private_key()
        key = PrivateKey(_thumbprint(private_key.public_key()), private_key)
        path = self._get_file(key.key_id)
        write_secret_once(path, _to_pem(private_key))
        if os.geteuid() == 0:
            # Keys that root creates must be readable by the service, the owner of the folder.
            folder = self._directory.stat()
            os.chown(path, folder.st_uid, folder.st_gid)
        return key.public_half

    @as_secret_errors()
    def discard(self, key_id: str) -> None:
        """Delete the file of a key that `make` created."""
        self._get_file(key_id).unlink()

    @as_secret_errors()
    def remove(self, expired: Collection[str], known: Collection[str], made_before: datetime) -> Sequence[str]:
        """Delete the files of expired keys, and of unknown ones that are old enough."""
        removed = []
        for path in self._find_files():
            key_id = _load(path).key_id
            is_old = datetime.fromtimestamp(path.stat().st_mtime, UTC) < made_before
            if key_id in expired or (key_id not in known and is_old):
                path.unlink()
                removed.append(key_id)
        return removed

    def _get_file(self, key_id: str) -> Path:
        return self._directory / f"{key_id}.pem"

    def _find_files(self) -> list[Path]:
        return sorted(self._directory.glob("*.pem"))


def _load(path: Path) -> PrivateKey:
    try:
        key = _parse(path.read_bytes())
    except (ValueError, TypeError) as error:  # TypeError: it is protected by a password
        raise ValueError(f"{path} is not a private key without a password: {error}") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < KEY_BITS:
        raise ValueError(f"{path} is not an RSA private key of at least {KEY_BITS} bits")
    return PrivateKey(_thumbprint(key.public_key()), key)


@lru_cache(maxsize=16)
def _parse(pem: bytes) -> PrivateKeyTypes:
    # Cached: it checks that the factors are prime, which takes tens of milliseconds, and each start reads its keys three times.
    return serialization.load_pem_private_key(pem, password=None)


def _new_private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def _to_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _to_jwk(key: rsa.RSAPublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    return {"kty": "RSA", "n": _encode_integer(numbers.n), "e": _encode_integer(numbers.e)}


def _thumbprint(key: rsa.RSAPublicKey) -> str:
    """RFC 7638: the hash of the required members, in lexicographic order and without white space."""
    canonical = json.dumps(_to_jwk(key), sort_keys=True, separators=(",", ":"))
    return _encode_bytes(hashlib.sha256(canonical.encode()).digest())


def _encode_integer(number: int) -> str:
    """RFC 7518, section 2: Base64urlUInt."""
    return _encode_bytes(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _encode_bytes(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
