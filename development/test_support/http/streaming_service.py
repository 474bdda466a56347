"""The service of stub_streams, run as a process."""

import json
import re
import socket
import sys
from pathlib import Path

from test_support.processes import ROOT, ProcessUnderTest, reserve_port

PROGRAM = "{before}; from test_support.http import stub_streams; stub_streams.main({arguments})"


class StreamingService(ProcessUnderTest):
    """Listens on 127.0.0.1. `before`: what its process executes first."""

    def __init__(self, folder: Path, *more: str, before: str = "pass", scheme: str = "http") -> None:
        self.port = reserve_port()
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        program = PROGRAM.format(before=before, arguments=", ".join((str(self.port), *more)))
        # Workers import the program of their supervisor.
        file = folder / "program.py"
        file.write_text(f"if __name__ == '__main__':\n    {program}\n")
        super().__init__([sys.executable, str(file)], {"PYTHONPATH": str(ROOT / "development")}, folder / "service.log")

    @property
    def memory(self) -> int:
        """Resident bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024

    def connect(self) -> socket.socket:
        """Return a connection to it."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def listens(self) -> bool:
        """Return whether it accepts connections."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def find_lines(self, route: str) -> list[dict[str, object]]:
        """Return the access log's lines of a route."""
        lines = [json.loads(line) for line in self.output.splitlines()]
        return [line for line in lines if line.get("route") == route]
