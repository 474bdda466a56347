"""Every block of shell and Python in these pages runs as it stands, against real services, and writes what the page shows."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from test_support.processes import ROOT
from test_support.store import Store, running_store

from .documentation_blocks import Block, Reader, find_blocks, is_shown, split_session

TUTORIALS = sorted(
    path.relative_to(ROOT).as_posix() for path in (ROOT / "documentation/tutorials").glob("*.md") if not path.match("*.ru.md")
)
SERVERS = ["documentation/tutorials/live_page.md", "documentation/tutorials/sign_in.md"]
GROUPS = [
    ["README.md"],
    ["documentation/start.md", *(page for page in TUTORIALS if page not in SERVERS)],
    SERVERS,
    ["documentation/kv.md"],
    ["documentation/api.md", "documentation/command_line.md"],
]
"""Pages that one reader goes through, in this order, beginning with a new store."""

REASONS = {
    "it starts what the test has started",
    "another terminal writes meanwhile",
    "a person signs in",
    "it needs a server of the reader's",
    "it needs what only containers have",
    "it needs a namespace of the reader's",
    "it needs files and programs of the reader's",
    "its figures change while it runs",
}
"""Why a block may not be run."""


def read_blocks(page: str) -> list[Block]:
    return list(find_blocks((ROOT / page).read_text(encoding="utf-8")))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with running_store(tmp_path / "store", {}) as store:
        yield store


@pytest.mark.parametrize("pages", GROUPS, ids=lambda pages: Path(pages[0]).stem)
def test_blocks_run_and_write_what_the_page_shows(store: Store, tmp_path: Path, pages: list[str]) -> None:
    folder = tmp_path / "reader"
    folder.mkdir()
    (folder / "var").symlink_to(store.authorization.log.parent / "var")
    for name in (".venv", "examples", "console"):
        (folder / name).symlink_to(ROOT / name)
    addresses = {"127.0.0.1:8080": f"127.0.0.1:{store.authorization.port}", "127.0.0.1:9080": f"127.0.0.1:{store.key_value.port}"}
    environment = {
        "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "KV_URL": store.key_value.url,
        "KV_AUTHORIZATION_URL": store.authorization.url,
        "KV_USERNAME": "admin",  # whoever has not logged in, as the page shows it, is known by the environment
        "KV_PASSWORD": store.administrator_password,
        "AUTHORIZATION_TARANTOOL_PORT": str(store.authorization_tarantool.port),
        "AUTHORIZATION_TARANTOOL_PASSWORD_FILE": str(store.authorization_tarantool.password_file),
    }
    for page in pages:
        with Reader(folder, environment, addresses) as reader:
            for block in read_blocks(page):
                if block.reason is None:
                    try:
                        reader.run(block)
                    except Exception as error:
                        raise AssertionError(f"{page}, line {block.line}: {error}") from error


@pytest.mark.parametrize("page", [page for pages in GROUPS for page in pages])
def test_a_block_that_is_not_run_says_why(page: str) -> None:
    assert {block.reason for block in read_blocks(page)} <= REASONS | {None}
    assert [block for block in read_blocks(page) if block.reason is None]


def test_blocks_are_found_with_their_reasons() -> None:
    page = "```sh\na\n```\n<!-- not run: why -->\n```python\nb\n```\n1. x\n\n   ```\n   $ c\n   d\n   ```\n\n```json\n{}\n```\n"
    assert list(find_blocks(page)) == [
        Block(1, "sh", "a\n", None),
        Block(5, "python", "b\n", "why"),
        Block(10, "session", "$ c\nd\n", None),
    ]


def test_commands_of_a_session_are_found_with_what_they_write() -> None:
    assert list(split_session("$ a \\\n  b\nc\n\nd\n\n$ e\n")) == [("a \\\n  b", "c\n\nd"), ("e", "")]


@pytest.mark.parametrize(
    ("expected", "written", "shown"),
    [
        ("created, revision 2", "created, revision 2\n", True),
        ("created, revision 2", "created, revision 3\n", False),
        ("at 2026-11-28T00:00:00Z …", "at 2026-11-29T01:02:03.456Z by anna", True),
        ("id 3dc6f50c2052967b0000000000000006", "id 00c6f50c2052967b0000000000000001", True),
        ("a", "a\nb", False),
    ],
)
def test_what_a_page_shows_is_compared(expected: str, written: str, shown: bool) -> None:
    assert is_shown(expected, written) is shown
