"""Minimal clients of what a project publishes on this machine."""

import http.client
import json
import socket
import ssl
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

UNREACHABLE = 0
ANSWER_SECONDS = 10


@dataclass(frozen=True)
class Client:
    """Sends requests to the two services of a running project. The status is UNREACHABLE where a service does not answer."""

    authorization_port: int
    key_value_port: int
    tls: ssl.SSLContext | None = None
    """Where a proxy with TLS publishes them at /auth and /kv."""

    def register(self, username: str, password: str) -> int:
        """Register a user and return the response's status."""
        user = {"username": username, "password": password, "first_name": "Anna", "last_name": "Petrova"}
        return self._ask("auth", "POST", "/register", user)[0]

    def log_in(self, username: str, password: str) -> str | None:
        """Return an access token, or None if the login is refused."""
        credentials = {"username": username, "password": password}
        return self._ask("auth", "POST", "/login", credentials)[1].get("access_token")

    def write(self, token: str | None, data: dict[str, Any]) -> int:
        """Write pairs and return the response's status."""
        return self._ask("kv", "POST", "/write", {"data": data}, token)[0]

    def read(self, token: str | None, keys: list[str]) -> dict[str, Any] | None:
        """Return the pairs that exist, or None if the read is refused."""
        return self._ask("kv", "POST", "/read", {"keys": keys}, token)[1].get("data")

    def ask_authorization(self, method: str, path: str, body: object, token: str | None) -> tuple[int, dict[str, Any]]:
        """Send a request to the authorization service; return status and document."""
        return self._ask("auth", method, path, body, token)

    def ask_key_value(self, method: str, path: str, body: object, token: str | None) -> tuple[int, dict[str, Any]]:
        """Send a request to the key-value service; return status and document."""
        return self._ask("kv", method, path, body, token)

    def find_console_client(self) -> str | None:
        """Return the client that the console says it is, or None if there is no console."""
        return self._ask("kv", "GET", "/console/-/configuration.json")[1].get("client_id")

    def key_value_health(self, question: str) -> int:
        """Return the status of the key-value service's health check `live` or `ready`."""
        return self._ask("kv", "GET", f"/health/{question}")[0]

    def _ask(
        self, service: str, method: str, path: str, body: object = None, token: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        port = self.authorization_port if service == "auth" else self.key_value_port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        if self.tls is not None:
            connection = http.client.HTTPSConnection("localhost", port, timeout=ANSWER_SECONDS, context=self.tls)
            path = f"/{service}{path}"
        status, document = ask(connection, method, path, body, token)
        # A proxy that reaches no service answers with a page of its own.
        return status, document if isinstance(document, dict) else {}


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: object = None, token: str | None = None
) -> tuple[int, Any]:
    """Send a request and close the connection; return the status with the document, or with the text of what is no JSON."""
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        content = response.read()
        return response.status, json.loads(content) if "json" in response.headers.get_content_type() else content.decode()
    except (OSError, http.client.HTTPException):
        return UNREACHABLE, {}
    finally:
        connection.close()


def find_free_ports(number: int) -> list[int]:
    """Return TCP ports of 127.0.0.1 that nobody listens on."""
    with ExitStack() as stack:
        return [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(number)]
