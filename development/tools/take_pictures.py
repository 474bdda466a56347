"""take_pictures.py FOLDER [PAGE …]: a picture of each page to sign in at: both languages, desktop and phone, both themes."""

import base64
import shutil
import sys
import tempfile
from collections import defaultdict
from itertools import product
from pathlib import Path

from test_support.authorization.people import log_in_as_administrator
from test_support.authorization.tour_of_pages import TourOfPages
from test_support.browser import Browser
from test_support.processes import Service, Tarantool

LANGUAGES = ("en", "ru")
DESKTOP, PHONE = (720, 700), (390, 700)
VIEWS = tuple(product((DESKTOP, PHONE), (False, True)))
SCALE = 0.6


def main() -> None:
    """Take the pictures of the pages that are named, or of all, by the names that TourOfPages has for them."""
    target, wanted, program = Path(sys.argv[1]), sys.argv[2:], shutil.which("chromium")
    target.mkdir(parents=True, exist_ok=True)
    assert program is not None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            Tarantool("authorization", folder / "tarantool") as tarantool,
            Service("authorization", folder / "service", tarantool) as service,
            Browser(program, folder / "profile", "--hide-scrollbars") as chromium,
        ):
            service.wait_until_ready()
            for page, rows in _take(chromium, service, folder / "service").items():
                if not wanted or page in wanted:
                    (target / f"page_{page}.webp").write_bytes(_compose(chromium, rows))


def _take(chromium: Browser, service: Service, folder: Path) -> dict[str, list[list[bytes]]]:
    """Return the pictures of each page, a row for each language."""
    administrator = log_in_as_administrator(service, folder)
    taken: dict[str, list[list[bytes]]] = defaultdict(list)
    for language in LANGUAGES:
        chromium.speak(language)
        for page in TourOfPages(chromium, service, administrator):
            row = []
            for size, is_dark in VIEWS:
                chromium.resize(*size)
                chromium.prefer(dark=is_dark)
                row.append(chromium.take_picture())
            taken[page].append(row)
    return taken


def _compose(chromium: Browser, rows: list[list[bytes]]) -> bytes:
    """Return one picture of several."""
    pictures = "".join(f"<div>{''.join(map(_show, zip(row, VIEWS, strict=True)))}</div>" for row in rows)
    style = "body{margin:0;background:#888} div{display:flex;gap:6px;margin-bottom:6px} div:last-child{margin:0}"
    chromium.open("about:blank")
    html = f"<style>{style}</style>{pictures}"
    chromium.run("document.write(html); await Promise.all([...document.images].map(each => each.decode()))", html=html)
    width = sum(size[0] for size, _ in VIEWS) * SCALE + 6 * (len(VIEWS) - 1)
    chromium.resize(round(width), round(DESKTOP[1] * SCALE) * len(rows) + 6 * (len(rows) - 1))
    return chromium.take_picture()


def _show(view: tuple[bytes, tuple[tuple[int, int], bool]]) -> str:
    picture, ((width, height), _) = view
    data = base64.b64encode(picture).decode()
    return f'<img src="data:image/webp;base64,{data}" width="{round(width * SCALE)}" height="{round(height * SCALE)}">'


if __name__ == "__main__":
    main()
