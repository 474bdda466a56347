"""Values from arguments, files and standard input."""

import json
import mimetypes
import sys
from pathlib import Path
from typing import Any

from key_value_cli.failures import Failure, Status
from key_value_client.values import Binary

MAX_BYTES = 64 * 1024 * 1024  # more than any server accepts: a mistaken file must not fill the memory


def read_value(argument: str, *, is_json: bool, media_type: str | None) -> Any:
    """Return the value that an argument means: text, `-` for standard input, `@PATH` for a file.

    Bytes that are no UTF-8 are a binary value, as is everything with a media type. Raises Failure.
    """
    content, path = _read(argument)
    if media_type is not None:
        return Binary(content, media_type)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        if is_json:
            raise Failure("The value is not JSON: it is not UTF-8.", Status.WRONG_USAGE) from None
        guessed = mimetypes.guess_type(path)[0] if path else None
        return Binary(content, guessed or "application/octet-stream")
    return parse_json(text) if is_json else text


def parse_json(text: str) -> Any:
    """Return the value of JSON text. Raises Failure."""
    try:
        return json.loads(text, parse_constant=_reject_constant)
    except RecursionError:
        raise Failure("The value is not JSON that the server takes: it is nested too deeply.", Status.WRONG_USAGE) from None
    except ValueError as error:
        raise Failure(f"The value is not JSON: {error}", Status.WRONG_USAGE) from None


def _reject_constant(name: str) -> None:
    raise ValueError(f"there is no {name}")


def _read(argument: str) -> tuple[bytes, str | None]:
    if argument == "-":
        content, path = sys.stdin.buffer.read(MAX_BYTES + 1), None
    elif argument.startswith("@"):
        path = argument[1:]
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    else:
        content, path = argument.encode(errors="surrogateescape"), None  # the bytes that the shell passed
    if len(content) > MAX_BYTES:
        raise Failure(f"The value is larger than {MAX_BYTES // 1024**2} MiB.", Status.REJECTED)
    return content, path
