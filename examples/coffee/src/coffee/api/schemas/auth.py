"""Signing in."""

from pydantic import BaseModel

from coffee.api.schemas import Body, Name


class LoginIn(Body):
    """Who signs in."""

    username: str
    password: str


class RegisterIn(LoginIn):
    """A new user. The authorization service has the rules."""

    name: Name


class RefreshIn(Body):
    """A refresh token."""

    refresh_token: str


class TokensOut(BaseModel):
    """Tokens. `expires_in`: seconds."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: float
