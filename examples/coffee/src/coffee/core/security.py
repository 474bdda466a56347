"""Roles, and the checking of tokens and API keys."""

from typing import Literal, get_args

from coffee.core.config import Settings
from key_value_client.authentication import AsyncAuthenticator

Role = Literal["member", "roaster", "moderator", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From the least to the greatest: each may do what those before it may."""


def covers(role: Role, needed: Role) -> bool:
    """Return whether a role may do what another one may."""
    return ROLES.index(role) >= ROLES.index(needed)


def make_authenticator(settings: Settings) -> AsyncAuthenticator:
    """Return what tells who sends a request."""
    secret = settings.read_client_secret()
    return AsyncAuthenticator(settings.authorization_url, settings.client_id, secret, kept_for=settings.token_seconds)
