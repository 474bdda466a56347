"""A Chromium for scripts that speak to it by its DevTools."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from test_support.processes import ProcessUnderTest, wait_until
from test_support.store import Store


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


def script_environment(store: Store, chromium: str, pictures: Path) -> dict[str, str]:
    """Return what `console/tests/browser/support.mjs` has to know: a store, a Chromium, and where pictures go."""
    return {
        "PATH": os.environ["PATH"],
        "CHROMIUM": chromium,
        "STORE_URL": store.key_value.url,
        "AUTHORIZATION_URL": store.authorization.url,
        "ADMINISTRATOR_PASSWORD": store.administrator_password,
        "CONSOLE_PICTURES": str(pictures),
    }
