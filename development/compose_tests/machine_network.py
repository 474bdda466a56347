"""Undo what a Docker engine changes in the machine's network."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILTERS = ("iptables", "ip6tables")
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
DEFAULT_BRIDGE = Path("/sys/class/net/docker0")


@contextmanager
def network_left_as_found() -> Iterator[None]:
    """Remove the engine's bridge and rules and restore forwarding at the end. Changes by others meanwhile stay."""
    forwarding = FORWARDING.read_text()
    had_bridge = DEFAULT_BRIDGE.exists()
    rules = {name: _rules(name) for name in FILTERS}
    try:
        yield
    finally:
        if DEFAULT_BRIDGE.exists() and not had_bridge:
            subprocess.run(["ip", "link", "delete", DEFAULT_BRIDGE.name], check=False)
        for name, before in rules.items():
            _remove_rules(name, before)
        FORWARDING.write_text(forwarding)


def _rules(name: str) -> str:
    return subprocess.run([f"{name}-save"], stdout=subprocess.PIPE, text=True, check=True).stdout


def _remove_rules(name: str, before: str) -> None:
    if "docker" in before.lower():  # Of another engine or an earlier run: the rules cannot be told apart.
        return
    remaining = "".join(line for line in _rules(name).splitlines(keepends=True) if "docker" not in line.lower())
    if ":FORWARD DROP" not in before:
        remaining = remaining.replace(":FORWARD DROP", ":FORWARD ACCEPT")
    subprocess.run([f"{name}-restore"], input=remaining, text=True, check=True)
