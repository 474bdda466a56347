"""`kv rm`."""

from typing import Annotated, Any

import typer

from key_value_cli.connection import open_store
from key_value_cli.failures import Failure, Status
from key_value_cli.options import Confirmed, IfRevision, NamespaceName, OptionalKeys, OutputFormat, ProfileName
from key_value_cli.output import confirm, show_row, write_line
from key_value_cli.progress import show_progress
from key_value_client.batches import MAX_BATCH
from key_value_client.values import in_batches


def rm(
    keys: OptionalKeys = None,
    prefix: Annotated[str | None, typer.Option(metavar="PREFIX", help="All keys that begin with it.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="All pairs of the namespace.")] = False,
    if_revision: IfRevision = None,
    confirmed: Confirmed = False,
    output: OutputFormat = None,
    namespace: NamespaceName = None,
    profile: ProfileName = None,
) -> None:
    """Delete pairs. It asks before it deletes by prefix."""
    if (bool(keys), prefix is not None, everything).count(True) != 1 or prefix == "":
        raise typer.BadParameter("Name keys, or one of the options.", param_hint="KEY… or --prefix or --all")
    if if_revision is not None and len(keys or ()) != 1:
        raise typer.BadParameter("This is for one key.", param_hint="--if-revision")
    deleted, missing = 0, list[str]()
    with open_store(profile, namespace) as store:
        if not keys:
            deleted = _delete_range(store, prefix or "", confirmed=confirmed)
        elif if_revision is not None:
            deleted, missing = (1, []) if store.delete(keys[0], if_revision=if_revision) else (0, keys)
        else:
            for batch in in_batches(dict.fromkeys(keys), MAX_BATCH):
                done = store.delete_many(batch)
                deleted, missing = deleted + done.deleted, missing + done.missing
    if output is None:
        write_line(f"deleted {deleted:,}")
    else:
        show_row({"deleted": deleted, "missing": missing}, output)
    if missing:
        raise Failure(f"There is no pair {', '.join(map(repr, missing))}.", Status.NOT_FOUND)


def _delete_range(store: Any, prefix: str, *, confirmed: bool) -> int:
    """Delete by prefix, in slices, with progress. Whoever confirms beforehand needs no right to read."""
    if confirmed:
        with show_progress("Deleting"):
            deleted: int = store.delete_prefix(prefix)
        return deleted
    found = sum(1 for _ in store.scan(prefix, values=False))
    which = f"whose keys begin with {prefix!r}" if prefix else "all that there are"
    confirm(f"Delete {found:,} pairs, {which}, in the namespace {store.name}?", confirmed=found == 0)
    deleted = 0
    with show_progress("Deleting", found) as advance:
        for batch in in_batches((pair.key for pair in store.scan(prefix, values=False)), MAX_BATCH):
            done = store.delete_many(batch).deleted
            deleted += done
            advance(done)
    return deleted
