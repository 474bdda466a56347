"""A system clock that tests can set, for processes under test: libfaketime."""

from datetime import timedelta
from pathlib import Path


class MovedClock:
    """The wall clock of all processes with this `environment`, which can be moved while they run. Their timers are not moved."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.move(timedelta(0))
        [library] = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def move(self, offset: timedelta) -> None:
        """Set the clock to the real time with an offset."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{offset.total_seconds():+.0f}\n")
        new.rename(self._file)  # processes read it at any moment
