"""The secret of the key-value service's own account: a file that both services read, made where nobody provided one."""

import secrets
from pathlib import Path

from shared_kernel.infrastructure.secret_files import read_secret, write_secret_once


def read_or_make_secret(path: Path) -> str:
    """Return the secret in the file. Makes the file, with mode 0600, if there is none. Raises OSError or ValueError."""
    if not path.exists():
        write_secret_once(path, f"{secrets.token_urlsafe(32)}\n".encode())
    return read_secret(path)
