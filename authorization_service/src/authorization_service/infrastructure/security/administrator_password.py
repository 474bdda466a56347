"""The first administrator's password: a file, made where nobody provided one."""

from pathlib import Path

from authorization_service.domain.value_objects.password import Password
from shared_kernel.infrastructure.secret_files import read_secret, write_secret_once


def read_or_make_password(path: Path) -> str:
    """Return the password in the file. Makes the file, with mode 0600, if there is none. Raises OSError or ValueError."""
    if not path.exists():
        write_secret_once(path, f"{Password.new().value}\n".encode())
    return read_secret(path)
