"""Identifiers, cursors, images and names of files."""

import io
from pathlib import Path

import pytest
from PIL import Image

from microblog.storage.disk import FilesOnDisk
from microblog.utils.identifiers import new_id
from microblog.utils.images import MEDIA_TYPES, NotAnImageError, detect_media_type
from microblog.utils.pagination import InvalidCursorError, decode_cursor, encode_cursor


def test_identifiers_grow_also_if_the_clock_was_set_back() -> None:
    ids = [new_id()]
    for _ in range(1000):
        ids.append(new_id(ids[-1]))
    assert ids == sorted(set(ids))
    from_the_future = "f0000000-0000-7000-8000-000000000000"
    assert new_id(from_the_future) > from_the_future


@pytest.mark.parametrize("cursor", ["a", "===", "é", "_w", "\0"])
def test_a_cursor_that_is_none_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        decode_cursor(cursor)


def test_a_cursor_is_a_place() -> None:
    assert decode_cursor(encode_cursor("tweets/é/1")) == "tweets/é/1"


def make_image(kind: str, size: tuple[int, int] = (4, 3)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_an_image_is_what_its_bytes_say(kind: str) -> None:
    assert detect_media_type(make_image(kind)) == MEDIA_TYPES[kind]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg onload=alert(1)>",
        b"\x89PNG\r\n\x1a\n",
        make_image("PNG", (300, 300))[:150],
        make_image("TIFF"),
        b"GIF89a" + b"\0" * 100,
    ],
    ids=["nothing", "a script", "only a beginning", "cut off", "another kind", "a broken one"],
)
def test_what_is_no_image_is_refused(data: bytes) -> None:
    with pytest.raises(NotAnImageError, match="must be an image"):
        detect_media_type(data)


def test_a_bomb_is_refused() -> None:
    with pytest.raises(NotAnImageError):
        detect_media_type(make_image("PNG", (6000, 6000)))


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "", "a" * 300])
async def test_no_name_leaves_the_folder(tmp_path: Path, name: str) -> None:
    files = FilesOnDisk(tmp_path / "media")
    with pytest.raises(ValueError, match="UUID"):
        await files.read(name)
    with pytest.raises(ValueError, match="UUID"):
        await files.write(name, b"x", "image/png")
    assert list(tmp_path.iterdir()) == [tmp_path / "media"]


async def test_files_on_disk_come_back(tmp_path: Path) -> None:
    files = FilesOnDisk(tmp_path)
    media_id = new_id()
    assert await files.read(media_id) is None
    await files.write(media_id, b"\0\1", "image/png")
    assert await files.read(media_id) == b"\0\1"
    await files.delete(media_id)
    await files.delete(media_id)
    assert list(tmp_path.iterdir()) == []
