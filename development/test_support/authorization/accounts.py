"""Users of a running authorization service."""

import uuid
from pathlib import Path
from typing import Any

import httpx

from test_support.processes import Service

PASSWORD = "Correct-horse-7"


def new_user(**changes: Any) -> dict[str, Any]:
    """Return a body for POST /register, with a username that no other test has."""
    return {
        "username": f"u-{uuid.uuid4().hex}",
        "password": PASSWORD,
        "first_name": "Zoë",
        "last_name": "O'Neill-Иванова",
    } | changes


def log_in_as_administrator(service: Service, folder: Path) -> str:
    """Return an access token of the administrator of the service whose data is in `folder`."""
    password = (folder / "var/authorization_service/administrator_password").read_text().strip()
    answer = httpx.post(f"{service.url}/login", json={"username": "admin", "password": password}, trust_env=False)
    token: str = answer.raise_for_status().json()["access_token"]
    return token
