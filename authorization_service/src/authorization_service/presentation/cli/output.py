"""Output as tables or JSON, and the options that lists and deletions have in common."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

Row = dict[str, Any]

AsJson = Annotated[bool, typer.Option("--json", help="Write JSON.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="Maximum number of entries.")]
After = Annotated[str, typer.Option(help="Last entry of the previous page, by its first column.", show_default=False)]
Confirmed = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]

UNBOUNDED = 10_000  # columns: lines that a program reads are not folded


def show_rows(rows: Sequence[Row], columns: Sequence[str], *, limit: int | None = None, as_json: bool) -> None:
    """Write the first `limit` rows; if there are more, write to standard error how to list them."""
    shown = rows[:limit]
    if as_json:
        _write_json(shown)
    else:
        _write_table(columns, ([row[column] for column in columns] for row in shown))
    if len(rows) > len(shown):
        typer.echo(f"There are more: --after {shown[-1][columns[0]]}", err=True)


def show_row(row: Row, *, as_json: bool) -> None:
    """Write one row as names and values."""
    if as_json:
        _write_json(row)
    else:
        _write_table(None, row.items())


def confirm(question: str, *, confirmed: bool) -> None:
    """Return if the operator confirms. Raises Abort, or BadParameter without a terminal."""
    if confirmed:
        return
    if not sys.stdin.isatty():
        raise typer.BadParameter("Without a terminal, confirm with this option.", param_hint="--yes")
    typer.confirm(question, abort=True, err=True)


def _write_json(found: object) -> None:
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2, default=_to_text))


def _write_table(columns: Sequence[str] | None, rows: Iterable[Sequence[object]]) -> None:
    # Imported here: commands that write no table start faster.
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(*(columns or ("", "")), show_header=columns is not None, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(_to_text, row))
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
