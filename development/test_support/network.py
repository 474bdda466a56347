"""A network of several machines on this one, in which packets can be dropped. Needs root, ip and iptables."""

import os
import random
import subprocess
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

_HOST = 254


class Place(NamedTuple):
    """One of the machines: a network namespace."""

    namespace: str
    address: str

    @property
    def enter(self) -> list[str]:
        """The beginning of a command that runs there."""
        return ["ip", "netns", "exec", self.namespace]


class Network:
    """Machines at a switch, at which this process has the address `host`."""

    def __init__(self, machines: int) -> None:
        _remove_what_a_killed_run_has_left()
        subnet = f"10.{random.randint(64, 127)}.{random.randint(0, 255)}"  # noqa: S311 - another run's is another one
        self.host = f"{subnet}.{_HOST}"
        self._name = f"kv-{os.getpid()}"
        # In a namespace of its own: the firewall of this one does not concern it.
        self._switch = f"{self._name}-switch"
        self.places = [Place(f"{self._name}-{number}", f"{subnet}.{number}") for number in range(1, machines + 1)]

    def __enter__(self) -> Self:
        _ip("netns", "add", self._switch)
        _ip("-n", self._switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", self._switch, "link", "set", "bridge", "up")
        self._plug_in("host", self._name, [], self.host)
        for number, (namespace, address) in enumerate(self.places, 1):
            _ip("netns", "add", namespace)
            self._plug_in(f"port{number}", "eth0", ["-n", namespace], address)
            _ip("-n", namespace, "link", "set", "lo", "up")
        return self

    def _plug_in(self, port: str, device: str, there: list[str], address: str) -> None:
        _ip(*there, "link", "add", device, "type", "veth", "peer", "name", port, "netns", self._switch)
        _ip("-n", self._switch, "link", "set", port, "master", "bridge", "up")
        _ip(*there, "address", "add", f"{address}/24", "dev", device)
        _ip(*there, "link", "set", device, "up")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        _ip("link", "delete", self._name)  # at once: that of a namespace that is deleted goes later
        for place in self.places:
            _ip("netns", "delete", place.namespace)
        _ip("netns", "delete", self._switch)

    def drop(self, senders: Iterable[Place], receivers: Iterable[Place]) -> None:
        """Drop what the ones send to the others, but not what these answer."""
        for sender, receiver in product(senders, receivers):
            subprocess.run([*receiver.enter, "iptables", "-w", "-A", "INPUT", "-s", sender.address, "-j", "DROP"], check=True)

    def cut(self, ones: Iterable[Place], others: Iterable[Place]) -> None:
        """Drop everything between the ones and the others."""
        ones, others = list(ones), list(others)
        self.drop(ones, others)
        self.drop(others, ones)

    def heal(self) -> None:
        """Drop nothing any more."""
        for place in self.places:
            subprocess.run([*place.enter, "iptables", "-w", "-F", "INPUT"], check=True)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def _remove_what_a_killed_run_has_left() -> None:
    for namespace in Path("/run/netns").glob("kv-*-*"):
        if not Path(f"/proc/{namespace.name.split('-')[1]}").exists():
            _ip("netns", "delete", namespace.name)
