"""Pairs as lines of JSON, in the form of the key-value service's exports."""

import base64
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tarantool_backup.application.ports import StoredPair
from tarantool_backup.domain.failures import BackupError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_pairs(file: Path, namespace: str, revision: int, pairs: Iterable[StoredPair]) -> int:
    """Write pairs to a file that does not exist yet: all, or none; return how many. Raises BackupError."""
    partial = file.with_name(f".{file.name}.partial")
    if file.exists():
        raise BackupError(f"{file} exists")
    try:
        count = 0
        with partial.open("w", encoding="utf-8") as lines:
            lines.write(_dump({"namespace": namespace, "revision": revision}) + "\n")
            for pair in pairs:
                lines.write(_render(pair))
                count += 1
        partial.rename(file)
    except OSError as error:
        raise BackupError(f"cannot write {file}: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
    return count


def _render(pair: StoredPair) -> str:
    if isinstance(pair.value, bytes):
        media_type, _, content = pair.value.partition(b"\n")
        binary = {"media_type": media_type.decode(), "base64": base64.b64encode(content).decode()}
        value = f'"binary":{_dump(binary)}'
    else:
        value = f'"value":{pair.value}'  # its text, so that no number changes
    expiry = ""
    if pair.expires_at is not None:
        expires_at = _EPOCH + timedelta(milliseconds=pair.expires_at)
        expiry = f',"expires_at":"{expires_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")}"'
    return f'{{"key":{_dump(pair.key)},{value}{expiry}}}\n'


def _dump(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
