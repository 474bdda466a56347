"""Commands for namespaces."""

import dataclasses
from contextlib import suppress
from typing import Annotated, Any

import typer

from key_value_cli.connection import open_client, open_store
from key_value_cli.durations import parse_duration
from key_value_cli.failures import Failure, Status
from key_value_cli.options import Confirmed, NamespaceArgument, OptionalNamespace, OutputFormat, ProfileName
from key_value_cli.output import confirm, show_row, show_rows, write_line
from key_value_client.errors import NamespaceMissing
from key_value_client.values import NamespaceInfo

app = typer.Typer(help="Namespaces and their settings.", no_args_is_help=True)

Description = Annotated[str | None, typer.Option(metavar="TEXT", show_default=False)]
QuotaPairs = Annotated[str | None, typer.Option(metavar="N", help="At most so many pairs; none: no limit.", show_default=False)]
QuotaBytes = Annotated[str | None, typer.Option(metavar="N", help="At most so many bytes; none: no limit.", show_default=False)]
DefaultTtl = Annotated[
    str | None,
    typer.Option(metavar="DURATION", help="Of pairs that are written without: 90s, 15m, 12h, 7d; never.", show_default=False),
]
ChangesKept = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="How many of the latest changes are kept for watchers.", show_default=False)
]
HistoryKept = Annotated[
    int | None,
    typer.Option(
        min=0, metavar="N", help="How many earlier values of each pair are kept beyond these changes.", show_default=False
    ),
]


@app.command("list")
def list_namespaces(output: OutputFormat = None, profile: ProfileName = None) -> None:
    """List the namespaces that you have any right for, by name."""
    with open_client(profile) as client:
        rows = [dataclasses.asdict(namespace) for namespace in client.list_namespaces()]
    show_rows(rows, [field.name for field in dataclasses.fields(NamespaceInfo)], output)


@app.command("create")
def create(
    name: NamespaceArgument,
    description: Description = None,
    quota_pairs: QuotaPairs = None,
    quota_bytes: QuotaBytes = None,
    default_ttl: DefaultTtl = None,
    changes_kept: ChangesKept = None,
    history_kept: HistoryKept = None,
    output: OutputFormat = None,
    profile: ProfileName = None,
) -> None:
    """Create a namespace, unless it already exists."""
    settings = _collect(
        default_ttl, quota_pairs, quota_bytes, description=description, changes_kept=changes_kept, history_kept=history_kept
    )
    with open_client(profile) as client:
        with suppress(NamespaceMissing):
            client.show_namespace(name)
            raise Failure(f"{name} already exists: kv ns set changes its settings.", Status.CONFLICT)
        show_row(dataclasses.asdict(client.create_namespace(name, **settings)), output)


@app.command("show")
def show(name: NamespaceArgument, output: OutputFormat = None, profile: ProfileName = None) -> None:
    """Show a namespace's settings."""
    with open_client(profile) as client:
        show_row(dataclasses.asdict(client.show_namespace(name)), output)


@app.command("set")
def set_settings(
    name: NamespaceArgument,
    description: Description = None,
    quota_pairs: QuotaPairs = None,
    quota_bytes: QuotaBytes = None,
    default_ttl: DefaultTtl = None,
    changes_kept: ChangesKept = None,
    history_kept: HistoryKept = None,
    output: OutputFormat = None,
    profile: ProfileName = None,
) -> None:
    """Change settings of a namespace; those that are not named stay."""
    settings = _collect(
        default_ttl, quota_pairs, quota_bytes, description=description, changes_kept=changes_kept, history_kept=history_kept
    )
    with open_client(profile) as client:
        show_row(dataclasses.asdict(client.set_namespace(name, **settings)), output)


@app.command("delete")
def delete(
    name: NamespaceArgument,
    force: Annotated[bool, typer.Option("--force", help="Also with pairs in it.")] = False,
    confirmed: Confirmed = False,
    profile: ProfileName = None,
) -> None:
    """Delete a namespace. It asks first."""
    confirm(f"Delete the namespace {name}{' with all its pairs' if force else ''}?", confirmed=confirmed)
    with open_client(profile) as client:
        client.delete_namespace(name, force=force)
    write_line(f"{name} is deleted.")


def stat(namespace: OptionalNamespace = None, output: OutputFormat = None, profile: ProfileName = None) -> None:
    """Write how much a namespace holds, and its last revision."""
    with open_store(profile, namespace) as store:
        row = {"namespace": store.name} | dataclasses.asdict(store.stats())
    show_row(row, output)


def _collect(default_ttl: str | None, quota_pairs: str | None, quota_bytes: str | None, **others: Any) -> dict[str, Any]:
    """Return the settings that were given."""
    settings = {name: value for name, value in others.items() if value is not None}
    if default_ttl is not None:
        settings["default_ttl"] = parse_duration(default_ttl)
    if quota_pairs is not None:
        settings["quota_pairs"] = _parse_quota(quota_pairs, "--quota-pairs")
    if quota_bytes is not None:
        settings["quota_bytes"] = _parse_quota(quota_bytes, "--quota-bytes")
    return settings


def _parse_quota(text: str, option: str) -> int | None:
    if text == "none":
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    raise typer.BadParameter(f"{text!r} is neither a number nor none.", param_hint=option)
