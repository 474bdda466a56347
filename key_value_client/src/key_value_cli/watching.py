"""`kv watch`."""

import sys
from itertools import islice
from typing import Annotated, Any

import typer

from key_value_cli.connection import open_store
from key_value_cli.options import NamespaceName, OutputFormat, Prefix, ProfileName
from key_value_cli.output import dump_json, write_note
from key_value_cli.rendering import describe_change, show_change
from key_value_cli.subprocesses import run_shell
from key_value_client.values import Change


def watch(
    prefix: Prefix = "",
    after: Annotated[
        int | None, typer.Option(min=0, metavar="REVISION", help="Changes after it; from now on if absent.", show_default=False)
    ] = None,
    previous: Annotated[bool, typer.Option("--previous", help="Also the value that a pair had before.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="End after so many.", show_default=False)] = None,
    command: Annotated[
        str | None,
        typer.Option(
            "--exec",
            metavar="CMD",
            help="Run this in a shell for each change, one after the other. The change is JSON on its standard input, and in "
            "KV_NAMESPACE, KV_KEY, KV_KIND and KV_REVISION.",
            show_default=False,
        ),
    ] = None,
    output: OutputFormat = None,
    namespace: NamespaceName = None,
    profile: ProfileName = None,
) -> None:
    """Write each change as it happens, once and in order, until Ctrl-C: also behind restarts and cut connections."""
    with open_store(profile, namespace) as store:
        for change in islice(store.watch(prefix, after=after, previous=previous), limit):
            if command is not None:
                _run(command, store.name, change)
            else:
                show_change(change, output)
            sys.stdout.flush()


def _run(command: str, namespace: str, change: Change[Any]) -> None:
    variables = {
        "KV_NAMESPACE": namespace,
        "KV_KEY": change.key,
        "KV_KIND": change.kind,
        "KV_REVISION": str(change.revision),
    }
    status = run_shell(command, variables, dump_json(describe_change(change)).encode() + b"\n")
    if status != 0:
        write_note(f"revision {change.revision}, {change.key}: the command ended with {status}")
