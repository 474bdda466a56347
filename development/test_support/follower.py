"""A Tarantool under test that replicates another one, as 2.6 can: asynchronously, and without elections."""

from pathlib import Path

from test_support.administration import administer, lead
from test_support.processes import ROOT, Tarantool

_USER = _PASSWORD = "replica"


class Follower(Tarantool):
    """A replica of a running Tarantool, which it follows until it is promoted."""

    def __init__(self, leader: Tarantool, folder: Path) -> None:
        address = f"127.0.0.1:{leader.port}"
        instance = leader.user.removesuffix("_service")
        super().__init__(
            instance,
            folder,
            TARANTOOL_PASSWORD_FILE=str(leader.password_file),
            REPLICATION=f"{_USER}:{_PASSWORD}@{address}",
            LEADER=address,
        )
        script = ROOT / "tarantool_infra" / f"{instance}_tarantool" / "init.lua"
        self._command = [self.program, str(Path(__file__).parent / "follower.lua"), str(script)]

    def promote(self) -> None:
        """Make it the leader; nobody else may be one any more."""
        administer(self, "box.cfg{replication = {}, read_only = false}")
        lead(self)


def allow_replication(leader: Tarantool) -> None:
    """Let others replicate a Tarantool."""
    administer(leader, f"box.schema.user.create('{_USER}', {{password = '{_PASSWORD}'}})")
    administer(leader, f"box.schema.user.grant('{_USER}', 'replication')")
