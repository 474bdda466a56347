"""Secrets of authenticator apps (TOTP, RFC 6238)."""

import base64
import secrets
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote, urlencode

SECRET_BYTES = 20  # RFC 4226, section 4: at least 128 bits, and 160 recommended


@dataclass(frozen=True, slots=True)
class TotpSecret:
    """What an authenticator app and the service share: 160 random bits, in base32 as apps take it.

    The apps' defaults apply, since many know nothing else: HMAC-SHA-1, 6 digits, a new code every 30 seconds.
    """

    value: str = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Return a random secret."""
        return cls(base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode())

    def make_uri(self, issuer: str, username: str) -> str:
        """Return the address that an app reads from a QR code: `otpauth://totp/…` (Key URI Format of Google Authenticator)."""
        label = f"{quote(issuer, safe='')}:{quote(username, safe='')}"
        return f"otpauth://totp/{label}?{urlencode({'secret': self.value, 'issuer': issuer}, quote_via=quote)}"
