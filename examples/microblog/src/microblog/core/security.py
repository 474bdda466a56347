"""The checking of tokens and API keys."""

from key_value_client.authentication import AsyncAuthenticator
from microblog.core.config import Settings


def make_authenticator(settings: Settings) -> AsyncAuthenticator:
    """Return what tells who sends a request."""
    secret = settings.read_client_secret()
    return AsyncAuthenticator(settings.authorization_url, settings.client_id, secret, kept_for=settings.token_seconds)
