"""Each row of documentation/coming_from.md, on the other system and here: both then hold the same pairs."""

import json
import os
import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import httpx

from benchmarks.etcd import Etcd
from test_support.processes import ROOT, ProcessUnderTest, reserve_port, wait_until

from .conftest import Kv

PAGE = (ROOT / "documentation/coming_from.md").read_text()
VALUES = ("tea", "milk", "bread", "rolls", "anna", "hello")

Pairs = dict[str, str]
Shell = Callable[[str], str]


def find_rows(heading: str) -> list[tuple[str, str]]:
    """Return the commands of each row of the first table below a heading."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(.+?)` \| `(.+?)` \|", section, re.MULTILINE)
    assert rows
    return [(theirs.replace(r"\|", "|"), ours.replace(r"\|", "|")) for theirs, ours in rows]


def make_shell(folder: Path, environment: dict[str, str]) -> Shell:
    """Return a function that runs a command line, which must succeed, and returns what it writes."""

    def run(line: str) -> str:
        done = subprocess.run(
            ["bash", "-c", f"set -e; {line}"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        return done.stdout

    return run


def make_ours(kv: Kv, **environment: str) -> Shell:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return make_shell(kv.home, kv.environment | {"PATH": path} | environment)


def read_ours(kv: Kv) -> Pairs:
    """Return what the shell's namespace holds."""
    token = json.loads(kv.tokens.read_text())["access_token"]
    url = f"{kv.store.key_value.url}/namespaces/{kv.environment['KV_NAMESPACE']}/pairs"
    answer = httpx.get(url, headers={"Authorization": f"Bearer {token}"}, trust_env=False).raise_for_status()
    return {pair["key"]: str(pair["value"]) for pair in answer.json()["pairs"]}


def compare(rows: list[tuple[str, str]], theirs: Shell, ours: Shell, kv: Kv, read_theirs: Callable[[], Pairs]) -> None:
    """Run each row on both, and compare what is written of values and what is stored."""
    for left, right in rows:
        written, answered = theirs(left), ours(right)
        is_written_by_them = {value for value in VALUES if value in written}
        # What etcd writes as JSON is in base64.
        assert is_written_by_them <= {value for value in VALUES if value in answered}, (left, written, answered)
        assert read_ours(kv) == read_theirs(), (left, right)


def test_rows_of_etcd(kv: Kv, tmp_path: Path) -> None:
    with Etcd(tmp_path / "etcd") as etcd:
        environment = {"PATH": os.environ["PATH"], "ETCDCTL_API": "3", "ETCDCTL_ENDPOINTS": f"http://127.0.0.1:{etcd.port}"}
        theirs = make_shell(tmp_path, environment)

        def read() -> Pairs:
            pairs = json.loads(theirs('etcdctl get "" --prefix -w json')).get("kvs", [])
            return {b64decode(pair["key"]).decode(): b64decode(pair["value"]).decode() for pair in pairs}

        compare(find_rows("From etcd"), theirs, make_ours(kv), kv, read)


class Redis(ProcessUnderTest):
    """A Redis that keeps nothing, and `redis-cli` in a folder, which finds it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.port = reserve_port()
        super().__init__(["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", ""], {}, folder / "log")
        self.bin = folder / "bin"
        self.bin.mkdir()
        script = self.bin / "redis-cli"
        script.write_text(f'#!/bin/sh\nexec /usr/bin/redis-cli -p {self.port} "$@"\n')
        script.chmod(0o755)
        self.run = make_shell(folder, {"PATH": f"{self.bin}:{os.environ['PATH']}"})

    def read(self) -> Pairs:
        """Return what it holds."""
        return {key: self.run(f"redis-cli GET {key}").strip() for key in self.run("redis-cli --scan").split()}

    def wait_until_ready(self) -> None:
        """Return when it answers."""
        script = ["/usr/bin/redis-cli", "-p", str(self.port), "PING"]
        wait_until(lambda: b"PONG" in subprocess.run(script, capture_output=True, check=False).stdout, "Redis ready")


def test_rows_of_redis(kv: Kv, tmp_path: Path) -> None:
    with Redis(tmp_path / "redis") as redis:
        redis.wait_until_ready()
        compare(find_rows("From Redis"), redis.run, make_ours(kv), kv, redis.read)


def test_rows_of_redis_over_http(kv: Kv, tmp_path: Path) -> None:
    with Redis(tmp_path / "redis") as redis:
        redis.wait_until_ready()
        port = reserve_port()
        settings = {
            "redis_host": "127.0.0.1",
            "redis_port": redis.port,
            "http_host": "127.0.0.1",
            "http_port": port,
            "daemonize": False,
        }
        (tmp_path / "webdis.json").write_text(json.dumps(settings))
        with ProcessUnderTest(["webdis", str(tmp_path / "webdis.json")], {}, tmp_path / "webdis.log"):
            theirs = make_shell(tmp_path, {"PATH": os.environ["PATH"], "REST": f"http://127.0.0.1:{port}"})
            probe = ["curl", "-sf", f"http://127.0.0.1:{port}/PING"]
            wait_until(lambda: subprocess.run(probe, capture_output=True, check=False).returncode == 0, "webdis ready")
            token = json.loads(kv.tokens.read_text())["access_token"]
            namespace = kv.environment["KV_NAMESPACE"]
            rows = [
                (
                    left,
                    right.replace("/default/", f"/{namespace}/").replace(
                        '-d \'{"keys"', f'-d \'{{"namespace": "{namespace}", "keys"'
                    ),
                )
                for left, right in find_rows("From Redis over HTTP: webdis, Upstash")
            ]
            compare(rows, theirs, make_ours(kv, KV=kv.store.key_value.url, TOKEN=token), kv, redis.read)
