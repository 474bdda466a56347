"""Settings, from the environment and `.env`. `.env.example` explains them."""

import ssl
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt
from pydantic_settings import SettingsConfigDict

from shared_kernel.config import AllowedOrigins, HttpPort, MetricsPort, ServiceSettings, TarantoolPasswordFile, TarantoolPort


def _check_authorities(path: str) -> str:
    if not path:
        return path
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError) as error:
        raise ValueError("must be a file with certificates (PEM)") from error
    return path


class Settings(ServiceSettings):
    """The settings of key_value_service."""

    model_config = SettingsConfigDict(env_prefix="KEY_VALUE_")

    port: HttpPort = 9080
    metrics_port: MetricsPort = 9081
    allowed_origins: AllowedOrigins = ""
    console_directory: str = Field(
        "console/dist",
        description="Folder of the built console, which is served at /console/; empty, or without a console in it: none",
    )
    tarantool_port: TarantoolPort = 3302
    tarantool_password_file: TarantoolPasswordFile = Path("var/secrets/key_value_tarantool_password")
    issuer: str = Field("http://127.0.0.1:8080", min_length=1, description="Required `iss` of access tokens")
    audience: str = Field("key_value_service", min_length=1, description="Required `aud` of access tokens")
    jwks_url: str = Field(
        "http://127.0.0.1:8080/.well-known/jwks.json",
        pattern=r"^https?://",
        description="URL of the authorization service's public keys",
    )
    jwks_refresh_seconds: PositiveFloat = Field(60.0, description="Seconds between two fetches of the public keys")
    jwks_pause_seconds: PositiveFloat = Field(
        5.0, description="Minimum seconds between two fetches, however many tokens name unknown keys"
    )
    revocations_url: str = Field(
        "http://127.0.0.1:8080/revocations",
        pattern=r"^https?://",
        description="URL of the authorization service's feed of revocations",
    )
    token_url: str = Field(
        "http://127.0.0.1:8080/token",
        pattern=r"^https?://",
        description="URL where this service's account gets the access token for the feed",
    )
    authorization_ca_file: Annotated[str, AfterValidator(_check_authorities)] = Field(
        "",
        description="PEM file of the authorities, one of which the authorization service's certificate must be from; empty: those"
        " that browsers know",
    )
    client_id: str = Field("key_value_service", min_length=1, description="Client id of that account")
    client_secret_file: Path = Field(
        Path("var/secrets/key_value_client_secret"),
        description="File with that account's client secret: AUTHORIZATION_KEY_VALUE_CLIENT_SECRET_FILE",
    )
    revocations_tolerated_seconds: PositiveFloat = Field(
        60.0, description="Seconds for which the feed may be unavailable before the service is degraded"
    )
    revocations_required: bool = Field(
        False, description="Whether access tokens are rejected while the feed is unavailable for longer, or not read yet"
    )
    idempotency_seconds: int = Field(
        600, ge=1, le=86400, description="Seconds for which a repeated request with an idempotency key gets the first answer"
    )
    stale_seconds: PositiveFloat = Field(
        5.0,
        description="Seconds by which a response to a read with consistency=stale may be behind; where no other instance of"
        " Tarantool is that close, the leader answers",
    )
    remembered_tokens: PositiveInt = Field(10000, description="Number of verified access tokens that a process remembers")
