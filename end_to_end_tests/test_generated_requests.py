"""Thousands of requests, made from the services' OpenAPI documents by schemathesis, with all its checks.

No answer is a server error or one that the document does not tell of; what a schema allows is accepted, what it forbids refused.
They are the same requests each time; `pytest end_to_end_tests/test_generated_requests.py --examples 1000` makes many more.
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
SECONDS_AN_EXAMPLE = 20  # of all operations together; a machine at rest takes less than one

pytestmark = pytest.mark.timeout(0)  # schemathesis is given its time below


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
    print(finished.stdout[finished.stdout.index(" SUMMARY ") :])  # noqa: T201 - `pytest -s` shows how much was tried


@pytest.fixture
def examples(pytestconfig: pytest.Config) -> int:
    """How many examples schemathesis makes of an operation, at most."""
    examples: int = pytestconfig.getoption("--examples")
    return examples


@pytest.fixture
def authorization_service(tmp_path: Path) -> Iterator[Service]:
    """A service of its own: no other test is served while passwords are guessed at, and guessers do not have to wait."""
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
    """A service of its own: what is made up here would be found by other tests."""
    with (
        Tarantool("key_value", tmp_path / "tarantool") as tarantool,
        Service("key_value", tmp_path / "service", tarantool, KEY_VALUE_JWKS_URL=jwks_url) as service,
    ):
        yield service.wait_until_ready()


def test_the_authorization_service_does_what_its_document_says(authorization_service: Service, examples: int) -> None:
    folder = authorization_service.log.parent / "var/authorization_service"
    password = (folder / "administrator_password").read_text().strip()
    run_schemathesis(authorization_service, examples, password=password)


def test_the_key_value_service_does_what_its_document_says(key_value_service: Service, tokens: TokenMaker, examples: int) -> None:
    run_schemathesis(key_value_service, examples, token=tokens.make(scope="admin:*"))
