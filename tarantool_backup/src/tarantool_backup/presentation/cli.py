"""The command `backup`."""

import signal
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from tarantool_backup.application.find_backups import find_backups, prune_backups
from tarantool_backup.application.follow_log import FollowLog, Progress
from tarantool_backup.application.ports import Limit
from tarantool_backup.application.restore_backup import Restored
from tarantool_backup.application.write_backup import BackupWriter
from tarantool_backup.domain.failures import BackupError
from tarantool_backup.domain.retention import Retention
from tarantool_backup.presentation.following import prune_after, tell, touch
from tarantool_backup.presentation.metrics import Metrics
from tarantool_backup.presentation.output import describe_size, describe_time, read_moment, show_progress, show_table
from tarantool_backup.presentation.pairs import write_pairs
from tarantool_backup.presentation.parts import Parts

STEP_SECONDS = 0.5
NEVER = timedelta(days=36500)

app = typer.Typer(
    help="Back up the data of a Tarantool while it runs, and restore them to any moment since.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Folders = Annotated[list[Path], typer.Argument(metavar="FOLDER…", help="The folder of a Tarantool's data, TARANTOOL_DIRECTORY.")]
Store = Annotated[str, typer.Argument(help="Which Tarantool: the name of its folder.")]
Repository = Annotated[
    str,
    typer.Option("--repository", "-r", envvar="BACKUP_REPOSITORY", help="A folder, or s3://BUCKET/PREFIX.", show_default=False),
]
Recipients = Annotated[
    list[str] | None,
    typer.Option("--recipient", envvar="BACKUP_RECIPIENTS", help="Encrypt for this age recipient, age1…", show_default=False),
]
Identity = Annotated[
    Path | None,
    typer.Option("--identity", envvar="BACKUP_IDENTITY_FILE", help="Decrypt with the age identities in it.", show_default=False),
]
Status = Annotated[
    Path | None,
    typer.Option("--status", help="Touch this file whenever all is stored: services can watch it.", show_default=False),
]
Id = Annotated[
    str | None, typer.Option("--id", help="This backup; without it, the newest one that reaches back.", show_default=False)
]
Moment = Annotated[
    str | None, typer.Option("--to-moment", help="As of this time, as in 2026-11-28T12:00:00Z.", show_default=False)
]
Revision = Annotated[
    str | None,
    typer.Option(
        "--to-revision",
        metavar="NAMESPACE@N",
        help="As of this revision of a namespace of the key-value store.",
        show_default=False,
    ),
]
KeepLast = Annotated[int, typer.Option("--keep-last", min=0, help="Keep the last ones.")]
KeepHourly = Annotated[int, typer.Option("--keep-hourly", min=0, help="Keep the last one of each of so many hours.")]
KeepDaily = Annotated[int, typer.Option("--keep-daily", min=0, help="Keep the last one of each of so many days.")]
KeepWeekly = Annotated[int, typer.Option("--keep-weekly", min=0, help="Keep the last one of each of so many weeks.")]
KeepMonthly = Annotated[int, typer.Option("--keep-monthly", min=0, help="Keep the last one of each of so many months.")]


def make_app(parts: Parts) -> typer.Typer:  # noqa: PLR0915 - one function a command
    """Return the command, of parts that the composition has made."""

    def limit_of(moment: str | None, revision: str | None) -> Limit | None:
        if moment is not None and revision is not None:
            raise BackupError("name a moment or a revision, not both")
        if moment is not None:
            return parts.limit_to_moment(read_moment(moment))
        if revision is None:
            return None
        namespace, at, number = revision.rpartition("@")
        if not at or not number.isdecimal():
            raise BackupError(f"{revision!r} is not NAMESPACE@N")
        return parts.limit_to_revision(namespace, int(number))

    def restore_to(
        directory: Path,
        repository: str,
        identity: Path | None,
        store: str,
        identifier: str | None,
        limit: Limit | None,
        *,
        replaces: bool = False,
    ) -> Restored:
        restore = parts.restore(parts.open_store(repository), parts.make_coding([], identity))
        with show_progress("Restoring") as advance:
            return restore(store, directory, identifier, limit, advance, replaces=replaces)

    @app.command()
    def create(folders: Folders, repository: Repository, recipients: Recipients = None, status: Status = None) -> None:
        """Make a backup of each Tarantool: a consistent copy, while it runs."""
        objects, coding = parts.open_store(repository), parts.make_coding(recipients or [], None)
        for folder in map(parts.open_folder, folders):
            writer = BackupWriter(objects, coding, folder, datetime.now(UTC))
            with show_progress(f"Backing up {folder.store}") as advance:
                size = writer.begin(advance)
            typer.echo(f"{folder.store} {writer.id} {describe_size(size)}")
        touch(status)

    @app.command()
    def follow(
        folders: Folders,
        repository: Repository,
        recipients: Recipients = None,
        status: Status = None,
        every: Annotated[float, typer.Option(min=0.0001, help="Hours after which a new backup is begun.")] = 24.0,
        metrics: Annotated[
            str | None, typer.Option(metavar="[HOST:]PORT", help="Serve metrics there.", show_default=False)
        ] = None,
        last: KeepLast = 0,
        hourly: KeepHourly = 0,
        daily: KeepDaily = 0,
        weekly: KeepWeekly = 0,
        monthly: KeepMonthly = 0,
    ) -> None:
        """Make a backup of each Tarantool, and store what is written since, twice a second, until the process is ended.

        With --keep-…, each new backup deletes those that are not kept, as `prune` does.
        """
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # which the first process of a container ignores otherwise
        retention = Retention(last, hourly, daily, weekly, monthly)
        objects, coding = parts.open_store(repository), parts.make_coding(recipients or [], None)
        followers = [
            FollowLog(objects, coding, parts.open_folder(folder), lambda: datetime.now(UTC), timedelta(hours=every))
            for folder in folders
        ]
        measured, known = Metrics(metrics), dict[str, Progress]()
        while True:
            began = time.monotonic()
            for follower in followers:
                progress = follower.step()
                measured.add(progress)
                if tell(known.get(progress.store), progress) and any(retention):
                    prune_after(objects, progress.store, retention)
                known[progress.store] = progress
            if all(progress.identifier and progress.failure is None for progress in known.values()):
                touch(status)
            time.sleep(max(0.0, STEP_SECONDS - (time.monotonic() - began)))

    @app.command("list")
    def list_(
        repository: Repository, store: Annotated[str, typer.Argument(help="Which Tarantool; without it, all.")] = ""
    ) -> None:
        """List backups: what each takes, and which moments it can be restored to."""
        backups = find_backups(parts.open_store(repository), store)
        show_table(
            ("store", "id", "stored", "from", "to"),
            [
                (
                    one.store,
                    one.id,
                    describe_size(one.stored_bytes),
                    "not complete" if one.snapshot_at is None else describe_time(one.snapshot_at),
                    describe_time(max(one.last_at or one.begun_at, one.begun_at)),
                )
                for one in backups
            ],
        )

    @app.command()
    def verify(store: Store, repository: Repository, identity: Identity = None, identifier: Id = None) -> None:
        """Restore a backup beside, start a Tarantool on it, and compare what is counted with what the data say."""
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder) / store
            restored = restore_to(directory, repository, identity, store, identifier, None)
            report = parts.trial.inspect(directory)
        show_table(
            ("space", "tuples", "bytes", "checksum"),
            [(name, f"{one.tuples}", f"{one.bytes}", one.checksum) for name, one in sorted(report.spaces.items())],
        )
        for fault in report.faults:
            typer.echo(fault, err=True)
        if report.faults:
            raise BackupError(f"{restored.backup.folder} contradicts itself")
        typer.echo(f"{restored.backup.folder} is good")

    @app.command()
    def restore(
        store: Store,
        directory: Annotated[Path, typer.Argument(help="A folder that is new or empty.")],
        repository: Repository,
        identity: Identity = None,
        identifier: Id = None,
        moment: Moment = None,
        revision: Revision = None,
        replace: Annotated[
            bool, typer.Option("--replace", help="Move what is in the folder to before_restore_… in it. No Tarantool runs there.")
        ] = False,
    ) -> None:
        """Restore the data of a Tarantool, from which one can be started: all that is stored, or as of a moment or a revision."""
        limit = limit_of(moment, revision)
        restored = restore_to(directory, repository, identity, store, identifier, limit, replaces=replace)
        what = "what came later was left out" if restored.is_cut else "all of it"
        typer.echo(f"{restored.backup.folder} is restored to {directory}: {what}")

    @app.command()
    def export(
        store: Store,
        namespace: Annotated[str, typer.Argument(help="Of the key-value store.")],
        file: Annotated[Path, typer.Argument(help="That does not exist: lines of JSON, as `kv export` writes.")],
        repository: Repository,
        identity: Identity = None,
        identifier: Id = None,
        moment: Moment = None,
        revision: Revision = None,
    ) -> None:
        """Write the pairs of one namespace to a file, which `kv import` puts beside the living one."""
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder) / store
            restore_to(directory, repository, identity, store, identifier, limit_of(moment, revision))
            found, pairs = parts.trial.read_namespace(directory, namespace)
            count = write_pairs(file, namespace, found, pairs)
        typer.echo(f"{count} pairs of {namespace} as of revision {found} are in {file}")

    @app.command()
    def prune(
        store: Store,
        repository: Repository,
        last: KeepLast = 0,
        hourly: KeepHourly = 0,
        daily: KeepDaily = 0,
        weekly: KeepWeekly = 0,
        monthly: KeepMonthly = 0,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
    ) -> None:
        """Delete the backups of a Tarantool but the last ones, and the last one of each of so many hours, days, weeks, months."""
        retention = Retention(last, hourly, daily, weekly, monthly)
        if not any(retention):
            raise BackupError("say what is kept: --keep-last, --keep-hourly, --keep-daily, --keep-weekly or --keep-monthly")
        for backup in prune_backups(parts.open_store(repository), store, retention, for_real=not dry_run):
            typer.echo(f"{'would delete' if dry_run else 'deleted'} {backup.folder}")

    return app
