"""Use cases: list backups, and delete those that are not kept."""

from collections.abc import Sequence

from tarantool_backup.application.ports import ObjectStore
from tarantool_backup.domain.backup import Backup, complete_name, group_objects
from tarantool_backup.domain.retention import Retention


def find_backups(objects: ObjectStore, store: str = "") -> list[Backup]:
    """Return the backups of one Tarantool, or of all, from the oldest on. Raises BackupError."""
    return group_objects(objects.list(store))


def prune_backups(objects: ObjectStore, store: str, retention: Retention, *, for_real: bool) -> Sequence[Backup]:
    """Delete the backups of a Tarantool that are not kept, and return them; incomplete ones if a newer one is complete.

    Raises BackupError.
    """
    backups = find_backups(objects, store)
    kept = retention.choose(backups)
    newest = max(kept, default="")
    surplus = [one for one in backups if one.id not in kept and one.id < newest]
    for backup in surplus if for_real else ():
        complete = [] if backup.snapshot_at is None else [f"{backup.folder}/{complete_name(backup.snapshot_at)}"]
        objects.delete(complete)  # first: what is deleted in part is no backup
        objects.delete([f"{backup.folder}/{piece.name}" for piece in backup.pieces])
    return surplus
