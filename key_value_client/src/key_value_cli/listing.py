"""`kv ls`."""

from collections.abc import Iterable
from itertools import islice
from typing import Annotated, Any

import typer

from key_value_cli.connection import open_store
from key_value_cli.harmless import make_harmless
from key_value_cli.options import NamespaceName, OutputFormat, Prefix, ProfileName
from key_value_cli.output import Output, make_console, to_text, write_json, write_line
from key_value_cli.rendering import describe_pair, format_size, measure, preview
from key_value_client.values import Pair

_ROWS_AT_ONCE = 1000  # columns are as wide as these need
_MAX_KEY_WIDTH = 40


def ls(
    prefix: Prefix = "",
    tree: Annotated[bool, typer.Option("--tree", "-t", help="As a tree, by slashes.")] = False,
    long: Annotated[bool, typer.Option("--long", "-l", help="With revision, version, expiry, size and value.")] = False,
    reverse: Annotated[bool, typer.Option("--reverse", help="From the last key to the first.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="At most so many.", show_default=False)] = None,
    output: OutputFormat = None,
    namespace: NamespaceName = None,
    profile: ProfileName = None,
) -> None:
    """List keys in their order, of a prefix or all."""
    if tree and (long or output is not None):
        raise typer.BadParameter("Use one of them.", param_hint="--tree and --long or --output")
    needs_values = long or output is not None
    with open_store(profile, namespace) as store:
        pairs = store.scan(prefix, reverse=reverse, limit=limit, values=needs_values)
        if tree:
            _show_tree(pair.key for pair in pairs)
        elif output is Output.JSON:
            for pair in pairs:
                write_json(describe_pair(pair))
        elif needs_values:
            is_first = True
            while page := list(islice(pairs, _ROWS_AT_ONCE)):
                _show_page(page, is_first=is_first)
                is_first = False
        else:
            for pair in pairs:
                write_line(pair.key)


def _show_page(pairs: list[Pair[Any]], *, is_first: bool) -> None:
    """Write aligned lines; what may be long comes last."""
    rows = [("revision", "version", "expires_at", "size", "key", "value")] if is_first else []
    for pair in pairs:
        size = format_size(measure(pair.value))
        key, value = make_harmless(pair.key), preview(pair.value)
        rows.append((str(pair.revision), str(pair.version), to_text(pair.expires_at), size, key, value))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    widths[4] = min(widths[4], _MAX_KEY_WIDTH)
    for revision, version, expires_at, size, key, value in rows:
        numbers = f"{revision:>{widths[0]}}  {version:>{widths[1]}}  {expires_at:<{widths[2]}}  {size:>{widths[3]}}"
        write_line(f"{numbers}  {key:<{widths[4]}}  {value}")


def _show_tree(keys: Iterable[str]) -> None:
    # Imported here: a plain list starts faster.
    from rich.tree import Tree  # noqa: PLC0415

    root = Tree("")
    branches: dict[str, Tree] = {"": root}
    for key in keys:
        *folders, name = key.split("/")
        path = ""
        for folder in folders:
            above, path = path, f"{path}{folder}/"
            if path not in branches:
                branches[path] = branches[above].add(make_harmless(f"{folder}/"))
        branches[path].add(make_harmless(name))
    console = make_console()
    for branch in root.children:
        console.print(branch)
