"""Reading and writing secret files."""

import os
import resource
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared_kernel.infrastructure.secret_files import read_secret, write_secret_once


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@contextmanager
def four_bytes_at_most() -> Iterator[None]:
    """Limit files to four bytes. Use it briefly: the test report may be a file, too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("umask")
def test_new_secret_is_accessible_to_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret"
    assert write_secret_once(path, b"secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_written_secret_is_read(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    assert write_secret_once(path, "schlüssel-ключ\n".encode())
    assert read_secret(path) == "schlüssel-ключ"


def test_existing_secret_is_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"first")
    path.chmod(0o640)
    assert not write_secret_once(path, b"second")
    assert path.read_bytes() == b"first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_no_temporary_file_remains(tmp_path: Path) -> None:
    write_secret_once(tmp_path / "secret", b"first")
    write_secret_once(tmp_path / "secret", b"second")
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_incomplete_write_leaves_no_file(tmp_path: Path) -> None:
    with four_bytes_at_most(), pytest.raises(OSError, match="too large"):
        write_secret_once(tmp_path / "secret", b"longer than four bytes")
    assert list(tmp_path.iterdir()) == []


def test_one_of_many_concurrent_writers_succeeds_and_no_reader_sees_a_part(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    secrets = [bytes([65 + number]) * 10_000 for number in range(16)]
    start = threading.Barrier(len(secrets))
    won: list[bytes] = []
    seen: list[bytes] = []

    def write(secret: bytes) -> None:
        start.wait()
        if write_secret_once(path, secret):
            won.append(secret)
        seen.append(path.read_bytes())

    threads = [threading.Thread(target=write, args=(secret,)) for secret in secrets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert seen == won * len(secrets)
    assert list(tmp_path.iterdir()) == [path]


def test_folder_with_the_name_of_the_secret_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    assert not write_secret_once(tmp_path / "secret", b"secret")
    assert (tmp_path / "secret").is_dir()


@pytest.mark.parametrize("content", [b"", b"\n", b" \t\r\n"])
def test_empty_secret_is_rejected(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="empty") as raised:
        read_secret(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("content", [b"secret", b"secret\n", b"secret\r\n", b"\nsecret"])
def test_line_ends_are_stripped(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    assert read_secret(path) == "secret"


def test_missing_secret_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_secret(tmp_path / "secret")


def test_secret_that_is_not_text_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(ValueError, match="decode"):
        read_secret(path)
