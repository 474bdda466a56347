"""An authenticator app, as a user has one on a telephone."""

import base64
import hashlib
import hmac
import struct
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from test_support.authorization.people import Person

PERIOD = 30  # seconds


class AuthenticatorApp:
    """Shows codes of a secret (RFC 4226, section 5.3; RFC 6238), computed here and not by the service's library.

    `code` shows a code that was not shown before. The service accepts the next time step's code, too: so there are two without
    waiting. Where a test needs more of them, it has recovery codes.
    """

    def __init__(self, uri: str) -> None:
        self.secret = parse_qs(urlsplit(uri).query)["secret"][0]
        self._shown = 0

    def compute(self, step: int) -> str:
        """Return the code of a time step."""
        digest = hmac.digest(base64.b32decode(self.secret), struct.pack(">Q", step), hashlib.sha1)
        offset = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"

    def code(self) -> str:
        """Return the next code."""
        now = int(time.time()) // PERIOD
        self._shown = max(self._shown + 1, now)
        assert self._shown <= now + 1, "the service would accept no other code yet"
        return self.compute(self._shown)

    @property
    def last_code(self) -> str:
        """The code that was shown last."""
        return self.compute(self._shown)

    @property
    def wrong_code(self) -> str:
        """Six digits that are no code around now."""
        now = int(time.time()) // PERIOD
        near = {self.compute(step) for step in range(now - 3, now + 4)}
        return next(f"{number:06}" for number in range(1_000_000) if f"{number:06}" not in near)


def enrol(person: Person, **confirmation: str) -> tuple[AuthenticatorApp, dict[str, Any]]:
    """Give a person an authenticator app; return it, and the answer with the recovery codes."""
    begun = person("POST", "/me/factors/totp", {"password": person.password} | confirmation).raise_for_status().json()
    app = AuthenticatorApp(begun["uri"])
    body = {"enrolment": begun["enrolment"], "code": app.code()}
    return app, person("POST", "/me/factors/totp/confirm", body).raise_for_status().json()


def begin_login(person: Person) -> dict[str, Any]:
    """Return the problem document with the token of the second step."""
    answer = person.send("POST", "/login", json={"username": person.username, "password": person.password})
    assert answer.status_code == 401
    document: dict[str, Any] = answer.json()
    return document
