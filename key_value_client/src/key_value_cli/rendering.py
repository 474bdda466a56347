"""How pairs and values look."""

import re
import shlex
from collections.abc import Mapping
from typing import Any

from key_value_cli.failures import Failure
from key_value_cli.output import Output, dump_json, write_bytes, write_json, write_line, write_text
from key_value_client.values import Binary, Change, Pair, put_value

_UNFIT = re.compile(r"[^A-Za-z0-9]")
KIBIBYTE = 1024
_PREVIEW = 60  # characters


def write_value(value: Any) -> None:
    """Write a value for people: text as it is, other JSON indented. Raises Failure for bytes at a terminal."""
    if isinstance(value, Binary):
        write_bytes(value.data)
    else:
        write_text((value if isinstance(value, str) else dump_json(value, indent=2)) + "\n")


def write_raw(value: Any) -> None:
    """Write exactly a value's bytes, text, or compact JSON, without a line end."""
    if isinstance(value, Binary):
        write_bytes(value.data)
    else:
        write_text(value if isinstance(value, str) else dump_json(value))


def to_variable(key: str) -> str:
    """Return the name of an environment variable for a key: `db/pool-size` becomes `DB_POOL_SIZE`."""
    name = _UNFIT.sub("_", key).upper()
    return f"_{name}" if not name or name[0].isdigit() else name


def to_environment(values: Mapping[str, Any]) -> dict[str, str]:
    """Return environment variables for values by key. Raises Failure where that cannot be exact."""
    environment: dict[str, str] = {}
    origins: dict[str, str] = {}
    for key, value in values.items():
        name = to_variable(key)
        if name in origins:
            raise Failure(f"The keys {origins[name]!r} and {key!r} would be the same variable {name}.")
        if isinstance(value, Binary):
            raise Failure(f"The value of {key!r} is binary, which a variable cannot be.")
        text = value if isinstance(value, str) else dump_json(value)
        if "\0" in text:
            raise Failure(f"The value of {key!r} has a zero character, which a variable cannot have.")
        origins[name], environment[name] = key, text
    return environment


def write_environment(values: Mapping[str, Any]) -> None:
    """Write assignments that a shell evaluates."""
    for name, text in to_environment(values).items():
        write_text(f"{name}={shlex.quote(text)}\n")


def describe_pair(pair: Pair[Any]) -> dict[str, Any]:
    """Return a pair as the server's lists have it."""
    return (
        {"key": pair.key}
        | put_value(pair.value)
        | {
            "revision": pair.revision,
            "created_revision": pair.created_revision,
            "version": pair.version,
            "expires_at": pair.expires_at,
        }
    )


def describe_change(change: Change[Any]) -> dict[str, Any]:
    """Return a change as the server's events have it."""
    described: dict[str, Any] = {"revision": change.revision, "kind": change.kind, "key": change.key}
    if change.kind == "written":
        described |= put_value(change.value)
    if change.previous is not None:
        described["previous"] = put_value(change.previous)
    if change.expires_at is not None:
        described["expires_at"] = change.expires_at
    return described


def show_change(change: Change[Any], output: Output | None) -> None:
    """Write a change in one line."""
    if output is Output.JSON:
        write_json(describe_change(change))
    else:
        value = f"  {preview(change.value)}" if change.kind == "written" else ""
        write_line(f"{change.revision:>8}  {change.kind:<8}  {change.key}{value}")


def preview(value: Any) -> str:
    """Return the beginning of a value, in one line."""
    if isinstance(value, Binary):
        return f"<{value.media_type}, {format_size(len(value.data))}>"
    text = dump_json(value)
    return text if len(text) <= _PREVIEW else f"{text[: _PREVIEW - 1]}…"


def measure(value: Any) -> int:
    """Return the bytes of a value as it is stored, about."""
    return len(value.data) if isinstance(value, Binary) else len(dump_json(value).encode())


def format_size(size: float) -> str:
    """Return bytes as people read them."""
    if size < KIBIBYTE:
        return f"{size:.0f} B"
    return f"{size / KIBIBYTE:.1f} KiB" if size < KIBIBYTE**2 else f"{size / KIBIBYTE**2:.1f} MiB"
