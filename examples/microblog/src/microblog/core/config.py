"""Settings: environment variables that begin with `MICROBLOG_`, or a file `.env`."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where the services are, as whom the application uses them, and what it allows."""

    model_config = SettingsConfigDict(env_prefix="MICROBLOG_", env_file=".env", env_ignore_empty=True, extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    store_url: str = "http://127.0.0.1:9080"
    authorization_url: str = "http://127.0.0.1:8080"
    client_id: str = "microblog"
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    namespace: str = "microblog"
    media_storage: Literal["store", "disk"] = "store"
    media_folder: Path = Path("var/microblog/media")
    max_media_bytes: int = Field(1_000_000, ge=1, le=1_048_576)
    token_seconds: float = Field(5.0, ge=0, le=60)
    """For so long the answer about a token is used again: a revoked one is refused after that."""

    def read_client_secret(self) -> str:
        """Return the secret of the service account. Raises ValueError if there is none."""
        if self.client_secret is not None:
            return self.client_secret.get_secret_value()
        if self.client_secret_file is None:
            raise ValueError("Set MICROBLOG_CLIENT_SECRET_FILE to the file with the secret of the service account.")
        return self.client_secret_file.read_text(encoding="utf-8").strip()
