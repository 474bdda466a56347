"""Tokens of a profile, in a file that only its user can read: `$XDG_STATE_HOME/kv/PROFILE.json`."""

import dataclasses
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

from key_value_cli.failures import Failure, Status
from key_value_cli.files import replace_file
from key_value_cli.profiles import check_name, lock_file, make_private, state_folder
from key_value_client.tokens import Tokens

_RESERVED_BYTES = 16 * 1024  # more than tokens have


class TokenFile:
    """The tokens of one profile: a TokenStore that processes share."""

    def __init__(self, profile: str) -> None:
        self.path = state_folder() / f"{check_name(profile)}.json"

    def load(self) -> Tokens | None:
        """Return the kept tokens, if any. Raises Failure if the file is damaged."""
        try:
            return Tokens(**json.loads(self.path.read_bytes()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            raise Failure(f"{self.path} is damaged: kv login", Status.NOT_LOGGED_IN) from None

    def save(self, tokens: Tokens | None) -> None:
        """Keep tokens; None: keep none."""
        if tokens is None:
            self.path.unlink(missing_ok=True)
            return
        make_private(self.path.parent)
        with replace_file(self.path, mode=0o600) as file:
            file.write(json.dumps(dataclasses.asdict(tokens)).encode())

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Let one process at a time refresh: a refresh token is used once, and its successor must be kept.

        So a full disk is found here, before the token is used. Raises OSError.
        """
        folder = make_private(self.path.parent)
        with lock_file(folder / f"{self.path.stem}.lock"):
            with TemporaryFile(dir=folder) as room:
                os.posix_fallocate(room.fileno(), 0, _RESERVED_BYTES)
            yield
