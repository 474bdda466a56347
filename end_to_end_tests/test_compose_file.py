"""The compose files have every setting of the services: with a value, or passed through from the environment."""

import re
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from authorization_service.config import Settings as AuthorizationSettings
from key_value_service.config import Settings as KeyValueSettings
from shared_kernel.config import ServiceSettings
from test_support.processes import ROOT

SERVICES: list[type[ServiceSettings]] = [AuthorizationSettings, KeyValueSettings]
# What differs behind HAProxy, with several Tarantools.
OF_THE_CLUSTER = (
    "ALLOWED_ORIGINS",
    "ISSUER",
    "ROOT_PATH",
    "SHUTDOWN_DELAY_SECONDS",
    "TARANTOOL_ADDRESSES",
    "TARANTOOL_HOST",
    "TRUSTED_PROXIES",
)


def service_of(file: str, service: str) -> dict[str, Any]:
    """Return a service in a compose file."""
    found: dict[str, Any] = yaml.safe_load((ROOT / file).read_text())["services"][service]
    return found


def environment_of(file: str, service: str) -> dict[str, Any]:
    """Return the settings of a service in a compose file."""
    environment: dict[str, Any] = service_of(file, service)["environment"]
    return environment


def test_compose_file_has_exactly_the_settings_of_the_services() -> None:
    compose_file = (ROOT / "docker-compose.yml").read_text()
    named = set(re.findall(r"^ +((?:AUTHORIZATION|KEY_VALUE)_[A-Z_]+):", compose_file, re.MULTILINE))
    assert named == {service.variable(field) for service in SERVICES for field in service.model_fields}


@pytest.mark.parametrize("service", ["authorization_service", "key_value_service"])
def test_telemetry_is_set_from_outside(service: str) -> None:
    environment = environment_of("docker-compose.yml", service)
    listed = set(re.findall(r"^# (OTEL_\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert listed
    assert {name: environment.get(name, "absent") for name in listed} == dict.fromkeys(listed)


@pytest.mark.parametrize("service", ["authorization_service", "key_value_service"])
def test_the_cluster_has_the_settings_of_the_single_services(service: str) -> None:
    single = environment_of("docker-compose.yml", service)
    for number in (1, 2):
        of_the_cluster = environment_of("docker-compose.cluster.yml", f"{service}_{number}")
        assert set(of_the_cluster) == set(single)
        differing = {name for name, value in single.items() if of_the_cluster[name] != value}
        assert {name for name in differing if not name.endswith(OF_THE_CLUSTER)} == set()


@pytest.mark.parametrize("kind", ["authorization", "key_value"])
def test_the_cluster_has_the_settings_of_the_single_tarantools(kind: str) -> None:
    single = environment_of("docker-compose.yml", f"{kind}_tarantool")
    for number in (1, 2, 3):
        assert single.items() <= environment_of("docker-compose.cluster.yml", f"{kind}_tarantool_{number}").items()


def test_the_cluster_is_backed_up_as_the_single_tarantools_are() -> None:
    single, of_the_cluster = (service_of(f"docker-compose{file}.yml", "backup") for file in ("", ".cluster"))
    for part in ("command", "environment", "healthcheck", "profiles"):
        assert of_the_cluster[part] == single[part]
    assert [volume.replace("_data_1:", "_data:") for volume in of_the_cluster["volumes"]] == single["volumes"]
