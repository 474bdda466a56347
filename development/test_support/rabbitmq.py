"""A RabbitMQ of a test's own: the distribution's server, in a folder, on free ports."""

import socket
import subprocess
from pathlib import Path
from types import TracebackType

from test_support.processes import ProcessUnderTest, reserve_port, wait_until

PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server"
START_SECONDS = 180.0


class RabbitMQ(ProcessUnderTest):
    """Started when it accepts connections. Its data survive a kill."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self._epmd_port = reserve_port(), reserve_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/"
        environment = {
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"test{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(reserve_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        super().__init__([PROGRAM], environment, folder / "rabbitmq.log")

    def start(self) -> "RabbitMQ":
        super().start()
        wait_until(self._accepts, "RabbitMQ", START_SECONDS)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        super().__exit__(kind, error, traceback)
        # The port mapper is a daemon, which RabbitMQ starts and leaves.
        subprocess.run(["epmd", "-port", str(self._epmd_port), "-kill"], capture_output=True, check=False)

    def _accepts(self) -> bool:
        assert self.is_running(), self.output
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                connection.settimeout(5)
                return bool(connection.recv(1))
        except OSError:
            return False
