"""Secrets kept in files that only their owner may read."""

import os
import secrets
from pathlib import Path


def read_secret(path: Path) -> str:
    """Return the secret without the line's end. Raises OSError if there is no such file, ValueError if it is empty."""
    secret = path.read_text(encoding="utf-8").strip()
    if not secret:
        raise ValueError(f"the secret file {path} is empty")
    return secret


def write_secret_once(path: Path, secret: bytes) -> bool:
    """Write a new file of mode 0600; False, and nothing changed, if another process was first.

    The file appears whole or not at all: it is written aside and linked into place.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        os.link(aside, path)
    except FileExistsError:
        return False
    finally:
        aside.unlink()
    return True
