"""What is built: how much a browser loads before it shows something, and that nothing in it comes from elsewhere."""

import gzip
import re
import subprocess

from .conftest import CONSOLE

MAX_FIRST_LOAD = 200_000  # bytes in gzip


def test_first_load_is_small() -> None:
    page = (CONSOLE / "dist/index.html").read_text(encoding="utf-8")
    named = re.findall(r'(?:src|href)="\./(-/assets/[^"]+)"', page)
    assert any(name.endswith(".js") for name in named)
    assert any(name.endswith(".css") for name in named)
    parts = [page.encode(), *((CONSOLE / "dist" / name).read_bytes() for name in named)]
    assert sum(len(gzip.compress(part)) for part in parts) <= MAX_FIRST_LOAD


def test_page_has_nothing_inline_and_nothing_from_elsewhere() -> None:
    page = (CONSOLE / "dist/index.html").read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=|https?:", page)


def test_rules_hold() -> None:
    done = subprocess.run(["npm", "test", "--silent"], cwd=CONSOLE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
