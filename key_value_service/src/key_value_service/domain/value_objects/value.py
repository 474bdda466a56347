"""What a value may be."""

from typing import NewType

LONGEST_BYTES = 1024 * 1024
MOST_LEVELS = 64

JsonText = NewType("JsonText", str)
"""The compact JSON text of a value: opaque to everything between the batch it is written in and the answer it is read in."""
