"""Which backups are kept."""

from collections.abc import Sequence
from typing import NamedTuple

from tarantool_backup.domain.backup import Backup


class Retention(NamedTuple):
    """How many to keep: the last ones, and the last one of each of so many hours, days, weeks and months that have any."""

    last: int = 0
    hourly: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0

    def choose(self, backups: Sequence[Backup]) -> set[str]:
        """Return the ids of those complete backups of one Tarantool that are kept. The newest one always is."""
        newest_first = sorted(
            (backup for backup in backups if backup.snapshot_at is not None), key=lambda one: one.id, reverse=True
        )
        kept = {backup.id for backup in newest_first[: max(1, self.last)]}
        for count, form in ((self.hourly, "%Y%m%d%H"), (self.daily, "%Y%m%d"), (self.weekly, "%G%V"), (self.monthly, "%Y%m")):
            periods: dict[str, str] = {}
            for backup in newest_first:
                periods.setdefault(backup.begun_at.strftime(form), backup.id)
            kept.update(list(periods.values())[:count])
        return kept
