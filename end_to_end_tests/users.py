"""Users of both services, and requests in their name."""

from typing import Any
from uuid import uuid4

import httpx

from test_support.store import Store

ANNA = {"username": "anna", "password": "Correct-horse-7", "first_name": "Анна", "last_name": "Petrova-Smith"}

Tokens = dict[str, Any]
"""The response to a login."""


def make_user() -> dict[str, str]:
    """Return a user with a new name."""
    return ANNA | {"username": f"anna-{uuid4().hex}"}


def post(url: str, body: object, token: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.post(url, json=body, headers=headers, trust_env=False, timeout=5)


def register(store: Store, user: dict[str, str]) -> None:
    post(f"{store.authorization.url}/register", user).raise_for_status()


def log_in(store: Store, user: dict[str, str]) -> Tokens:
    login = {name: user[name] for name in ("username", "password")}
    tokens: Tokens = post(f"{store.authorization.url}/login", login).raise_for_status().json()
    return tokens


def log_in_administrator(store: Store) -> str:
    """Return an access token."""
    token: str = log_in(store, {"username": "admin", "password": store.administrator_password})["access_token"]
    return token


def read(store: Store, tokens: Tokens) -> httpx.Response:
    return post(f"{store.key_value.url}/read", {"keys": ["a"]}, tokens["access_token"])


def is_revoked(store: Store, tokens: Tokens) -> bool:
    """Return whether the key-value service rejects the access token as revoked."""
    answer = read(store, tokens)
    assert answer.status_code in {200, 401}
    return answer.status_code == 401 and "revoked" in answer.json()["detail"]


def find_readiness(store: Store) -> dict[str, Any]:
    readiness: dict[str, Any] = httpx.get(f"{store.key_value.url}/health/ready", trust_env=False).json()
    return readiness
