"""`kv edit`."""

import difflib
import os
import shlex
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any

import typer

from key_value_cli.arguments import parse_json
from key_value_cli.connection import open_store
from key_value_cli.failures import Failure, Status
from key_value_cli.options import Key, NamespaceName, ProfileName
from key_value_cli.output import dump_json, write_line, write_note
from key_value_client.client import Namespace
from key_value_client.errors import KeyValueError, RevisionConflict
from key_value_client.values import KEEP, Binary, Pair


def edit(
    key: Key,
    is_json: Annotated[bool, typer.Option("--json", help="Edit text as JSON, so that it may become something else.")] = False,
    namespace: NamespaceName = None,
    profile: ProfileName = None,
) -> None:
    """Edit a value in $VISUAL or $EDITOR, and write it if nobody else has meanwhile. A pair that does not exist is created."""
    with open_store(profile, namespace) as store:
        pair = store.find(key)
        if pair is not None and isinstance(pair.value, Binary):
            raise Failure("The value is binary: write it with kv put KEY @FILE.")
        is_json = is_json or (pair is not None and not isinstance(pair.value, str))
        before = "" if pair is None else _to_text(pair.value, is_json=is_json)
        file = _write_file(before, ".json" if is_json else ".txt")
        try:
            _edit(store, key, pair, file, before, is_json=is_json)
        except (Failure, KeyValueError, OSError):
            if file.read_text(encoding="utf-8", errors="replace") == before:
                file.unlink()
            else:
                write_note(f"what you have written is in {file}")
            raise
        file.unlink()


def _edit(store: Namespace[Any], key: str, pair: Pair[Any] | None, file: Path, before: str, *, is_json: bool) -> None:
    while True:
        _run_editor(file)
        text = file.read_text(encoding="utf-8")
        if not before.endswith("\n"):
            text = text.removesuffix("\n")  # editors add one
        if text == before:
            write_line("Nothing has changed.")
            return
        try:
            value = parse_json(text) if is_json else text
        except Failure as failure:
            if not (sys.stdin.isatty() and typer.confirm(f"{failure} Edit again?", default=True, err=True)):
                raise
        else:
            break
    ttl = KEEP if pair is None else _time_left(pair)
    try:
        written = store.put(key, value, ttl=ttl, if_revision=0 if pair is None else pair.revision)
    except RevisionConflict as conflict:
        _show_conflict(store.find(key), before, is_json=is_json)
        raise Failure(
            f"{key} has changed meanwhile, to revision {conflict.revision}. Nothing was written.", Status.CONFLICT
        ) from None
    write_line(f"{'created' if written.created else 'replaced'} {key}, revision {written.revision}")


def _to_text(value: Any, *, is_json: bool) -> str:
    return f"{dump_json(value, indent=2)}\n" if is_json else str(value)


def _write_file(text: str, suffix: str) -> Path:
    descriptor, name = tempfile.mkstemp(prefix="kv-", suffix=suffix)  # that only its user can read
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(name)


def _run_editor(file: Path) -> None:
    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    try:
        finished = subprocess.run([*editor, str(file)], check=False)  # noqa: S603 - the user's own editor
    except OSError as error:
        raise Failure(f"The editor {editor[0]!r} cannot be run: {error.strerror}. Set EDITOR.", Status.FILE) from None
    if finished.returncode != 0:
        raise Failure(f"The editor ended with {finished.returncode}. Nothing was written.")


def _time_left(pair: Pair[Any]) -> float | None:
    """Return the time to live with which a pair keeps its expiry."""
    if pair.expires_at is None:
        return None
    return max(0.001, round((pair.expires_at - datetime.now(timezone.utc)).total_seconds(), 3))


def _show_conflict(present: Pair[Any] | None, before: str, *, is_json: bool) -> None:
    """Show what others have changed, as a difference to what was edited."""
    after = "" if present is None or isinstance(present.value, Binary) else _to_text(present.value, is_json=is_json)
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), "as you began", "as it is", lineterm=""):
        write_note(line)
