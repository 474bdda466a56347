"""Users of a real authorization service."""

import uuid
from pathlib import Path
from typing import Any

import httpx

from test_support.processes import Service

PASSWORD = "Correct-horse-7"


class Person:
    """A user with an access token."""

    def __init__(self, service: Service, username: str, password: str) -> None:
        self.username = username
        self.password = password
        self.token = ""
        self._service = service
        self.log_in()

    def log_in(self) -> dict[str, Any]:
        """Log in and use the new token from now on; return the response."""
        login = {"username": self.username, "password": self.password}
        answer: dict[str, Any] = self.send("POST", "/login", json=login).raise_for_status().json()
        self.token = answer["access_token"]
        return answer

    def log_in_elsewhere(self) -> "Person":
        """Return the same person with a session of its own."""
        return Person(self._service, self.username, self.password)

    def __call__(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send a request with the token and, unless it is None, a body."""
        return self.send(method, path, json=body)

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request as httpx does, with the token if there is one."""
        headers = ({"Authorization": f"Bearer {self.token}"} if self.token else {}) | options.pop("headers", {})
        return httpx.request(method, self._service.url + path, headers=headers, trust_env=False, timeout=10, **options)


def register(service: Service, username: str = "") -> Person:
    """Return a new user."""
    name = username or f"u-{uuid.uuid4().hex}"
    wanted = {"username": name, "password": PASSWORD, "first_name": "Anna", "last_name": "Petrova"}
    httpx.post(f"{service.url}/register", json=wanted, trust_env=False).raise_for_status()
    return Person(service, name, PASSWORD)


def log_in_as_administrator(service: Service, folder: Path) -> Person:
    """Return the first administrator of the service that was started in this folder."""
    password = (folder / "var/authorization_service/administrator_password").read_text().strip()
    return Person(service, "admin", password)
