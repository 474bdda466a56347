"""console_pictures.py FROM TO: a picture of each page of the console, in both sizes and themes, of what its tests have taken."""

import io
import sys
from pathlib import Path

from PIL import Image

PAGES = (
    "overview", "namespace_new", "tree", "invisible", "deletion", "pair", "editing", "conflict", "conflict_deletion", "history",
    "changes", "transfer", "settings", "namespace_deletion", "look", "users", "user", "group", "grants", "access", "clients",
    "client_new", "policy", "sessions", "keys", "events",
)  # fmt: skip
HEIGHT, GAP = 500, 8
MAX_BYTES = 40_000


def main() -> None:
    """Compose the pictures of all pages. Ends with an error where a test has not taken one."""
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    for page in PAGES:
        rows = [[_open(source / f"{page}_{size}_{theme}.png") for size in ("desktop", "phone")] for theme in ("light", "dark")]
        (target / f"console_{page}.webp").write_bytes(_encode(_compose(rows)))


def _open(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB").resize((round(image.width * HEIGHT / image.height), HEIGHT), Image.Resampling.LANCZOS)


def _compose(rows: list[list[Image.Image]]) -> Image.Image:
    width = max(sum(image.width + GAP for image in row) for row in rows) - GAP
    whole = Image.new("RGB", (width, (HEIGHT + GAP) * len(rows) - GAP), "#8a8f98")
    for number, row in enumerate(rows):
        left = 0
        for image in row:
            whole.paste(image, (left, number * (HEIGHT + GAP)))
            left += image.width + GAP
    return whole


def _encode(image: Image.Image) -> bytes:
    """Return the picture as WebP, as good as its size allows."""
    for quality in range(80, 0, -8):
        file = io.BytesIO()
        image.save(file, "WEBP", quality=quality, method=6)
        if file.tell() <= MAX_BYTES:
            break
    return file.getvalue()


if __name__ == "__main__":
    main()
