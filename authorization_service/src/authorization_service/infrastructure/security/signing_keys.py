"""RSA signing keys: PEM files that only this service may read."""

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from shared_kernel.infrastructure.access_tokens import ALGORITHM
from shared_kernel.infrastructure.secret_files import write_secret_once

KEY_BITS = 2048
FIRST_KEY = "signing_key.pem"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and the id by which verifiers find its public half."""

    key_id: str
    private_key: rsa.RSAPrivateKey

    @property
    def public_jwk(self) -> dict[str, Any]:
        """The public key as a JSON Web Key (RFC 7517)."""
        return _to_jwk(self.private_key.public_key()) | {"kid": self.key_id, "alg": ALGORITHM, "use": "sig"}


class SigningKeys:
    """The keys of a folder. Implements PublicKeys for the service's own use.

    Makes the first key, with mode 0600, where the folder has none. Raises OSError if the folder cannot be read or written,
    ValueError if a file in it is not an RSA private key.
    """

    generation = 0

    def __init__(self, directory: Path) -> None:
        if not any(directory.glob("*.pem")):
            write_secret_once(directory / FIRST_KEY, _new_private_key_pem())
        keys = [_load(path) for path in sorted(directory.glob("*.pem"))]
        self.current = keys[-1]
        self._keys = {key.key_id: key for key in keys}

    def find(self, key_id: str) -> rsa.RSAPublicKey | None:
        """Return the public key with this id."""
        key = self._keys.get(key_id)
        return key.private_key.public_key() if key else None

    @property
    def key_set(self) -> dict[str, Any]:
        """The public keys as a JSON Web Key Set (RFC 7517, section 5)."""
        return {"keys": [key.public_jwk for key in self._keys.values()]}


def _load(path: Path) -> SigningKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:  # a TypeError tells that a password is missing
        raise ValueError(f"{path} is not a private key without a password: {error}") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < KEY_BITS:
        raise ValueError(f"{path} is not an RSA private key of at least {KEY_BITS} bits")
    return SigningKey(_thumbprint(key.public_key()), key)


def _new_private_key_pem() -> bytes:
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


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
