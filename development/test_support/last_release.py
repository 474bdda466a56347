"""The code of the last release, from the history of this repository."""

import io
import subprocess
import sys
import tarfile
from pathlib import Path

from test_support.processes import ROOT, Service, Tarantool

FOLDERS = ("shared_kernel", "authorization_service", "key_value_service", "tarantool_infra")


def extract_last_release(folder: Path) -> Path:
    """Write the code of the last commit that is a release into a folder; return it."""
    found = _git("log", "-1", "--format=%H", "--grep=^Release [0-9]").decode().strip()
    assert found, "the history has no release: fetch all of it (git fetch --unshallow)"
    with tarfile.open(fileobj=io.BytesIO(_git("archive", found, *FOLDERS))) as archive:
        archive.extractall(folder, filter="data")
    return folder


def make_old_tarantool(instance: str, folder: Path, tree: Path) -> Tarantool:
    """Return a Tarantool that runs the code of a tree."""
    tarantool = Tarantool(instance, folder)
    tarantool.run_instead(tarantool.program, str(tree / "tarantool_infra" / f"{instance}_tarantool" / "init.lua"))
    return tarantool


def make_old_service(name: str, folder: Path, tarantool: Tarantool, tree: Path, **environment: str) -> Service:
    """Return a service that runs the code of a tree, with this environment's libraries."""
    sources = (tree / distribution / "src" for distribution in ("shared_kernel", f"{name}_service"))
    service = Service(name, folder, tarantool, port=None, PYTHONPATH=":".join(map(str, sources)), **environment)
    service.run_instead(sys.executable, "-c", f"from {name}_service.main import main; main()")
    return service


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True).stdout
