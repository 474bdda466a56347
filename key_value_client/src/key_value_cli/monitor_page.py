"""How a page of `kv top` looks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from key_value_cli.harmless import make_harmless
from key_value_cli.measurements import QUANTILES
from key_value_cli.output import to_text
from key_value_cli.rendering import format_size

if TYPE_CHECKING:
    from key_value_cli.monitoring import Page

FRAME_LINES = 8
"""Lines of a page that are no operation and no namespace."""
MIN_ROWS = 3


def render(page: "Page", height: int | None) -> Group:
    """Return a page, which has at most so many lines (None: as many as it takes), but some of each table."""
    rows = None if height is None else max(MIN_ROWS, (height - FRAME_LINES - len(page.notes)) // 2)
    head = (
        f"{to_text(page.at)[11:19]} UTC   {page.requests:.1f} requests/s   {page.refused:.1f} 4xx/s   {page.failed:.1f} 5xx/s   "
        f"{page.under_way} in progress   {page.waiting} waiting   {page.streams} watchers and other streams"
    )
    operations = _make_table(["operation", "requests/s", "4xx/s", "5xx/s", *(f"p{share * 100:.0f} ms" for share in QUANTILES)])
    for one in page.operations[:rows]:
        times = ["-" if found is None else f"{found:.2f}" for found in one.milliseconds.values()]
        name = f"{one.method} {one.route}".strip() or "no operation"
        operations.add_row(make_harmless(name), f"{one.rate:.1f}", f"{one.refused:.1f}", f"{one.failed:.1f}", *times)
    namespaces = _make_table(["namespace", "changes/s", "pairs", "size", "revision"])
    for held in page.namespaces[:rows]:
        changes = "-" if held.changes is None else f"{held.changes:.1f}"
        namespaces.add_row(make_harmless(held.name), changes, f"{held.pairs:,}", format_size(held.bytes), str(held.revision))
    notes = [Text(make_harmless(note), style="bold") for note in page.notes]
    return Group(Text(head, style="bold"), *notes, Text(), operations, Text(), namespaces)


def _make_table(columns: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left", no_wrap=True)
    return table
