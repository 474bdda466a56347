"""Settings that both services have."""

import sys
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, PositiveInt, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared_kernel.infrastructure.tarantool_address import TarantoolAddress, TarantoolLogin, parse_addresses
from shared_kernel.presentation.http.application.cors import check_origins
from shared_kernel.presentation.http.routing.client_address import TrustedProxies
from shared_kernel.presentation.http.routing.forwarded import PATH_PATTERN
from shared_kernel.presentation.http.server.tls import CertificateUnusableError, TlsFiles
from shared_kernel.presentation.http.telemetry.metrics_address import MetricsAddress
from shared_kernel.presentation.logging import LogLevel

BROKEN_SETTING = 78  # exit status EX_CONFIG of sysexits.h

# Types of the settings whose defaults each service declares.
HttpPort = Annotated[int, Field(ge=1, le=65535, description="TCP port of the HTTP interface")]
MetricsPort = Annotated[int, Field(ge=0, le=65535, description="TCP port of GET /metrics, for all workers; 0: no metrics")]
MaxBodyBytes = Annotated[PositiveInt, Field(description="Maximum size of a request body in bytes")]
AllowedOrigins = Annotated[
    str,
    AfterValidator(check_origins),
    Field(description="Origins, separated by spaces, whose pages may use the service from a browser; *: all"),
]
TarantoolPort = Annotated[int, Field(ge=1, le=65535, description="TCP port of the service's Tarantool")]
TarantoolPasswordFile = Annotated[
    Path, Field(description="File with the password that the service and its Tarantool share; Tarantool makes it")
]


def _check_proxies(text: str) -> str:
    TrustedProxies.parse(text)
    return text


def _check_addresses(text: str) -> str:
    parse_addresses(text)
    return text


class ServiceSettings(BaseSettings):
    """Read from the environment and from `.env` in the working folder; the environment wins."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    host: str = Field("127.0.0.1", min_length=1, description="Address that the HTTP interface listens on")
    port: HttpPort
    metrics_port: MetricsPort
    tls_certificate_file: str = Field(
        "",
        description="PEM file of the certificate that the HTTP interface has, with those of the authorities in between behind it;"
        " empty: HTTP without TLS",
    )
    tls_key_file: str = Field("", description="PEM file of that certificate's key; empty: it is in the certificate's file")
    hsts_seconds: int = Field(
        0,
        ge=0,
        le=10 * 365 * 86400,
        description="Seconds for which browsers use https alone for the host, all of its ports; 0: they are told nothing",
    )
    log_level: LogLevel = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    max_body_bytes: MaxBodyBytes = 8 * 1024 * 1024
    max_requests_under_way: PositiveInt = Field(
        512,
        description="Requests with a body that a worker handles at the same time; further requests wait for 0.1 to 0.5"
        " seconds, by how fast the others are done, then are rejected with 503",
    )
    workers: PositiveInt = Field(1, le=256, description="Processes that share the port")
    shutdown_delay_seconds: float = Field(
        0.0,
        ge=0,
        le=600,
        allow_inf_nan=False,
        description="Seconds after SIGTERM for which the service is not ready but still serves, before it drains and ends",
    )
    metrics_host: str = Field("127.0.0.1", min_length=1, description="Address that GET /metrics listens on")
    backup_status_file: str = Field(
        "",
        description="File that the command `backup` touches; readiness names `backup` once that is too long ago; empty: never",
    )
    backup_max_age_seconds: float = Field(
        93_600.0, gt=0, allow_inf_nan=False, description="Seconds after which the last backup is too long ago"
    )
    tarantool_host: str = Field("127.0.0.1", min_length=1, description="Address of the service's Tarantool")
    tarantool_port: TarantoolPort
    tarantool_addresses: Annotated[str, AfterValidator(_check_addresses)] = Field(
        "",
        description="HOST:PORT of each Tarantool of the service, separated by commas, where there are several; the service finds"
        " the leader. Empty: the one at the host and port",
    )
    tarantool_wait_seconds: float = Field(
        2.0, gt=0, le=30, description="Seconds for which a request waits for a Tarantool to execute it, before it gets 503"
    )
    tarantool_password_file: TarantoolPasswordFile

    root_path: str = Field(
        "", pattern=PATH_PATTERN, description="Path that a proxy publishes the service under, such as /kv; empty: at the root"
    )
    trusted_proxies: Annotated[str, AfterValidator(_check_proxies)] = Field(
        "", description="Networks of proxies, separated by commas, whose X-Forwarded-… and Forwarded are trusted"
    )

    @field_validator("tls_key_file")
    @classmethod
    def _check_key_file(cls, path: str, info: ValidationInfo) -> str:
        if path and not info.data.get("tls_certificate_file"):
            raise ValueError(f"there is no {cls.variable('tls_certificate_file')} that the key could be of")
        return path

    @property
    def proxies(self) -> TrustedProxies:
        """The proxies in front of the service."""
        return TrustedProxies.parse(self.trusted_proxies, self.root_path)

    @property
    def metrics(self) -> MetricsAddress | None:
        """Where metrics are served, or None."""
        return MetricsAddress(self.metrics_host, self.metrics_port) if self.metrics_port else None

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

    def find_tls(self) -> TlsFiles | None:
        """Return the certificate, or None without TLS; end the process with a line if it cannot be used."""
        if not self.tls_certificate_file:
            return None
        files = TlsFiles(Path(self.tls_certificate_file), Path(self.tls_key_file) if self.tls_key_file else None)
        try:
            files.load()
        except CertificateUnusableError as error:
            sys.stderr.write(f"broken setting {self.variable('tls_certificate_file')}: {error}\n")
            sys.exit(BROKEN_SETTING)
        return files

    @classmethod
    def variable(cls, field: str) -> str:
        """Return the environment variable that a setting is read from."""
        return f"{cls.model_config.get('env_prefix', '')}{field}".upper()

    def tarantool_login(self, user: str) -> TarantoolLogin:
        """Return where the service's Tarantools are, to log in as `user`."""
        addresses = parse_addresses(self.tarantool_addresses) or (TarantoolAddress(self.tarantool_host, self.tarantool_port),)
        return TarantoolLogin(addresses, user, self.tarantool_password_file, self.tarantool_wait_seconds)

    def describe_tarantool(self) -> str:
        """Return where the service's Tarantools are, with the names of the settings that say so."""
        if self.tarantool_addresses:
            return f"{self.tarantool_addresses} ({self.variable('tarantool_addresses')})"
        names = f"{self.variable('tarantool_host')}, {self.variable('tarantool_port')}"
        return f"{self.tarantool_host}:{self.tarantool_port} ({names})"
