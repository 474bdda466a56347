"""A copy of the working tree, as a fresh clone would have it."""

import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Files that a developer's folder may contain, and that no image may include.
LITTER = (
    ".env",
    "authorization_service/.env",
    "authorization_service/certificates/signing_key.pem",
    "authorization_service/src/authorization_service/signing_key.pem",
    "key_value_service/src/.env",
    "tarantool_backup/src/.env",
    "tarantool_infra/key_value_tarantool/.env",
    "var/secrets/authorization_tarantool_password",
)


@contextmanager
def copy_of_the_tree() -> Iterator[Path]:
    """Copy tracked and untracked files that git does not ignore: what a fresh clone would have."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.split("\0")
    with tempfile.TemporaryDirectory(prefix="compose_tests_") as directory:
        folder = Path(directory)
        for name in filter(None, names):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        yield folder


def litter_in(folder: Path) -> dict[str, str]:
    """Write a secret into each file that no image may include; return the secrets by file name."""
    litter = {}
    for name in LITTER:
        litter[name] = secrets.token_hex(32)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"# {litter[name]}\n")
    return litter
