"""Uploaded images: what they really are."""

import io
import warnings

from PIL import Image

MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
MAX_PIXELS = 25_000_000


class NotAnImageError(Exception):
    """Data that are no image of a known kind, or one with too many pixels. The message says which."""


def detect_media_type(data: bytes) -> str:
    """Return the media type of an image, which is decoded for that. Raises NotAnImageError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=list(MEDIA_TYPES)) as image:
                kind, pixels = image.format, image.width * image.height
                if pixels <= MAX_PIXELS:
                    image.load()
    except Exception as error:  # decoders of images raise whatever they come upon
        raise NotAnImageError(f"It must be an image: {', '.join(MEDIA_TYPES)}.") from error
    if kind is None or pixels > MAX_PIXELS:
        raise NotAnImageError(f"An image may have {MAX_PIXELS:,} pixels.")
    return MEDIA_TYPES[kind]
