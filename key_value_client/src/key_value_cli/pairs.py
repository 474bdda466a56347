"""Commands for single pairs."""

import sys
from datetime import datetime, timezone
from typing import Annotated, Any

import typer

from key_value_cli.arguments import parse_json, read_value
from key_value_cli.connection import open_store
from key_value_cli.durations import parse_duration
from key_value_cli.failures import Failure, Status
from key_value_cli.options import (
    IfAbsent,
    IfRevision,
    Key,
    Keys,
    NamespaceName,
    OutputFormat,
    PairOutput,
    ProfileName,
    TimeToLive,
)
from key_value_cli.output import Output, show_row, show_rows, write_json, write_line
from key_value_cli.rendering import describe_pair, preview, write_environment, write_raw, write_value
from key_value_client.values import KEEP, Pair


def get(
    keys: Keys,
    raw: Annotated[bool, typer.Option("--raw", help="The exact text or bytes, without a line end.")] = False,
    output: Annotated[PairOutput | None, typer.Option("--output", help="json: one pair a line.", show_default=False)] = None,
    default: Annotated[str | None, typer.Option(metavar="TEXT", help="For keys without a pair.", show_default=False)] = None,
    stale: Annotated[bool, typer.Option("--stale", help="Of any instance of the database, some seconds ago at most.")] = False,
    namespace: NamespaceName = None,
    profile: ProfileName = None,
) -> None:
    """Write the values of pairs, in the order of the keys."""
    if raw and output is not None:
        raise typer.BadParameter("Use one of them.", param_hint="--raw and --output")
    with open_store(profile, namespace, is_stale=stale) as store:
        found = store.find_many(keys)
    shown = [key for key in keys if key in found or default is not None]
    if output is PairOutput.JSON or output is PairOutput.TABLE:
        _show_pairs(shown, found, default, as_json=output is PairOutput.JSON)
    elif output is PairOutput.ENV:
        write_environment({key: found[key].value if key in found else default for key in shown})
    else:
        write = write_raw if raw else write_value
        for key in shown:
            write(found[key].value if key in found else default)
    missing = [key for key in dict.fromkeys(keys) if key not in found]
    if missing and default is None:
        sys.stdout.flush()
        raise Failure(f"There is no pair {', '.join(map(repr, missing))}.", Status.NOT_FOUND)


def _show_pairs(keys: list[str], found: dict[str, Pair[Any]], default: str | None, *, as_json: bool) -> None:
    if as_json:
        for key in keys:
            write_json(describe_pair(found[key]) if key in found else {"key": key, "value": default})
        return
    rows = [
        {
            "key": key,
            "value": preview(pair.value),
            "revision": pair.revision,
            "version": pair.version,
            "expires_at": pair.expires_at,
        }
        if (pair := found.get(key))
        else {"key": key, "value": preview(default), "revision": None, "version": None, "expires_at": None}
        for key in keys
    ]
    show_rows(rows, ("key", "value", "revision", "version", "expires_at"), Output.TABLE)


def put(
    key: Key,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="Text; - is standard input, @PATH a file.", show_default=False)],
    is_json: Annotated[bool, typer.Option("--json", help="The value is JSON.")] = False,
    media_type: Annotated[
        str | None, typer.Option(metavar="TYPE", help="The value is binary, of this media type.", show_default=False)
    ] = None,
    ttl: TimeToLive = None,
    if_absent: IfAbsent = False,
    if_revision: IfRevision = None,
    output: OutputFormat = None,
    namespace: NamespaceName = None,
    profile: ProfileName = None,
) -> None:
    """Write a pair."""
    if if_absent and if_revision is not None:
        raise typer.BadParameter("Use one of them.", param_hint="--if-absent and --if-revision")
    if is_json and media_type is not None:
        raise typer.BadParameter("Use one of them.", param_hint="--json and --media-type")
    seconds = KEEP if ttl is None else parse_duration(ttl)
    content = read_value(value, is_json=is_json, media_type=media_type)
    with open_store(profile, namespace) as store:
        written = store.put(key, content, ttl=seconds, if_absent=if_absent, if_revision=if_revision)
    if output is None:
        write_line(f"{'created' if written.created else 'replaced'} {key}, revision {written.revision}")
    else:
        show_row({"key": key, "revision": written.revision, "created": written.created}, output)


def incr(
    key: Key,
    by: Annotated[str, typer.Option(metavar="NUMBER", help="What to add; may be negative.")] = "1",
    output: OutputFormat = None,
    namespace: NamespaceName = None,
    profile: ProfileName = None,
) -> None:
    """Add to a number, atomically, and write the sum. A missing pair counts as 0."""
    number = parse_json(by)
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise typer.BadParameter(f"{by!r} is no number.", param_hint="--by")
    with open_store(profile, namespace) as store:
        summed = store.increment(key, number)
    if output is None:
        write_line("" if summed.value is None else str(summed.value))
    else:
        show_row({"key": key, "value": summed.value, "revision": summed.revision}, output)


def ttl(
    key: Key,
    duration: Annotated[
        str | None,
        typer.Argument(metavar="[DURATION]", help="From now on: seconds, or 90s, 15m, 12h, 7d; never.", show_default=False),
    ] = None,
    output: OutputFormat = None,
    namespace: NamespaceName = None,
    profile: ProfileName = None,
) -> None:
    """Write how many seconds a pair has left, or change that."""
    seconds = KEEP if duration is None else parse_duration(duration)
    with open_store(profile, namespace) as store:
        if seconds is KEEP:
            pair = store.find(key)
            if pair is None:
                raise Failure(f"There is no pair {key!r}.", Status.NOT_FOUND)
            expires_at = pair.expires_at
        else:
            expires_at = (store.persist(key) if seconds is None else store.expire(key, seconds)).expires_at
    left = None if expires_at is None else max(0.0, round((expires_at - datetime.now(timezone.utc)).total_seconds(), 3))
    if output is None:
        write_line("never" if left is None else f"{left:g}")
    else:
        show_row({"key": key, "ttl": left, "expires_at": expires_at}, output)
