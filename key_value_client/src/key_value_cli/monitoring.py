"""`kv top`."""

import contextlib
import itertools
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import Annotated, Any

import httpx
import typer

from key_value_cli.connection import open_client
from key_value_cli.durations import parse_duration
from key_value_cli.measurements import Reading, Traffic, add_up, compare, parse_metrics
from key_value_cli.options import OutputFormat, ProfileName
from key_value_cli.output import Output, is_terminal, make_console, write_json
from key_value_cli.refusals import explain
from key_value_client.client import Client
from key_value_client.errors import InsufficientScope, NotFound, TransportError, Unavailable

MAX_NAMESPACES = 30
METRICS_SECONDS = 5.0


@dataclass(frozen=True)
class Holding:
    """What a namespace holds, and how many changes a second it had."""

    name: str
    pairs: int
    bytes: int
    revision: int
    changes: float | None


@dataclass(frozen=True)
class Page:
    """What one page shows: the seconds since the one before, and what happened in them."""

    at: datetime
    seconds: float
    requests: float = 0.0
    refused: float = 0.0
    failed: float = 0.0
    under_way: int = 0
    waiting: int = 0
    streams: int = 0
    operations: Sequence[Traffic] = ()
    namespaces: Sequence[Holding] = ()
    notes: Sequence[str] = field(default_factory=list)


class Monitor:
    """Reads the metrics of some processes, and the statistics of the namespaces."""

    def __init__(self, client: Client, urls: Sequence[str]) -> None:
        self._client = client
        self._urls = urls
        self._metrics = httpx.Client(timeout=METRICS_SECONDS, trust_env=False)
        self._readings: dict[str, Reading] = {}
        self._revisions: dict[str, int] = {}
        self._at = time.monotonic()

    def read(self) -> Page:
        """Return the next page. What cannot be read is in its notes."""
        notes: list[str] = []
        before, self._readings = self._readings, dict(self._read_metrics(notes))
        now = time.monotonic()
        seconds, self._at = now - self._at, now
        known = [url for url in self._readings if url in before]
        operations = compare([before[url] for url in known], [self._readings[url] for url in known], seconds)
        present = list(self._readings.values())
        return Page(
            datetime.now(timezone.utc),
            round(seconds, 3),
            sum(one.rate for one in operations),
            sum(one.refused for one in operations),
            sum(one.failed for one in operations),
            int(add_up(present, "http_requests_under_way")),
            int(add_up(present, "http_requests_waiting")),
            int(add_up(present, "http_streams_open")),
            operations,
            self._measure(seconds, notes),
            notes,
        )

    def _read_metrics(self, notes: list[str]) -> Iterator[tuple[str, Reading]]:
        for url in self._urls:
            reading: Reading | None = None
            with _noting(url, notes):
                reading = parse_metrics(self._metrics.get(url).raise_for_status().text)
            if reading is not None:
                yield url, reading

    def _measure(self, seconds: float, notes: list[str]) -> list[Holding]:
        before, self._revisions = self._revisions, {}
        holdings = []
        try:
            for place, namespace in enumerate(self._client.list_namespaces()):
                if place == MAX_NAMESPACES:
                    notes.append(f"There are more than {MAX_NAMESPACES} namespaces: these are the first.")
                    break
                with contextlib.suppress(InsufficientScope, NotFound):  # it was deleted meanwhile, or is not for everybody
                    held = self._client.namespace(namespace.name).stats()
                    changes = held.revision - before[namespace.name] if namespace.name in before else None
                    self._revisions[namespace.name] = held.revision
                    rate = None if changes is None else max(changes, 0) / seconds
                    holdings.append(Holding(namespace.name, held.pairs, held.bytes, held.revision, rate))
        except (TransportError, Unavailable) as error:
            notes.append(str(explain(error)))
        return sorted(holdings, key=lambda one: (-(one.changes or 0), -one.bytes, one.name))


@contextlib.contextmanager
def _noting(url: str, notes: list[str]) -> Iterator[None]:
    """Add a note if the block cannot read the metrics of a process."""
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        notes.append(f"{url}: {str(error).splitlines()[0] if str(error) else type(error).__name__}")


def top(
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="Metrics of a process of a service, as http://127.0.0.1:9081/metrics; may be given several times. In "
            "KV_METRICS they are separated by spaces.",
            show_default=False,
        ),
    ] = None,
    interval: Annotated[str, typer.Option(metavar="DURATION", help="Between two pages.")] = "2s",
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="End after so many pages.", show_default=False)] = None,
    output: OutputFormat = None,
    profile: ProfileName = None,
) -> None:
    """Show rates, latencies, namespaces and watchers, live, until Ctrl-C; to a program, one page after the other."""
    seconds = parse_duration(interval)
    if not seconds:
        raise typer.BadParameter("There must be some time between two pages.", param_hint="--interval")
    with open_client(profile, retry_for=0.0) as client:
        monitor = Monitor(client, metrics or os.environ.get("KV_METRICS", "").split())
        monitor.read()  # to compare the first page with
        pages = itertools.islice(_read_pages(monitor, seconds), limit)
        if output is Output.JSON:
            for page in pages:
                write_json(_to_json(page))
                sys.stdout.flush()
        else:
            _show(pages)


def _read_pages(monitor: Monitor, seconds: float) -> Iterator[Page]:
    while True:
        time.sleep(seconds)
        yield monitor.read()


def _to_json(page: Page) -> Mapping[str, Any]:
    shown = asdict(page)
    for operation in shown["operations"]:
        quantiles = operation.pop("milliseconds")
        operation |= {f"p{share * 100:.0f}_milliseconds": found for share, found in quantiles.items()}
    return shown


def _show(pages: Iterator[Page]) -> None:
    from key_value_cli.monitor_page import render  # noqa: PLC0415 - rich takes a while to import

    console = make_console()
    if not is_terminal():
        for page in pages:
            with console.capture() as captured:
                console.print(render(page, None))
            sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())
            sys.stdout.flush()
        return
    from rich.live import Live  # noqa: PLC0415 - as above

    with Live(console=console, screen=True, auto_refresh=False) as live:
        for page in pages:
            live.update(render(page, console.height), refresh=True)
