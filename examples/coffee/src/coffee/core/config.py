"""Settings: environment variables that begin with `COFFEE_`, or a file `.env`."""

from pathlib import Path

from pydantic import Field, RedisDsn, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where everything is, as whom the application uses it, and how tasks are queued. Times are seconds."""

    model_config = SettingsConfigDict(env_prefix="COFFEE_", env_file=".env", env_ignore_empty=True, extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(8001, ge=0, le=65535)
    store_url: str = "http://127.0.0.1:9080"
    authorization_url: str = "http://127.0.0.1:8080"
    client_id: str = "coffee"
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    store_wait_seconds: float = Field(30.0, ge=0, le=600)
    namespace: str = "coffee"
    token_seconds: float = Field(5.0, ge=0, le=60)
    redis_url: RedisDsn = RedisDsn("redis://127.0.0.1:6379/0")
    queue: str = "coffee"
    visibility_seconds: int = Field(60, ge=1)
    resend_seconds: float = Field(60.0, ge=0.1)
    recipients_at_once: int = Field(100, ge=1, le=1000)
    worker_concurrency: int = Field(2, ge=1, le=100)
    worker_alive_file: Path | None = None

    def read_client_secret(self) -> str:
        """Return the secret of the service account. Raises ValueError if there is none."""
        if self.client_secret is not None:
            return self.client_secret.get_secret_value()
        if self.client_secret_file is None:
            raise ValueError("Set COFFEE_CLIENT_SECRET_FILE to the file with the secret of the service account.")
        return self.client_secret_file.read_text(encoding="utf-8").strip()
