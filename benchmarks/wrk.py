"""The closed loop: wrk keeps a number of connections busy, and so finds a contestant's maximum throughput."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contestants import Contestant
from benchmarks.machine import Layout, running_on
from benchmarks.works import Request

MARK = "summary: "
SCRIPT = Path(__file__).parent / "load.lua"


@dataclass(frozen=True)
class Sample:
    """The results of one run of wrk. Rates count successful requests; refused and failed ones are counted apart."""

    per_second: float
    p50: float  # milliseconds
    p90: float
    p99: float
    cpu_seconds_per_million: float  # of the server and its store
    refused: int
    broken: int


def parse(output: str, cpu_seconds: float) -> Sample:
    """Parse wrk's output. Raises ValueError if it has no summary."""
    _, mark, rest = output.partition(MARK)
    if not mark:
        raise ValueError(f"wrk printed no summary: {output}")
    summary = json.loads(rest.splitlines()[0])
    done = summary["requests"] - summary["refused"]
    return Sample(
        per_second=done / (summary["microseconds"] / 1e6),
        p50=summary["p50"] / 1000,
        p90=summary["p90"] / 1000,
        p99=summary["p99"] / 1000,
        cpu_seconds_per_million=cpu_seconds / done * 1e6 if done else float("inf"),
        refused=summary["refused"],
        broken=summary["broken"],
    )


class Wrk:
    """Runs wrk on the load's cores."""

    def __init__(self, layout: Layout, connections: int = 32) -> None:
        self._layout = layout
        self._connections = connections

    def run(self, contestant: Contestant, requests: Sequence[Request], seconds: float, connections: int | None = None) -> Sample:
        """Send the requests in turn for `seconds`."""
        texts = ",\n".join(map(_quote, contestant.on_the_wire(requests)))
        return self._run(contestant, f"requests = {{\n{texts}\n}}", seconds, connections or self._connections)

    def run_random_keys(self, contestant: Contestant, request: Request, key: str, pairs: int, seconds: float) -> Sample:
        """Send one request with another key each time: the last eight digits of `key` become any number below `pairs`."""
        [text] = contestant.on_the_wire([request])
        before, after = text.split(key[-8:].encode())
        names = f"before, after, pairs_count = {_quote(before)}, {_quote(after)}, {pairs}"
        return self._run(contestant, names, seconds, self._connections)

    def _run(self, contestant: Contestant, settings: str, seconds: float, connections: int) -> Sample:
        threads = min(len(self._layout.load), connections)
        with tempfile.TemporaryDirectory() as folder, running_on(self._layout.load):
            file = Path(folder, "requests.lua")
            file.write_text(f'{settings}\ndofile("{SCRIPT}")\n', encoding="latin-1")
            command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout=30s"]
            before = contestant.cpu_seconds()
            output = subprocess.run(
                [*command, f"--script={file}", f"http://{contestant.host}"], capture_output=True, text=True, check=True
            ).stdout
            return parse(output, contestant.cpu_seconds() - before)


def _quote(text: bytes) -> str:
    for character, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\r", "\\r"), ("\n", "\\n")):
        text = text.replace(character.encode(), escaped.encode())
    return f'"{text.decode("latin-1")}"'
