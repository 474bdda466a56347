"""The first administrator's password: a file, made where nobody provided one."""

import secrets
from pathlib import Path

from shared_kernel.infrastructure.secret_files import read_secret, write_secret_once


def read_or_make_password(path: Path) -> str:
    """Return the password in the file. Makes the file, with mode 0600, if there is none. Raises OSError or ValueError."""
    if not path.exists():
        # 144 random bits; the rest makes it obey the rules for passwords whatever they are.
        write_secret_once(path, f"{secrets.token_urlsafe(18)}-aA1\n".encode())
    return read_secret(path)
