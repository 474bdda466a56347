"""As much of a client as it takes to see that the two services work together."""

import http.client
import json
from dataclasses import dataclass
from typing import Any

UNREACHABLE = 0


@dataclass(frozen=True)
class Client:
    """Asks the two services of a running project. A status is UNREACHABLE where nobody answers."""

    authorization_port: int
    key_value_port: int

    def register(self, username: str, password: str) -> int:
        """Register a user and return the answer's status."""
        user = {"username": username, "password": password, "first_name": "Anna", "last_name": "Petrova"}
        return _ask(self.authorization_port, "POST", "/register", user)[0]

    def log_in(self, username: str, password: str) -> str | None:
        """Return an access token, or None if the login is refused."""
        credentials = {"username": username, "password": password}
        return _ask(self.authorization_port, "POST", "/login", credentials)[1].get("access_token")

    def write(self, token: str | None, data: dict[str, Any]) -> int:
        """Write pairs and return the answer's status."""
        return _ask(self.key_value_port, "POST", "/write", {"data": data}, token)[0]

    def read(self, token: str | None, keys: list[str]) -> dict[str, Any] | None:
        """Return those of the pairs that exist, or None if they may not be read."""
        return _ask(self.key_value_port, "POST", "/read", {"keys": keys}, token)[1].get("data")

    def ask_authorization(self, method: str, path: str, body: object, token: str | None) -> tuple[int, dict[str, Any]]:
        """Ask the authorization service anything; return the status and the answer."""
        return _ask(self.authorization_port, method, path, body, token)

    def ask_key_value(self, method: str, path: str, body: object, token: str | None) -> tuple[int, dict[str, Any]]:
        """Ask the key-value service anything; return the status and the answer."""
        return _ask(self.key_value_port, method, path, body, token)

    def key_value_health(self, question: str) -> int:
        """Return the status that the key-value service answers with when asked whether it is `live` or `ready`."""
        return _ask(self.key_value_port, "GET", f"/health/{question}")[0]


def _ask(port: int, method: str, path: str, body: object = None, token: str | None = None) -> tuple[int, dict[str, Any]]:
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, json.load(response)
    except OSError:
        return UNREACHABLE, {}
    finally:
        connection.close()
