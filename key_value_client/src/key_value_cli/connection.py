"""Clients for commands: as a profile says, or the environment."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from key_value_cli.profiles import Profile, load_profiles
from key_value_cli.token_file import TokenFile
from key_value_client.client import Client, Namespace
from key_value_client.tokens import TokenStore

RETRY_SECONDS = 5.0
"""Somebody waits at the terminal, or a script has a policy of its own."""

_CREDENTIALS = ("KV_TOKEN", "KV_TOKEN_FILE", "KV_USERNAME", "KV_CLIENT_ID")


def comes_from_environment(profile: str | None) -> bool:
    """Return whether the environment says who is calling, and no profile is named."""
    return profile is None and any(os.environ.get(name) for name in _CREDENTIALS)


@contextmanager
def open_client(profile: str | None, **options: Any) -> Iterator[Client]:
    """Yield a client. Raises Failure."""
    if comes_from_environment(profile):
        client = Client.from_env(**{"retry_for": RETRY_SECONDS, **options})
    else:
        found = load_profiles().find(profile)
        client = make_client(found, TokenFile(found.name), **options)
    with client:
        yield client


@contextmanager
def open_store(profile: str | None, namespace: str | None, *, is_stale: bool = False, **options: Any) -> Iterator[Namespace[Any]]:
    """Yield a namespace: the named one, or the profile's; with reads that may be stale. Raises Failure."""
    if namespace is None and not comes_from_environment(profile):
        namespace = load_profiles().find(profile).namespace
    with open_client(profile, **options) as client:
        yield client.namespace(namespace or "default", consistency="stale" if is_stale else "linearizable")


def make_client(profile: Profile, store: TokenStore, **options: Any) -> Client:
    """Return a client with the tokens of a store, and new ones as the profile says. Raises OSError."""
    secret = Path(profile.secret_file).read_text(encoding="utf-8").strip() if profile.secret_file else None
    return Client(
        profile.url,
        authorization_url=profile.authorization_url,
        client_id=profile.client_id,
        client_secret=secret,
        token_store=store,
        ca_file=profile.ca_file,
        **{"retry_for": RETRY_SECONDS, **options},
    )
