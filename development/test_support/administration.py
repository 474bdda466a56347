"""What administrators do on an instance's machine."""

import os
import socket
import subprocess

from test_support.processes import ROOT, Tarantool

ADMIN_SOCKET = "admin.sock"
"""In the folder of the data. `cp` and `rsync` copy it, Python does not."""

_END = b"\n...\n"


def administer(server: Tarantool, line: str) -> str:
    """Run a line of Lua on the administrator's socket; return its answer as YAML. Raises AssertionError if it raises an error."""
    with socket.socket(socket.AF_UNIX) as console:
        # By a descriptor of its folder: the path of a socket has at most 107 bytes.
        folder = os.open(server.directory, os.O_RDONLY)
        try:
            console.connect(f"/proc/self/fd/{folder}/{ADMIN_SOCKET}")
        finally:
            os.close(folder)
        console.settimeout(60)
        console.sendall(line.encode() + b"\n")
        answer = b""
        while not answer.endswith(_END):
            received = console.recv(65536)
            assert received, answer
            answer += received
    text = answer.decode().partition("\n---")[2]
    assert "- error:" not in text, text
    return text


def run_cluster_command(server: Tarantool, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of tarantool_infra/cluster.lua for an instance."""
    return subprocess.run(
        [server.program, str(ROOT / "tarantool_infra/cluster.lua"), *arguments],
        env={"PATH": os.environ["PATH"], "TARANTOOL_DIRECTORY": str(server.directory)},
        capture_output=True,
        text=True,
        check=False,
    )


def lead(server: Tarantool) -> None:
    """Let a single instance answer."""
    administer(server, "require('common.leadership').assume('leader')")


def follow(server: Tarantool, leader: Tarantool | None = None) -> None:
    """Let a single instance refuse what a follower of that leader, or of an unknown one, does."""
    address = f"127.0.0.1:{leader.port}" if leader else ""
    administer(server, f"require('common.leadership').assume('follower', '{address}')")
