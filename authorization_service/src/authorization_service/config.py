"""Settings, from the environment and `.env`. `.env.example` explains each."""

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, HttpUrl, PositiveInt, TypeAdapter, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from authorization_service.application.client.console import find_violations_of_console
from authorization_service.domain.value_objects.allowed_addresses import AllowedAddresses
from authorization_service.domain.value_objects.rights import MAX_GRANTS, MAX_SCOPE
from shared_kernel.config import (
    AllowedOrigins,
    HttpPort,
    MaxBodyBytes,
    MetricsPort,
    ServiceSettings,
    TarantoolPasswordFile,
    TarantoolPort,
)
from shared_kernel.domain.grants import Grant
from shared_kernel.domain.rules import RulesBrokenError

_url = TypeAdapter(HttpUrl)


def _check_grants(text: str) -> str:
    try:
        grants = {Grant.parse(part) for part in text.split()}
    except RulesBrokenError as error:
        raise ValueError(str(error)) from None
    if len(grants) > MAX_GRANTS or len(text) > MAX_SCOPE:
        raise ValueError(f"at most {MAX_GRANTS} grants of {MAX_SCOPE} characters in all")
    return text


def _check_networks(text: str) -> str:
    AllowedAddresses.parse(text)
    return text


def _check_origin(text: str) -> str:
    if text and not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]+)?", text):
        raise ValueError("an origin, such as https://id.example.org, in lower case and without a path")
    return text


def _check_consoles(text: str) -> str:
    for address in text.split():
        broken = next(find_violations_of_console(address), None)
        if broken is not None:
            raise ValueError(broken.message)
    return text


class Settings(ServiceSettings):
    """The settings of authorization_service."""

    model_config = SettingsConfigDict(env_prefix="AUTHORIZATION_")

    # Anybody may send one, and as many at once as there are connections; the longest that makes sense is a patch of a profile.
    max_body_bytes: MaxBodyBytes = 128 * 1024
    port: HttpPort = 8080
    metrics_port: MetricsPort = 8081
    tarantool_port: TarantoolPort = 3301
    tarantool_password_file: TarantoolPasswordFile = Path("var/secrets/authorization_tarantool_password")
    issuer: str = Field(
        "http://127.0.0.1:8080",
        min_length=1,
        validate_default=True,
        description="`iss` of access tokens: this service's own address",
    )
    audience: str = Field("key_value_service", min_length=1, description="`aud` of access tokens: the service that they are for")
    access_token_seconds: PositiveInt = Field(900, le=86400, description="Lifetime of an access token in seconds")
    session_idle_seconds: PositiveInt = Field(
        30 * 86400, le=3650 * 86400, description="Seconds after which a session ends unless its refresh token is used"
    )
    session_seconds: PositiveInt = Field(90 * 86400, le=3650 * 86400, description="Maximum lifetime of a session in seconds")
    browser_session_seconds: PositiveInt = Field(
        12 * 3600, le=365 * 86400, description="Seconds after which a user that has signed in at the page has to do so again"
    )
    refresh_grace_seconds: int = Field(
        10,
        ge=0,
        le=3600,
        description="Seconds after its first use for which a refresh token yields its successor again; 0: it works strictly once",
    )
    sessions_per_user: PositiveInt = Field(
        100, le=1000, description="Maximum sessions per user; beyond it, the least recently used one is ended"
    )
    certificates_directory: Path = Field(
        Path("var/authorization_service/certificates"),
        description="Folder of the signing keys (PEM); the first key is created on first start",
    )
    key_publication_seconds: int = Field(
        600,
        ge=3,
        le=30 * 86400,
        description="Seconds for which a new signing key is published before it signs; caches keep the key set for half as long",
    )
    factor_key_file: Path = Field(
        Path("var/authorization_service/factor_key"),
        description="File with the keys that secrets of authenticator apps are encrypted with, one a line; created if missing",
    )
    passkey_origin: Annotated[str, AfterValidator(_check_origin)] = Field(
        "",
        description="Origin of the pages at which passkeys are used, such as https://id.example.org; empty: that of the issuer",
    )
    key_value_client_secret_file: Path = Field(
        Path("var/secrets/key_value_client_secret"),
        description="File with the secret of key_value_service's account, shared by both services; created if missing",
    )
    # Those of key_value_service's /docs.
    allowed_origins: AllowedOrigins = "http://127.0.0.1:9080 http://localhost:9080"
    console_addresses: Annotated[str, AfterValidator(_check_consoles)] = Field(
        "http://127.0.0.1:9080/console/ http://localhost:9080/console/",
        description="Addresses of key_value_service's console, separated by spaces; its users sign in here. None if empty",
    )
    logout_networks: Annotated[str, AfterValidator(_check_networks)] = Field(
        "", description="Networks that are not public and that clients may be told of logouts in, separated by commas"
    )
    administrator_username: str = Field("admin", description="Username of the administrator that the first start creates")
    administrator_password_file: Path = Field(
        Path("var/authorization_service/administrator_password"),
        description="File with that administrator's initial password; created if missing",
    )
    registration: Literal["open", "closed"] = Field("open", description="Whether users may register themselves")
    new_user_grants: Annotated[str, AfterValidator(_check_grants)] = Field(
        "read:default write:default",
        description="Grants of a new user, separated by spaces as in the scope of a token; may be empty",
    )
    password_hashing_threads: PositiveInt = Field(2, le=64, description="Passwords hashed at the same time")
    password_hashing_queue: PositiveInt = Field(
        64, le=10000, description="Passwords that may wait to be hashed; further requests are rejected with 503 immediately"
    )
    free_attempts: PositiveInt = Field(
        10,
        le=1_000_000,
        description="Failed logins to one account from one address before further ones are delayed, longer each time",
    )
    attempts_per_account: int = Field(
        900, ge=2, le=1_000_000, description="Maximum failed logins to one account from all unfamiliar addresses in any hour"
    )
    attempts_per_address: int = Field(
        300, ge=2, le=1_000_000, description="Maximum failed logins from one address to all accounts in any hour"
    )

    @field_validator("issuer")
    @classmethod
    def _check_issuer(cls, issuer: str, info: ValidationInfo) -> str:
        # The pages' cookies, and what leads to the service, follow it.
        if info.data.get("tls_certificate_file") and not issuer.startswith("https://"):
            raise ValueError("must begin with https:// where the service has a certificate")
        return issuer

    @property
    def consoles(self) -> tuple[str, ...]:
        """The addresses of the console."""
        return tuple(self.console_addresses.split())

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins whose pages may use the service: the allowed ones and those of the console."""
        consoles = (f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, self.consoles))
        return tuple(dict.fromkeys((*self.allowed_origins.split(), *consoles)))
