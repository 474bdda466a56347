"""Standard output: text, JSON and bytes; what a terminal gets cannot harm it."""

import enum
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import typer

from key_value_cli.failures import Failure, Status
from key_value_cli.harmless import make_harmless


class Output(str, enum.Enum):
    """What a command writes instead of text for people."""

    JSON = "json"
    TABLE = "table"


UNBOUNDED = 10_000  # columns: lines that a program reads are not folded


def is_terminal() -> bool:
    """Return whether standard output is a terminal."""
    return sys.stdout.isatty()


def write_line(text: str) -> None:
    """Write a line for people: always without dangerous characters."""
    sys.stdout.write(make_harmless(text) + "\n")


def write_text(text: str) -> None:
    """Write a value's text as it is, to a terminal without dangerous characters."""
    sys.stdout.write(make_harmless(text, keep="\n\t") if is_terminal() else text)


def write_json(found: object) -> None:
    """Write one object in one line."""
    write_text(dump_json(found) + "\n")


def write_bytes(content: bytes) -> None:
    """Write bytes. Raises Failure at a terminal."""
    if is_terminal():
        raise Failure("The value is binary, which can upset a terminal. Send it elsewhere: | or >", Status.REJECTED)
    sys.stdout.flush()
    sys.stdout.buffer.write(content)


def write_note(text: str) -> None:
    """Write a line to standard error that is no error."""
    sys.stderr.write(make_harmless(text) + "\n")


def dump_json(found: object, *, indent: int | None = None) -> str:
    """Return JSON text, of times in UTC."""
    separators = (",", ":") if indent is None else None
    return json.dumps(found, ensure_ascii=False, indent=indent, separators=separators, default=to_text)


def to_text(value: object) -> str:
    """Return what a table shows."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case list() | tuple():
            return " ".join(map(to_text, value))
    return str(value)


def show_rows(rows: Sequence[dict[str, Any]], columns: Sequence[str], output: Output | None) -> None:
    """Write rows as a table, or as one JSON object a line."""
    if output is Output.JSON:
        for row in rows:
            write_json(row)
    else:
        _write_table(columns, [[row[column] for column in columns] for row in rows])


def show_row(row: dict[str, Any], output: Output | None) -> None:
    """Write one row as names and values, or as a JSON object."""
    if output is Output.JSON:
        write_json(row)
    else:
        _write_table(None, list(row.items()))


def _write_table(columns: Sequence[str] | None, rows: Sequence[Sequence[object]]) -> None:
    from rich.table import Table  # noqa: PLC0415 - commands that write no table start faster

    table = Table(*(columns or ("", "")), show_header=columns is not None, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(make_harmless(to_text(cell)) for cell in row))
    console = make_console()
    with console.capture() as captured:
        console.print(table)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def make_console() -> Any:
    """Return rich's console, which folds no lines where no terminal is."""
    from rich.console import Console  # noqa: PLC0415 - as above

    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = UNBOUNDED
    return console


def confirm(question: str, *, confirmed: bool) -> None:
    """Return if the user confirms. Raises Failure, also without a terminal."""
    if confirmed:
        return
    if not sys.stdin.isatty():
        raise Failure(f"{question} Without a terminal, confirm with --yes.", Status.WRONG_USAGE)
    if not typer.confirm(make_harmless(question), err=True):
        raise Failure("Nothing was done.")
