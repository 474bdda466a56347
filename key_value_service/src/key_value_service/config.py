"""Settings, from the environment and `.env`. `.env.example` explains each."""

from pathlib import Path

from pydantic import Field, PositiveFloat, PositiveInt
from pydantic_settings import SettingsConfigDict

from shared_kernel.config import HttpPort, ServiceSettings, TarantoolPasswordFile, TarantoolPort


class Settings(ServiceSettings):
    """The settings of key_value_service."""

    model_config = SettingsConfigDict(env_prefix="KEY_VALUE_")

    port: HttpPort = 9080
    tarantool_port: TarantoolPort = 3302
    tarantool_password_file: TarantoolPasswordFile = Path("var/secrets/key_value_tarantool_password")
    issuer: str = Field("http://127.0.0.1:8080", min_length=1, description="`iss` that access tokens must have")
    audience: str = Field("key_value_service", min_length=1, description="`aud` that access tokens must have")
    jwks_url: str = Field(
        "http://127.0.0.1:8080/.well-known/jwks.json",
        pattern=r"^https?://",
        description="Where the authorization service publishes its public keys",
    )
    jwks_refresh_seconds: PositiveFloat = Field(60.0, description="Seconds between two fetches of the public keys")
    jwks_pause_seconds: PositiveFloat = Field(
        5.0, description="Least seconds between two fetches, however many unknown keys tokens name"
    )
    revocations_url: str = Field(
        "http://127.0.0.1:8080/revocations",
        pattern=r"^https?://",
        description="Where the authorization service tells which access tokens are revoked",
    )
    token_url: str = Field(
        "http://127.0.0.1:8080/token",
        pattern=r"^https?://",
        description="Where this service's own account gets the access token for that",
    )
    client_id: str = Field("key_value_service", min_length=1, description="Id of that account")
    client_secret_file: Path = Field(
        Path("var/secrets/key_value_client_secret"),
        description="File with that account's secret: AUTHORIZATION_KEY_VALUE_CLIENT_SECRET_FILE",
    )
    revocations_tolerated_seconds: PositiveFloat = Field(
        60.0, description="Seconds for which revocations may be out of reach before the service is degraded"
    )
    revocations_required: bool = Field(
        False, description="Whether no token is believed while they are out of reach for longer, or not known yet"
    )
    remembered_tokens: PositiveInt = Field(10000, description="How many verified access tokens a process remembers")
