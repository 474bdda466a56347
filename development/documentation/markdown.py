"""Pieces of Markdown that generated pages are put together from."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any


def make_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table, or nothing where there are no rows."""
    lines = [_make_row(row) for row in rows]
    return "\n".join([_make_row(head), "|" + "---|" * len(head), *lines]) + "\n" if lines else ""


def _make_row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(escape_cell(str(cell)) for cell in cells) + " |"


def escape_cell(text: str) -> str:
    """Return text as a cell can hold it: in one line, and without a bar that would end the cell."""
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(text.split()))


def escape(text: str) -> str:
    """Return text in which nothing is markup but code spans."""
    parts = re.split(r"(`[^`\n]+`)", text)
    return "".join(part if index % 2 else re.sub(r"([\\`*_{}\[\]<>|])", r"\\\1", part) for index, part in enumerate(parts))


def make_code(text: str) -> str:
    """Return a code span, or nothing for no text."""
    if not text:
        return ""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"


def make_json(value: Any) -> str:
    """Return a block with a value as JSON."""
    return f"```json\n{json.dumps(value, indent=2, ensure_ascii=False)}\n```\n"


def join(*parts: str) -> str:
    """Return the parts that are not empty, as paragraphs."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"
