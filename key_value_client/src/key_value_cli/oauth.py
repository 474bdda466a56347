"""The authorization service as users sign in to it: kv is one of its public clients, and has no secret."""

from dataclasses import dataclass
from typing import Any

import httpx
from typing_extensions import Self

from key_value_cli.connection import RETRY_SECONDS
from key_value_cli.failures import Failure, Status
from key_value_client.certificates import choose_authorities

CLIENT_ID = "kv"
SCOPE = "account administration offline_access admin:*"
"""Everything that the user may do: a token has what the user has of it."""

_REASONS = {
    "access_denied": "The sign-in was denied.",
    "expired_token": "Nobody has signed in before the code expired.",
    "invalid_client": f"The authorization service has no public client {CLIENT_ID}. Log in with --username.",
}


class Refusal(Failure):
    """An error of OAuth 2 (RFC 6749, section 5.2), by its code."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(_REASONS.get(code, f"The sign-in has failed: {description or code}"), Status.NOT_LOGGED_IN)
        self.code = code


@dataclass(frozen=True)
class Server:
    """An authorization service that calls itself by the address at which it was found.

    `ca_file`: of the authorities, one of which its certificate must be from, or None for those that browsers know.
    """

    url: str
    issuer: str
    ca_file: str | None = None

    @classmethod
    def find(cls, url: str, ca_file: str | None = None) -> Self:
        """Return the server at an address.

        Raises Failure for one that calls itself otherwise: a code that another server has issued must not be sent to it
        (RFC 8414, section 3.3; RFC 9207, section 2.4).
        """
        metadata = _read(_send("GET", f"{url}/.well-known/oauth-authorization-server", ca_file), url)
        issuer = str(metadata.get("issuer"))
        if issuer.rstrip("/") != url:
            raise Failure(f"The authorization service at {url} calls itself {issuer}. Log in with --authorization-url {issuer}")
        return cls(url, issuer, ca_file)

    def post(self, path: str, **form: str) -> dict[str, Any]:
        """Send a form as this client; return the members of the answer. Raises Refusal, or Failure without an answer."""
        answer = _send("POST", f"{self.url}{path}", self.ca_file, data={"client_id": CLIENT_ID} | form)
        members = _read(answer, self.url)
        if answer.is_success:
            return members
        raise Refusal(str(members.get("error", answer.status_code)), str(members.get("error_description", "")))


def _send(method: str, url: str, ca_file: str | None, **options: Any) -> httpx.Response:
    try:
        return httpx.request(method, url, timeout=RETRY_SECONDS, verify=choose_authorities(url, ca_file), **options)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Failure(f"{url} cannot be reached: {error}", Status.UNAVAILABLE) from None


def _read(answer: httpx.Response, url: str) -> dict[str, Any]:
    try:
        members = answer.json()
    except ValueError:
        members = None
    if answer.is_server_error or not isinstance(members, dict):
        raise Failure(f"The authorization service at {url} answers with {answer.status_code}.", Status.UNAVAILABLE)
    return members
