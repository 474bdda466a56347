"""Thousands of requests that schemathesis generates from the services' OpenAPI documents, with all its checks.

No response is a server error or undocumented; valid requests are accepted, invalid ones rejected. The requests are the same each
time; `pytest end_to_end_tests/test_generated_requests.py --examples 1000` generates many more.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from test_support.processes import ROOT, Service, Tarantool
from test_support.tokens import TokenMaker

FOLDER = ROOT / "end_to_end_tests"
SECONDS_AN_EXAMPLE = 20  # all operations together; an idle machine takes less than one

pytestmark = pytest.mark.timeout(0)  # schemathesis has its own timeout below


def run_schemathesis(service: Service, examples: int, *, password: str = "", token: str = "") -> None:
    """Print the summary. Raises AssertionError with the whole output if anything failed."""
    environment = {
        "SCHEMATHESIS_HOOKS": str(FOLDER / "schemathesis_hooks.py"),
        "ADMINISTRATOR_PASSWORD": password,
        "ACCESS_TOKEN": token,
        "NO_PROXY": "127.0.0.1",
    }
    finished = subprocess.run(
        [
            Path(sys.executable).parent / "schemathesis", "--config-file", FOLDER / "schemathesis.toml",
            "run", f"{service.url}/openapi.json", "--no-color", "--max-examples", str(examples),
        ],
        cwd=service.log.parent, env=os.environ | environment, timeout=60 + SECONDS_AN_EXAMPLE * examples,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stdout[-20_000:] + finished.stderr[-5000:]
    print(finished.stdout[finished.stdout.index(" SUMMARY ") :])  # noqa: T201 - `pytest -s` shows the counts


@pytest.fixture
def examples(pytestconfig: pytest.Config) -> int:
    """The maximum number of examples for each operation."""
    examples: int = pytestconfig.getoption("--examples")
    return examples


@pytest.fixture
def authorization_service(tmp_path: Path) -> Iterator[Service]:
    """A service of its own: password hashing would delay other tests, and attempts are not limited here."""
    with (
        Tarantool("authorization", tmp_path / "tarantool") as tarantool,
        Service(
            "authorization",
            tmp_path / "service",
            tarantool,
            AUTHORIZATION_FREE_ATTEMPTS="1000000",
            AUTHORIZATION_ATTEMPTS_PER_ACCOUNT="1000000",
            AUTHORIZATION_ATTEMPTS_PER_ADDRESS="1000000",
        ) as service,
    ):
        yield service.wait_until_ready()


@pytest.fixture
def key_value_service(tmp_path: Path, jwks_url: str) -> Iterator[Service]:
    """A service of its own: other tests would find the generated pairs."""
    with (
        Tarantool("key_value", tmp_path / "tarantool") as tarantool,
        Service("key_value", tmp_path / "service", tarantool, KEY_VALUE_JWKS_URL=jwks_url) as service,
    ):
        yield service.wait_until_ready()


def test_authorization_service_conforms_to_its_document(authorization_service: Service, examples: int) -> None:
    folder = authorization_service.log.parent / "var/authorization_service"
    password = (folder / "administrator_password").read_text().strip()
    run_schemathesis(authorization_service, examples, password=password)


def test_key_value_service_conforms_to_its_document(key_value_service: Service, tokens: TokenMaker, examples: int) -> None:
    run_schemathesis(key_value_service, examples, token=tokens.make(scope="admin:*"))
