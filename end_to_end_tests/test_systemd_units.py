"""The units for systemd: valid, hardened, with settings that exist, for programs that exist."""

import re
import subprocess
from pathlib import Path

import pytest

from test_support.processes import ROOT

FOLDER = ROOT / "deployment" / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))
INSTALLED_AT = "/opt/store"
MAX_EXPOSURE = 20  # tenths, as `systemd-analyze security` rates: 0 is confined, 100 is not


@pytest.fixture
def installed(tmp_path: Path) -> list[Path]:
    """Return copies of the units that name this checkout."""
    copies = []
    for unit in UNITS:
        copy = tmp_path / unit.name
        copy.write_text(unit.read_text().replace(INSTALLED_AT, str(ROOT)))
        copies.append(copy)
    return copies


def test_there_is_one_for_each_process() -> None:
    assert [unit.stem for unit in UNITS] == [
        "authorization_service", "authorization_tarantool", "key_value_service", "key_value_tarantool", "store_backup@",
    ]  # fmt: skip


def test_systemd_accepts_them(installed: list[Path]) -> None:
    # Together, since they name one another; this also looks for the programs and for names that it does not know.
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *installed], capture_output=True, text=True, check=False, timeout=120
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_they_are_confined(installed: list[Path]) -> None:
    for unit in installed:
        rated = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={MAX_EXPOSURE}", unit],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert rated.returncode == 0, rated.stdout


def test_their_settings_exist() -> None:
    known = set(re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    for unit in UNITS:
        lines = re.findall(r"^Environment=(.*)$", unit.read_text(), re.MULTILINE)
        named = {name for line in lines for name in re.findall(r"\b((?:AUTHORIZATION|KEY_VALUE|TARANTOOL)_\w+)=", line)}
        assert named <= known, unit.name


def test_each_runs_as_a_user_that_is_made() -> None:
    made = set(re.findall(r"^u (\w+)", (FOLDER / "store.sysusers").read_text(), re.MULTILINE))
    needed = {user for unit in UNITS for user in re.findall(r"^User=(.*)$", unit.read_text(), re.MULTILINE)}
    assert needed == made | {"%i"}
    dry = subprocess.run(
        ["systemd-sysusers", "--dry-run", str(FOLDER / "store.sysusers")], capture_output=True, text=True, check=False, timeout=60
    )
    assert dry.returncode == 0, dry.stderr
