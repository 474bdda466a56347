"""`kv export` and `kv import`."""

import enum
import os
import stat
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TextIO

import typer

from key_value_cli.connection import open_store
from key_value_cli.failures import Failure
from key_value_cli.files import replace_file
from key_value_cli.foreign import read_consul, read_etcd
from key_value_cli.options import IfAbsent, NamespaceName, OutputFormat, Prefix, ProfileName
from key_value_cli.output import dump_json, is_terminal, show_row, write_line, write_note, write_text
from key_value_cli.progress import show_progress
from key_value_client.errors import ImportRefused
from key_value_client.values import in_batches

MAX_LINE_BYTES = 16 * 1024 * 1024  # more than any pair has
REQUEST_LINES, REQUEST_BYTES = 50_000, 16 * 1024 * 1024  # a request is done before its access token expires
MAX_ERRORS = 100


class Origin(str, enum.Enum):
    """Where a file comes from."""

    KV = "kv"
    CONSUL = "consul"
    ETCD = "etcd"


def export(
    prefix: Prefix = "",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="Replaced when all is there; standard output if absent.", show_default=False
        ),
    ] = None,
    namespace: NamespaceName = None,
    profile: ProfileName = None,
) -> None:
    """Write a namespace as lines of JSON, while others go on writing. The first line has its revision, each other one a pair."""
    with ExitStack() as stack:
        store = stack.enter_context(open_store(profile, namespace))
        write = _write_to_stdout if out is None else stack.enter_context(replace_file(out)).write
        is_shown = out is not None or _is_file(sys.stdout)  # a pipe may end at the same terminal
        total = store.stats().pairs if is_shown and sys.stderr.isatty() and not prefix else None
        advance = stack.enter_context(show_progress("Exporting", total, shown=is_shown))
        for number, line in enumerate(store.export_lines(prefix)):
            write(line + b"\n")
            advance(number > 0)  # the first line is no pair


def _is_file(stream: TextIO) -> bool:
    """Return whether a stream is a regular file."""
    return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)


def _write_to_stdout(line: bytes) -> None:
    if is_terminal():
        write_text(line.decode())
    else:
        sys.stdout.buffer.write(line)


def import_pairs(
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="Standard input if absent, or -.", show_default=False)] = "-",
    origin: Annotated[
        Origin,
        typer.Option(
            "--from",
            help="kv: lines of JSON, as kv export writes. consul: the output of consul kv export. etcd: that of "
            'etcdctl get --prefix "" -w json.',
        ),
    ] = Origin.KV,
    parse_json: Annotated[
        bool, typer.Option("--parse-json", help="With --from: values that are JSON become that, not text.")
    ] = False,
    if_absent: IfAbsent = False,
    strict: Annotated[bool, typer.Option("--strict", help="End at the first line that is refused.")] = False,
    output: OutputFormat = None,
    namespace: NamespaceName = None,
    profile: ProfileName = None,
) -> None:
    """Write pairs from a file. Lines that break a rule are left out and listed. What stopped half-way may be repeated."""
    if parse_json and origin is Origin.KV:
        raise typer.BadParameter("It needs --from consul or --from etcd.", param_hint="--parse-json")
    with ExitStack() as stack:
        stream = sys.stdin.buffer if file == "-" else stack.enter_context(Path(file).open("rb"))
        lines, total = _read(stream, origin, parse_json=parse_json)
        store = stack.enter_context(open_store(profile, namespace))
        advance = stack.enter_context(show_progress("Importing", total))
        done = _Import(mode="if_absent" if if_absent else "replace", strict=strict)
        for batch in in_batches(lines, REQUEST_LINES, REQUEST_BYTES):
            goes_on = done.send(store, batch)
            advance(len(batch))
            if not goes_on:
                break
    done.report(output)


def _read(stream: BinaryIO, origin: Origin, *, parse_json: bool) -> tuple[Iterator[bytes], int | None]:
    """Return lines, and how many if that is known."""
    if origin is Origin.KV:
        return _read_lines(stream), _count_lines(stream)
    foreign = (read_consul if origin is Origin.CONSUL else read_etcd)(stream, parse_json=parse_json)
    for what, count in foreign.lost.items():
        write_note(f"{what} are not kept: {count:,} pairs had some")
    return (dump_json(line).encode() + b"\n" for line in foreign.lines), len(foreign.lines)


def _read_lines(stream: BinaryIO) -> Iterator[bytes]:
    number = 0
    while line := stream.readline(MAX_LINE_BYTES):
        number += 1
        if len(line) == MAX_LINE_BYTES:
            raise Failure(f"Line {number} is longer than {MAX_LINE_BYTES // 1024**2} MiB: these are no lines of JSON.")
        yield line if line.endswith(b"\n") else line + b"\n"


def _count_lines(stream: BinaryIO) -> int | None:
    """Return the number of lines of a file, which is read twice for the progress bar that shows it."""
    if not (sys.stderr.isatty() and stream.seekable()):
        return None
    start = stream.tell()
    count = sum(block.count(b"\n") for block in iter(lambda: stream.read(2**20), b""))
    stream.seek(start)
    return count


class _Import:
    """An import in several requests, and what became of it."""

    def __init__(self, *, mode: str, strict: bool) -> None:
        self._options: dict[str, Any] = {"mode": mode, "strict": strict}
        self._lines = 0
        self._counts: Counter[str] = Counter(written=0, skipped=0, expired=0, refused=0)
        self._revision: int | None = None
        self._errors: list[dict[str, Any]] = []

    def send(self, store: Any, batch: list[bytes]) -> bool:
        """Write lines; return whether to go on: not if strict and one was refused, nor if none of the first ones is a pair."""
        try:
            summary = store.import_lines([b"".join(batch)], **self._options)
            answer = {name: getattr(summary, name) for name in (*self._counts, "revision", "errors")}
        except ImportRefused as refused:
            answer = refused.members
        self._counts.update({name: answer.get(name, 0) for name in self._counts})
        self._revision = answer.get("revision", self._revision)
        for error in answer.get("errors", ())[: MAX_ERRORS - len(self._errors)]:
            self._errors.append({**error, "line": error["line"] + self._lines})
        self._lines += len(batch)
        return not self._errors or not (self._options["strict"] or self._is_hopeless())

    def report(self, output: Any) -> None:
        """Write the counts. Raises Failure if lines were refused."""
        if output is None:
            write_line(", ".join(f"{name} {count:,}" for name, count in self._counts.items()))
        else:
            show_row({**self._counts, "revision": self._revision, "errors": self._errors}, output)
        if not self._errors:
            return
        sys.stdout.flush()
        first, *others = self._errors
        if self._is_hopeless():
            raise Failure(f"No line is a pair. {_describe(first)}")
        if not others:
            raise Failure(f"A line was refused. {_describe(first)}")
        for error in self._errors:
            write_note(_describe(error))
        raise Failure(f"{self._counts['refused']:,} lines were refused.")

    def _is_hopeless(self) -> bool:
        return self._counts["refused"] == self._counts.total()


def _describe(error: dict[str, Any]) -> str:
    return f"Line {error['line']}: {error['field']} ({error['rule']}): {error['message']}"
