"""The age of the last backup."""

import os
import time
from pathlib import Path

from shared_kernel.infrastructure.backup_age import BackupAge


async def test_backup_counts_as_missing_once_its_file_is_too_old_or_absent(tmp_path: Path) -> None:
    file = tmp_path / "status"
    age = BackupAge(str(file), 3600)
    await age.settle()
    assert not await age.is_available()
    file.touch()
    assert await age.is_available()
    os.utime(file, (time.time() - 7200,) * 2)
    assert not await age.is_available()
    assert await BackupAge("", 3600).is_available()
