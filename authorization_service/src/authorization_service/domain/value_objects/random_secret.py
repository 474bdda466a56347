"""Secrets that the service makes up."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Self

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class RandomSecret:
    """256 random bits, as their bearer knows them: a client's secret, an authorization code, a browser's cookie.

    Only the hash is stored. One round of SHA-256 is enough: these are too many bits to try at any speed. Slow hashes are for
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

    def derive(self, purpose: str) -> str:
        """Return a text that only bearers of the secret can compute, and that does not disclose it: 256 bits in hexadecimal."""
        return hmac.new(self.text.encode(), purpose.encode(), "sha256").hexdigest()
