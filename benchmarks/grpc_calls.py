"""Calls of etcd by gRPC: its messages, written out, and the load, which is h2load with the same call again and again.

A gRPC call is a request of HTTP/2 whose body is a length and a message in protobuf, and whose status is a trailer. h2load reads
no trailers, so the calls that succeeded are counted by etcd itself.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.contestants import Contestant
from benchmarks.fixed_rate import percentile
from benchmarks.machine import Layout, running_on
from benchmarks.wrk import Sample

LENGTH_DELIMITED, MAX_BYTES = 2, 127  # of protobuf's wire format: a type, and the longest field whose length is one byte


@dataclass(frozen=True)
class Call:
    """A call of etcd's key-value service (etcdserverpb.KV)."""

    method: str
    message: bytes

    @property
    def body(self) -> bytes:
        """The message as gRPC sends it: not compressed, its length, itself."""
        return b"\0" + len(self.message).to_bytes(4, "big") + self.message


def range_call(key: str) -> Call:
    """Return the call that reads a key (RangeRequest)."""
    return Call("Range", _field(1, key))


def put_call(key: str, value: str) -> Call:
    """Return the call that writes a key (PutRequest)."""
    return Call("Put", _field(1, key) + _field(2, value))


def _field(number: int, text: str) -> bytes:
    content = text.encode()
    if len(content) > MAX_BYTES:
        raise ValueError("A longer text has a length of several bytes.")
    return bytes([number << 3 | LENGTH_DELIMITED, len(content)]) + content


class H2load:
    """Keeps a number of calls under way, from the load's cores, over one connection from each."""

    def __init__(self, layout: Layout, calls_at_once: int = 32) -> None:
        self._layout = layout
        self._calls_at_once = calls_at_once

    def run(self, etcd: Contestant, call: Call, seconds: int) -> Sample:
        """Send the call for `seconds`."""
        connections = len(self._layout.load)
        with tempfile.TemporaryDirectory() as folder, running_on(self._layout.load):
            body, log = Path(folder, "body"), Path(folder, "log")
            body.write_bytes(call.body)
            headers = {"content-type": "application/grpc", "te": "trailers", "authorization": etcd.authorization}
            command = ["h2load", f"-c{connections}", f"-t{connections}", f"-m{self._calls_at_once // connections}"]
            command += [f"-D{seconds}", f"-d{body}", f"--log-file={log}"]
            command += [f"--header={name}: {value}" for name, value in headers.items()]
            succeeded, cpu_seconds = count_succeeded(_fetch_metrics(etcd), call.method), etcd.cpu_seconds()
            output = subprocess.run(
                [*command, f"http://{etcd.host}/etcdserverpb.KV/{call.method}"], capture_output=True, text=True, check=True
            ).stdout
            cpu_seconds = etcd.cpu_seconds() - cpu_seconds
            succeeded = count_succeeded(_fetch_metrics(etcd), call.method) - succeeded
            return parse(output, log.read_text().splitlines(), succeeded, cpu_seconds)


def parse(output: str, log: Iterable[str], succeeded: int, cpu_seconds: float) -> Sample:
    """Return the results of a run. `log`: a line for each answer: when, status, microseconds.

    Raises ValueError if the output has no summary.
    """
    summary = re.search(r"finished in (\d+(?:\.\d+)?)(m?s),.*?(\d+) succeeded, (\d+) failed", output, re.DOTALL)
    if summary is None:
        raise ValueError(f"h2load printed no summary: {output}")
    seconds = float(summary[1]) / (1000 if summary[2] == "ms" else 1)
    answered, failed = int(summary[3]), int(summary[4])
    done = min(answered, succeeded)  # calls whose answer found no receiver, when the time was up, have succeeded, too
    milliseconds = sorted(int(line.split()[2]) / 1000 for line in log)
    return Sample(
        per_second=done / seconds,
        p50=percentile(milliseconds, 50),
        p90=percentile(milliseconds, 90),
        p99=percentile(milliseconds, 99),
        cpu_seconds_per_million=cpu_seconds / done * 1e6 if done else float("inf"),
        refused=answered - done,
        broken=failed,
    )


def count_succeeded(metrics: str, method: str) -> int:
    """Return how many calls of a method etcd has answered with the status OK, by its metrics."""
    line = rf'grpc_server_handled_total{{grpc_code="OK",grpc_method="{method}",grpc_service="etcdserverpb.KV",.*}} (\S+)'
    found = re.search(line, metrics)
    return int(float(found[1])) if found else 0


def _fetch_metrics(etcd: Contestant) -> str:
    return httpx.get(f"http://{etcd.host}/metrics", trust_env=False, timeout=10).raise_for_status().text
