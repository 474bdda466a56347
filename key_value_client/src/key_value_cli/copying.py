"""`kv copy`."""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from key_value_cli.connection import open_client
from key_value_cli.failures import Failure, Status
from key_value_cli.following import PAUSE_SECONDS, follow_pages
from key_value_cli.options import Confirmed
from key_value_cli.output import confirm, dump_json, write_note
from key_value_cli.progress import Advance, show_progress
from key_value_client.batches import MAX_BATCH
from key_value_client.client import Namespace
from key_value_client.errors import RevisionGone, TransportError, Unavailable
from key_value_client.values import ChangePage, Pair, parse_time, put_value, take_value

_LINES, _LINE_BYTES = 20_000, 4 * 1024 * 1024  # of one import

Place = Annotated[str, typer.Argument(metavar="[PROFILE:]NAMESPACE", show_default=False)]


def copy(
    source: Place,
    target: Place,
    prefix: Annotated[str, typer.Option(metavar="PREFIX", help="Only keys that begin with it.", show_default=False)] = "",
    once: Annotated[bool, typer.Option("--once", help="Copy what is there, with its expiry, and end.")] = False,
    confirmed: Confirmed = False,
) -> None:
    """Make a namespace an exact copy of another one, and keep it one until Ctrl-C. It asks before it changes pairs.

    What differs is written; pairs that the source does not have are deleted. Pairs of the copy have no time to live: they are
    deleted when those of the source are.
    """
    with ExitStack() as stack:
        (profile, name), (other_profile, other_name) = _parse(source), _parse(target)
        client, other = stack.enter_context(open_client(profile)), stack.enter_context(open_client(other_profile))
        theirs, ours = client.namespace(name), other.namespace(other_name)
        if (client.url, name) == (other.url, other_name):
            raise Failure("That is the same namespace twice.", Status.WRONG_USAGE)
        held = sum(1 for _ in ours.scan(prefix, values=False, limit=1))
        question = f"{ours.name} has pairs. Those that {theirs.name} does not have will be deleted, others replaced. Go on?"
        confirm(question, confirmed=confirmed or not held)
        while True:
            revision = _Copy(theirs, ours, prefix, keep_expiry=once).bring_up_to_date()
            if once:
                return
            write_note(f"{ours.name} is a copy as of revision {revision}, and follows. Ctrl-C stops.")
            try:
                _follow(theirs, ours, prefix, revision)
            except RevisionGone:
                write_note("changes that follow are no longer kept: comparing all pairs again")


def _parse(place: str) -> tuple[str | None, str]:
    profile, colon, namespace = place.rpartition(":")
    if not namespace or (colon and not profile):
        raise Failure(f"{place!r} is not [PROFILE:]NAMESPACE.", Status.WRONG_USAGE)
    return profile or None, namespace


@dataclass
class _Copy:
    """One comparison of all pairs, at constant memory: both sides come in the order of their keys."""

    source: Namespace[Any]
    target: Namespace[Any]
    prefix: str
    keep_expiry: bool
    written: int = 0
    deleted: int = 0
    unchanged: int = 0

    def bring_up_to_date(self) -> int:
        """Write what differs and delete what is too many; return the source's revision from which to follow."""
        total = None if self.prefix else self.source.stats().pairs
        lines = iter(self.source.export_lines(self.prefix))
        revision: int = json.loads(next(lines))["revision"]
        with show_progress("Copying", total) as advance:
            self._apply(self._compare(lines, advance))
        write_note(f"written {self.written:,}, deleted {self.deleted:,}, unchanged {self.unchanged:,}")
        return revision

    def _compare(self, lines: Iterable[bytes], advance: Advance) -> Iterator[bytes | str]:
        """Yield lines to write, and keys to delete."""
        held = iter(self.target.scan(self.prefix))
        ours = next(held, None)
        for line in lines:
            members = json.loads(line)
            if not self.keep_expiry and members.pop("expires_at", None):
                line = dump_json(members).encode()  # noqa: PLW2901
            while ours is not None and ours.key < members["key"]:
                yield ours.key
                ours = next(held, None)
            is_held = ours is not None and ours.key == members["key"]
            if ours is not None and is_held and _is_same(ours, members):
                self.unchanged += 1
            else:
                yield line + b"\n"
            if is_held:
                ours = next(held, None)
            advance(1)
        if ours is not None:
            yield ours.key
            yield from (pair.key for pair in held)

    def _apply(self, steps: Iterable[bytes | str]) -> None:
        lines: list[bytes] = []
        keys: list[str] = []
        size = 0
        for step in steps:
            if isinstance(step, str):
                keys.append(step)
            else:
                lines.append(step)
                size += len(step)
            if len(lines) == _LINES or size >= _LINE_BYTES:
                self.written += _write(self.target, lines)
                lines, size = [], 0
            if len(keys) == MAX_BATCH:
                self.deleted += self.target.delete_many(keys).deleted
                keys = []
        self.written += _write(self.target, lines)
        self.deleted += self.target.delete_many(keys).deleted if keys else 0


def _follow(source: Namespace[Any], target: Namespace[Any], prefix: str, revision: int) -> None:
    with show_progress("Following") as advance:
        for page in follow_pages(source, prefix, revision):
            _repeat(target, page)
            advance(len(page.changes))


def _repeat(target: Namespace[Any], page: ChangePage[Any]) -> None:
    """Do what a page of changes did, as often as it takes: each key's last change alone, so that again means the same."""
    last = {change.key: change for change in page.changes}
    written = [{"key": change.key} | put_value(change.value) for change in last.values() if change.kind == "written"]
    lines = [dump_json(members).encode() + b"\n" for members in written]
    keys = [change.key for change in last.values() if change.kind != "written"]
    while not _is_done(target, lines, keys):
        time.sleep(PAUSE_SECONDS)


def _is_done(target: Namespace[Any], lines: list[bytes], keys: list[str]) -> bool:
    try:
        _write(target, lines)
        if keys:
            target.delete_many(keys)
    except (TransportError, Unavailable) as error:
        write_note(f"waiting for the target: {error}")
        return False
    return True


def _write(target: Namespace[Any], lines: list[bytes]) -> int:
    if not lines:
        return 0
    summary = target.import_lines([b"".join(lines)])
    if summary.refused:
        raise Failure(f"The target refuses a pair: {summary.errors[0]['message']}")
    return summary.written


def _is_same(ours: Pair[Any], members: dict[str, Any]) -> bool:
    """Return whether a pair is what a line of an export says: as JSON text, in which 1 and 1.0 differ."""
    text, other = (dump_json(put_value(value)) for value in (ours.value, take_value(members)))
    return text == other and ours.expires_at == parse_time(members.get("expires_at"))
