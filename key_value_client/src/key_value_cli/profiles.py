"""Profiles: which server a command talks to, and as whom. Kept in `$XDG_CONFIG_HOME/kv`; the tokens are kept elsewhere."""

import dataclasses
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path

from key_value_cli.failures import Failure, Status
from key_value_cli.files import replace_file

DEFAULT_NAME = "default"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Profile:
    """A server, an account and a namespace. No secrets: tokens have files of their own, a client secret stays in its file.

    `client_id`: of a service account or, without a `secret_file`, of the public client that the user has signed in to. `ca_file`:
    whose certificates the server may have, in place of those that browsers know.
    """

    name: str
    url: str
    authorization_url: str | None = None
    username: str | None = None
    client_id: str | None = None
    secret_file: str | None = None
    namespace: str = "default"
    ca_file: str | None = None


@dataclass
class Profiles:
    """All profiles, and the name of the current one."""

    current: str = DEFAULT_NAME
    by_name: dict[str, Profile] = dataclasses.field(default_factory=dict)

    def find(self, name: str | None) -> Profile:
        """Return the named profile, or the current one. Raises Failure."""
        wanted = name or self.current
        if wanted in self.by_name:
            return self.by_name[wanted]
        if not self.by_name:
            raise Failure("You are not logged in: kv login", Status.NOT_LOGGED_IN)
        known = ", ".join(sorted(self.by_name))
        raise Failure(f"There is no profile {wanted!r}, but: {known}", Status.NOT_FOUND)


def check_name(name: str) -> str:
    """Return the name of a profile. Raises Failure if it may not be one."""
    if not _NAME.fullmatch(name):
        rule = "1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit"
        raise Failure(f"{name!r} cannot be the name of a profile: {rule}.", Status.WRONG_USAGE)
    return name


def load_profiles() -> Profiles:
    """Return what is kept. Raises Failure if the file is damaged."""
    path = config_folder() / "profiles.json"
    try:
        kept = json.loads(path.read_bytes())
        by_name = {name: Profile(name, **fields) for name, fields in kept["profiles"].items()}
        return Profiles(kept["current"], by_name)
    except FileNotFoundError:
        return Profiles()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Failure(f"{path} is damaged. Remove it, and log in again.", Status.FILE) from None


@contextmanager
def change_profiles() -> Iterator[Profiles]:
    """Yield the profiles, to be changed, and keep them at the end of the block; other commands wait meanwhile."""
    folder = make_private(config_folder())
    with lock_file(folder / "profiles.lock"):
        profiles = load_profiles()
        yield profiles
        _save(profiles)


def _save(profiles: Profiles) -> None:
    kept = {
        "current": profiles.current,
        "profiles": {
            name: {field: value for field, value in dataclasses.asdict(profile).items() if field != "name" and value is not None}
            for name, profile in sorted(profiles.by_name.items())
        },
    }
    with replace_file(config_folder() / "profiles.json", mode=0o600) as file:
        file.write(json.dumps(kept, ensure_ascii=False, indent=2).encode() + b"\n")


def config_folder() -> Path:
    """Return the folder of the profiles."""
    return _xdg_folder("XDG_CONFIG_HOME", ".config")


def state_folder() -> Path:
    """Return the folder of the tokens."""
    return _xdg_folder("XDG_STATE_HOME", ".local/state")


def _xdg_folder(variable: str, default: str) -> Path:
    # Relative paths are to be ignored (XDG Base Directory Specification).
    base = Path(os.environ.get(variable, ""))
    return (base if base.is_absolute() else Path.home() / default) / "kv"


def make_private(folder: Path) -> Path:
    """Create the folder, or close it to other users."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    return folder


@contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Hold a lock that one process has at a time, and that ends with the process."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        flock(descriptor, LOCK_EX)
        yield
    finally:
        os.close(descriptor)
