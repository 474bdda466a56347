"""Secrets of service accounts."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Self

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """The secret of a client, as the client knows it. Only its hash is stored.

    One round of SHA-256 is enough: a generated secret has 256 random bits, too many to try at any speed. Slow hashes are for
    passwords, which people choose.
    """

    text: str = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Return a new secret of 256 random bits, as base64url."""
        return cls(base64.urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)).rstrip(b"=").decode())

    @property
    def hash(self) -> str:
        """The SHA-256 of the secret, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def matches(self, secret_hash: str) -> bool:
        """Return, in constant time, whether the secret has this hash."""
        return hmac.compare_digest(self.hash, secret_hash)
