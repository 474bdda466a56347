"""`kv probe`."""

import contextlib
import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any
from uuid import uuid4

import typer

from key_value_cli.connection import open_store
from key_value_cli.durations import parse_duration
from key_value_cli.failures import Failure, Status
from key_value_cli.options import NamespaceName, OutputFormat, ProfileName
from key_value_cli.output import Output, write_json, write_line
from key_value_client.client import Namespace
from key_value_client.values import Change

LEFTOVER_SECONDS = 60.0
"""How long the pair of a probe stays that was killed."""

Arrivals = queue.SimpleQueue[Change[Any] | Exception]


class Probe:
    """A pair that is written, read, watched and deleted."""

    def __init__(self, key: str, patience: float) -> None:
        """`patience`: seconds that a change may take to arrive at the watch."""
        self.milliseconds: dict[str, float] = {}
        """How long each step took."""
        self.step = "connect"
        """The one that is being taken."""
        self._key = key
        self._patience = patience
        self._value = uuid4().hex

    def run(self, store: Namespace[Any]) -> None:
        """Take all steps. Raises the error of the first one that fails."""
        written = self._take("write", lambda: store.put(self._key, self._value, ttl=LEFTOVER_SECONDS))
        try:
            self._take("read", lambda: self._check(store.get(self._key, default=None)))
            arrivals = self._follow(store, written.revision - 1)
            self._take("watch", lambda: self._await(arrivals, "written"))
            self._take("delete", lambda: store.delete(self._key))
            self._take("notice", lambda: self._await(arrivals, "deleted"))
        except BaseException:
            with contextlib.suppress(Exception):
                store.delete(self._key)
            raise

    def _take(self, step: str, act: Callable[[], Any]) -> Any:
        self.step = step
        began = time.perf_counter()
        done = act()
        self.milliseconds[step] = round((time.perf_counter() - began) * 1000, 3)
        return done

    def _check(self, found: object) -> None:
        if found != self._value:
            raise Failure(f"{found!r} was read, and {self._value!r} had been written")

    def _follow(self, store: Namespace[Any], after: int) -> Arrivals:
        arrivals: Arrivals = queue.SimpleQueue()

        def follow() -> None:
            try:
                for change in store.watch(self._key, after=after):
                    arrivals.put(change)
            except Exception as error:  # noqa: BLE001 - the other thread raises it
                arrivals.put(error)

        threading.Thread(target=follow, daemon=True).start()  # a watch goes on for ever, also where nothing arrives
        return arrivals

    def _await(self, arrivals: Arrivals, kind: str) -> None:
        try:
            arrived = arrivals.get(timeout=self._patience)
        except queue.Empty:
            raise Failure(f"the change has not arrived within {self._patience:g} seconds", Status.UNAVAILABLE) from None
        if isinstance(arrived, Exception):
            raise arrived
        if (arrived.key, arrived.kind) != (self._key, kind):
            raise Failure(f"{arrived.kind!r} of {arrived.key!r} arrived instead of {kind!r}")


def probe(
    prefix: Annotated[str, typer.Option(metavar="PREFIX", help="Beginning of the key.")] = "probe/",
    timeout: Annotated[str, typer.Option(metavar="DURATION", help="For each step.")] = "10s",
    output: OutputFormat = None,
    namespace: NamespaceName = None,
    profile: ProfileName = None,
) -> None:
    """Write, read, watch and delete a pair of its own, once and without repetitions: exit status 0 if all of that works."""
    patience = parse_duration(timeout)
    if not patience:
        raise typer.BadParameter("Give each step some time.", param_hint="--timeout")
    taken = Probe(f"{prefix}{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}", patience)
    with _noting() as failures, open_store(profile, namespace, retry_for=0.0, timeout=patience) as store:
        taken.run(store)
    failure = failures[0] if failures else None
    if output is Output.JSON:
        told = {"failed": None, "error": None} if failure is None else {"failed": taken.step, "error": str(failure)}
        write_json({"ok": failure is None, "milliseconds": taken.milliseconds, **told})
        raise typer.Exit(Status.DONE if failure is None else failure.status)
    if failure is not None:
        raise Failure(f"{taken.step}: {failure}", failure.status)
    write_line("  ".join(f"{step} {milliseconds:.1f} ms" for step, milliseconds in taken.milliseconds.items()))


@contextlib.contextmanager
def _noting() -> Iterator[list[Failure]]:
    """Yield a list that gets the error that ends the block, if one does, explained."""
    from key_value_cli.refusals import explain  # noqa: PLC0415 - the library takes a while to import

    failures: list[Failure] = []
    try:
        yield failures
    except Failure as failure:
        failures.append(failure)
    except Exception as error:  # noqa: BLE001 - whatever it is, the probe has failed
        failures.append(explain(error))
