"""Secrets in files that only their owner may read."""

import os
import secrets
from pathlib import Path


def read_secret(path: Path) -> str:
    """Return the secret, stripped. Raises OSError if the file cannot be read, ValueError if it is empty or not UTF-8."""
    secret = path.read_text(encoding="utf-8").strip()
    if not secret:
        raise ValueError(f"the secret file {path} is empty")
    return secret


def write_secret_once(path: Path, secret: bytes) -> bool:
    """Create a file with mode 0600 and return True, or return False and change nothing if it exists already.

    The file appears complete or not at all: it is written under another name and then linked.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    return True
