"""A Chromium for scripts that speak to it by its DevTools."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from test_support.processes import ProcessUnderTest, wait_until


@contextmanager
def running_chromium(folder: Path) -> Iterator[str]:
    """Run a Chromium without a window that keeps its profile in a folder; yield the address of its DevTools."""
    program = shutil.which("chromium")
    assert program, "chromium is not installed: run `make test`, which installs it"
    command = [
        program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0",
        "--no-first-run", "--no-proxy-server", f"--user-data-dir={folder / 'profile'}", "about:blank",
    ]  # fmt: skip
    with ProcessUnderTest(command, {}, folder / "chromium.log") as process:
        wait_until(lambda: "DevTools listening on" in process.output, "Chromium listening")
        (address,) = re.findall(r"DevTools listening on (\S+)", process.output)
        yield address
