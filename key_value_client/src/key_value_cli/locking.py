"""`kv lock`."""

import sys
from typing import Annotated, Any

import typer

from key_value_cli.completion import complete_keys
from key_value_cli.connection import open_store
from key_value_cli.durations import parse_duration
from key_value_cli.failures import Failure, Status
from key_value_cli.options import NamespaceName, ProfileName
from key_value_cli.output import write_note
from key_value_cli.subprocesses import Child
from key_value_client.client import Namespace
from key_value_client.locks import LOCK_SECONDS, Lock


def lock(
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False, autocompletion=complete_keys)],
    command: Annotated[list[str] | None, typer.Argument(metavar="-- CMD…", show_default=False)] = None,
    ttl: Annotated[
        str,
        typer.Option("--ttl", metavar="DURATION", help="Others get the lock so long after the last sign of life: 1s at least."),
    ] = f"{LOCK_SECONDS:.0f}s",
    timeout: Annotated[
        str | None,
        typer.Option("--timeout", metavar="DURATION", help="Wait so long for others; 0: not at all.", show_default="for ever"),
    ] = None,
    holder: Annotated[
        str | None, typer.Option("--holder", metavar="TEXT", help="What others see.", show_default="host and process")
    ] = None,
    namespace: NamespaceName = None,
    profile: ProfileName = None,
) -> None:
    """Run a command while holding a lock, and end with its exit status: 75 if the lock is not obtained in time, 76 if it is lost.

    The command gets KV_LOCK, KV_LOCK_TOKEN (a number that grows with every holder) and KV_NAMESPACE. If the lock is lost, it gets
    SIGTERM, and a quarter of the ttl later SIGKILL: before others can have the lock.
    """
    if not command:
        raise Failure("Say what to run: kv lock NAME -- CMD…", Status.WRONG_USAGE)
    seconds = parse_duration(ttl)
    limit = None if timeout is None else parse_duration(timeout)
    if seconds is None or seconds < 1:
        raise Failure("--ttl: at least 1s.", Status.WRONG_USAGE)
    child = Child(command, grace=seconds / 4)
    with open_store(profile, namespace) as store:
        held = store.lock(name, seconds, name=holder, margin=seconds * 0.3, on_lost=child.end)
        _obtain(store, held, limit)
        try:
            held.check()
            status = child.run({"KV_LOCK": name, "KV_LOCK_TOKEN": str(held.token), "KV_NAMESPACE": store.name})
        finally:
            held.release()
    raise typer.Exit(status)


def _obtain(store: Namespace[Any], held: Lock, limit: float | None) -> None:
    if held.acquire(timeout=0):
        return
    pair = store.find(held.key)
    if pair is not None and pair.expires_at is None:
        raise Failure(f"{held.key} is a pair that never expires, and no lock: choose another name.", Status.CONFLICT)
    if limit != 0:
        if sys.stderr.isatty():
            write_note(f"waiting for {held.key}, held by {_find_holder(held)}")
        if held.acquire(timeout=limit):
            return
    raise Failure(f"{held.key} is held by {_find_holder(held)}.", Status.LOCK_TAKEN)


def _find_holder(held: Lock) -> str:
    present = held.holder()
    return present.name if present else "somebody else"
