"""Settings: environment variables, or a file `.env`."""

from pathlib import Path
from typing import Literal

from pydantic import AmqpDsn, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where everything is, and how the service logs."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    app_env: Literal["development", "production"] = "development"
    debug: bool = False
    log_dir: Path = Path("var/accounts/logs")
    host: str = "127.0.0.1"
    port: int = Field(8002, ge=0, le=65535)
    store_url: str = "http://127.0.0.1:9080"
    authorization_url: str = "http://127.0.0.1:8080"
    client_id: str = "accounts"
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    namespace: str = "accounts"
    rabbitmq_url: AmqpDsn = AmqpDsn("amqp://guest:guest@127.0.0.1:5672/")
    exchange: str = "accounts"

    def read_client_secret(self) -> str:
        """Return the secret of the service account. Raises ValueError if there is none."""
        if self.client_secret is not None:
            return self.client_secret.get_secret_value()
        if self.client_secret_file is None:
            raise ValueError("Set CLIENT_SECRET_FILE to the file with the secret of the service account.")
        return self.client_secret_file.read_text(encoding="utf-8").strip()
