"""Input and output of secrets: never as arguments, which every user of the machine can read in the list of processes."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from authorization_service.domain.value_objects.password import Password

PasswordFile = Annotated[
    typer.FileBinaryRead | None,
    typer.Option("--password-file", metavar="PATH", help="File whose only line is the password; - is standard input."),
]
GeneratePassword = Annotated[bool, typer.Option("--generate", help="Generate a password and show it once.")]
SecretFile = Annotated[
    Path | None,
    typer.Option("--secret-file", metavar="PATH", help="Write the secret to a new file of mode 0600 instead of showing it."),
]

MAX_BYTES = 10_000  # more than any password has


def read_password(file: typer.FileBinaryRead | None, *, generate: bool) -> str:
    """Return the password from the file, a generated one, or one typed twice. Raises BadParameter or Abort."""
    if file is not None and generate:
        raise typer.BadParameter("The password is either read or generated.", param_hint="--password-file and --generate")
    if generate:
        return Password.new().value
    if file is not None:
        return _read_only_line(file.read(MAX_BYTES))
    if not sys.stdin.isatty():
        raise typer.BadParameter("Without a terminal, use --password-file or --generate.", param_hint="password")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt="Repeat password", err=True)
    return password


def _read_only_line(content: bytes) -> str:
    try:
        line = content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise typer.BadParameter("The password must be UTF-8.", param_hint="--password-file") from None
    if "\n" in line or "\r" in line:
        raise typer.BadParameter("The password must be the only line.", param_hint="--password-file")
    return line


@contextmanager
def open_secret_file(path: Path | None) -> Iterator[TextIO | None]:
    """Create the file before its secret exists, and remove it if creating the secret fails. Yields None without a path.

    Raises BadParameter.
    """
    if path is None:
        yield None
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}", param_hint="--secret-file") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yield file
    except BaseException:
        path.unlink()
        raise
