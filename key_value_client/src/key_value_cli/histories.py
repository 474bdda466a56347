"""`kv history` and `kv restore`."""

from typing import Annotated

import typer

from key_value_cli.connection import open_store
from key_value_cli.failures import Failure, Status
from key_value_cli.options import IfRevision, Key, NamespaceName, OutputFormat, ProfileName
from key_value_cli.output import show_row, write_line
from key_value_cli.rendering import show_change


def history(
    key: Key,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="At most so many changes.", show_default=False)] = None,
    output: OutputFormat = None,
    namespace: NamespaceName = None,
    profile: ProfileName = None,
) -> None:
    """Write the kept changes of a pair, from the newest one on."""
    is_known = False
    with open_store(profile, namespace) as store:
        for change in store.history(key, limit=limit):
            is_known = True
            show_change(change, output)
    if not is_known:
        raise Failure(f"No change of {key!r} is kept.", Status.NOT_FOUND)


def restore(
    key: Key,
    revision: Annotated[int, typer.Argument(metavar="REVISION", min=1, help="As kv history shows it.", show_default=False)],
    if_revision: IfRevision = None,
    output: OutputFormat = None,
    namespace: NamespaceName = None,
    profile: ProfileName = None,
) -> None:
    """Give a pair, which may be gone, the value again that it got with a revision."""
    with open_store(profile, namespace) as store:
        written = store.restore(key, revision, if_revision=if_revision)
    if output is None:
        write_line(f"restored {key}, revision {written.revision}")
    else:
        show_row({"key": key, "revision": written.revision, "created": written.created}, output)
