"""Settings that both services have."""

import sys
from pathlib import Path
from typing import Self

from pydantic import Field, PositiveInt, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared_kernel.infrastructure.tarantool import TarantoolAddress
from shared_kernel.presentation.http.telemetry.metrics import MetricsAddress
from shared_kernel.presentation.logging import LogLevel

BROKEN_SETTING = 78  # exit status EX_CONFIG of sysexits.h


class ServiceSettings(BaseSettings):
    """Read from the environment and from `.env` in the working folder; the environment wins."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    host: str = Field("127.0.0.1", min_length=1, description="Address that the HTTP interface listens on")
    port: int
    log_level: LogLevel = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    max_body_bytes: PositiveInt = Field(8 * 1024 * 1024, description="Bytes that a request's body may have")
    max_requests_under_way: PositiveInt = Field(
        512, description="Requests with a body that a worker works on at the same time; who comes on top gets 503"
    )
    workers: PositiveInt = Field(1, le=256, description="Processes that share the port")
    metrics_host: str = Field("127.0.0.1", min_length=1, description="Address that the metrics are told on")
    metrics_port: int = Field(
        0, ge=0, le=65535, description="TCP port of GET /metrics, the first of as many as there are workers; 0: there is none"
    )
    tarantool_host: str = Field("127.0.0.1", min_length=1, description="Address of the service's Tarantool")
    tarantool_port: int
    tarantool_password_file: Path

    @property
    def metrics(self) -> MetricsAddress | None:
        """Where metrics are told, if they are."""
        return MetricsAddress(self.metrics_host, self.metrics_port, self.workers) if self.metrics_port else None

    @classmethod
    def load(cls) -> Self:
        """Return the settings, or end the process with a line for each broken one; no line shows a value."""
        try:
            return cls()
        except ValidationError as error:
            for problem in error.errors(include_input=False, include_url=False):
                name = cls.variable("_".join(str(part) for part in problem["loc"]))
                sys.stderr.write(f"broken setting {name}: {problem['msg']}\n")
            sys.exit(BROKEN_SETTING)

    @classmethod
    def variable(cls, field: str) -> str:
        """Return the environment variable that a setting is read from."""
        return f"{cls.model_config.get('env_prefix', '')}{field}".upper()

    def tarantool_address(self, user: str) -> TarantoolAddress:
        """Return where the service's Tarantool is."""
        return TarantoolAddress(self.tarantool_host, self.tarantool_port, user, self.tarantool_password_file)
