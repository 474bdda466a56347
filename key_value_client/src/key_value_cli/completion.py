"""What the shell completes: keys, namespaces and profiles. A server that is away or refuses completes nothing."""

import os
from contextlib import suppress
from itertools import islice
from typing import Any

import typer

from key_value_cli.failures import Failure

_MAX_CANDIDATES = 200
_SECONDS = 1.0


def complete_profiles(incomplete: str) -> list[str]:
    """Return the names of profiles."""
    from key_value_cli.profiles import load_profiles  # noqa: PLC0415

    with suppress(Failure, OSError):
        return [name for name in load_profiles().by_name if name.startswith(incomplete)]
    return []


def complete_namespaces(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of namespaces."""
    from key_value_cli.connection import open_client  # noqa: PLC0415
    from key_value_client.errors import KeyValueError  # noqa: PLC0415

    with suppress(Failure, OSError, KeyValueError), open_client(_profile(ctx), timeout=_SECONDS, retry_for=0) as client:
        return [found.name for found in client.list_namespaces() if found.name.startswith(incomplete)]
    return []


def complete_keys(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the keys that follow, as folders where they have slashes: `orders/` rather than all that is in it."""
    from key_value_cli.connection import open_store  # noqa: PLC0415
    from key_value_client.errors import KeyValueError  # noqa: PLC0415

    namespace = ctx.params.get("namespace") or os.environ.get("KV_NAMESPACE")
    with (
        suppress(Failure, OSError, KeyValueError),
        open_store(_profile(ctx), namespace, timeout=_SECONDS, retry_for=0) as store,
    ):
        pairs = islice(store.scan(incomplete, values=False, limit=_MAX_CANDIDATES), _MAX_CANDIDATES)
        return list(dict.fromkeys(_shorten(pair.key, incomplete) for pair in pairs))
    return []


def _profile(ctx: typer.Context) -> Any:
    return ctx.params.get("profile") or os.environ.get("KV_PROFILE")


def _shorten(key: str, incomplete: str) -> str:
    head, slash, _ = key[len(incomplete) :].partition("/")
    return f"{incomplete}{head}{slash}"
