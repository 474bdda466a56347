"""Secrets that the operator may provide as files, and that are generated where no file exists."""

import secrets
from collections.abc import Callable
from pathlib import Path

from authorization_service.domain.value_objects.password import Password
from authorization_service.infrastructure.security.secret_errors import as_secret_errors
from shared_kernel.infrastructure.secret_files import read_secret, write_secret_once


def read_or_make_password(path: Path) -> str:
    """Return the password in the file; a missing file is created with mode 0600. Raises SecretUnusableError."""
    return _read_or_make(path, lambda: Password.new().value)


def read_or_make_client_secret(path: Path) -> str:
    """Return the client secret in the file; a missing file is created with mode 0600. Raises SecretUnusableError."""
    return _read_or_make(path, lambda: secrets.token_urlsafe(32))


def _read_or_make(path: Path, make: Callable[[], str]) -> str:
    with as_secret_errors():
        if not path.exists():
            write_secret_once(path, f"{make()}\n".encode())
        return read_secret(path)
