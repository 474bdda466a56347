"""Tables for people, JSON for scripts."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

Row = Mapping[str, Any]

AsJson = Annotated[bool, typer.Option("--json", help="Write JSON.")]

UNBOUNDED = 10_000  # columns: what is read by a program is not folded


def show_json(found: object) -> None:
    """Write JSON. A moment is written as the HTTP interface does."""
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2, default=_to_text))


def show_rows(rows: Sequence[Row], columns: Sequence[str], *, as_json: bool) -> None:
    """Write a list."""
    if as_json:
        show_json(rows)
        return
    # Imported here, so that what writes no table need not wait for it.
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(_to_text(row[column]) for column in columns))
    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = UNBOUNDED
    console.print(table)


def _to_text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case list() | tuple():
            return " ".join(map(_to_text, value))
    return str(value)
