"""One version: what a distribution's pyproject.toml says, its command, API documentation and metrics say, too."""

import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest

from test_support.metrics import look_up
from test_support.processes import ROOT, Service, Tarantool, reserve_port

SERVICES = ["authorization", "key_value"]


def declared_version(distribution: str) -> str:
    version: str = tomllib.loads((ROOT / distribution / "pyproject.toml").read_text())["project"]["version"]
    return version


def run(service: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a service's console script with settings that it could not start with."""
    script = Path(sys.executable).parent / f"{service.replace('_', '-')}-service"
    environment = {f"{service.upper()}_PORT": "none"}
    return subprocess.run([script, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_distributions_have_the_same_version() -> None:
    assert (
        len(
            {
                declared_version(name)
                for name in ("shared_kernel", "authorization_service", "key_value_service", "key_value_client")
            }
        )
        == 1
    )


@pytest.mark.parametrize("service", SERVICES)
def test_command_shows_the_version_without_settings(service: str) -> None:
    finished = run(service, "--version")
    version = declared_version(f"{service}_service")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, f"{service.replace('_', '-')}-service {version}\n", "")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("argument", ["nonsense", "--nonsense"])
def test_unknown_argument_is_a_usage_error(service: str, argument: str) -> None:
    finished = run(service, argument)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.lower().startswith(f"usage: {service.replace('_', '-')}-service ")
    assert argument in finished.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_api_documentation_and_metrics_show_the_version(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    tarantool: Tarantool = request.getfixturevalue(f"{name}_tarantool")
    metrics_port = reserve_port()
    settings = {f"{name.upper()}_METRICS_PORT": str(metrics_port)}
    with Service(name, tmp_path, tarantool, port=reserve_port(), **settings) as service:
        service.wait_until_live()
        version = declared_version(f"{name}_service")
        assert httpx.get(f"{service.url}/openapi.json", trust_env=False).json()["info"]["version"] == version
        assert look_up(metrics_port, f"{name}_service_build_info", version=version) == 1
