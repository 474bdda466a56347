"""Settings that both services have."""

from pathlib import Path

from pydantic import Field, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared_kernel.infrastructure.tarantool import TarantoolAddress
from shared_kernel.presentation.logging import LogLevel


class ServiceSettings(BaseSettings):
    """Read from the environment and from `.env` in the working folder; the environment wins."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    host: str = Field("127.0.0.1", min_length=1, description="Address that the HTTP interface listens on")
    port: int
    log_level: LogLevel = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    max_body_bytes: PositiveInt = Field(8 * 1024 * 1024, description="Bytes that a request's body may have")
    tarantool_host: str = Field("127.0.0.1", min_length=1, description="Address of the service's Tarantool")
    tarantool_port: int
    tarantool_password_file: Path

    def tarantool_address(self, user: str) -> TarantoolAddress:
        """Return where the service's Tarantool is."""
        return TarantoolAddress(self.tarantool_host, self.tarantool_port, user, self.tarantool_password_file)
