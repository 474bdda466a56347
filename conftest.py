"""Fixtures for all tests: real Tarantools and services, started once and shared by tests that do not stop them."""

import os
import signal
import ssl
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, settings

# Before they are imported: their failed assertions show values, as those of test modules do.
pytest.register_assert_rewrite("test_support", "verification")

from test_support.processes import Service, Tarantool, reserve_port  # noqa: E402
from test_support.tokens import TokenMaker, publish_keys  # noqa: E402

pytest_plugins = ["test_support.no_skips"]

# pytest names test modules after their folders (`shared_kernel.tests.unit.test_rules`) and would make empty packages of the
# first part of these names, were the real ones not imported before.
for _package in ("shared_kernel", "authorization_service", "key_value_service", "key_value_client", "tarantool_backup"):
    import_module(_package)

# Each client of httpx would load all certificates again, which takes longer than most tests.
setattr(ssl, "create_default_context", cache(ssl.create_default_context))  # noqa: B010 - mypy has no word for it

# In the background of a script this process, and all that it starts, would ignore SIGINT, which tests send.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A slow machine must not fail a test.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("deep", settings.get_profile("patient"), max_examples=1000)
settings.load_profile("patient")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run more workers than there are cores: tests wait a good part of their time, for starts, expiries and timeouts."""
    return len(os.sched_getaffinity(0)) + 2


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name binary parameters by their argument: gzip has the time in it, and every process must find the same tests."""
    return argname if isinstance(val, bytes) and not val.isascii() else None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--examples", type=int, default=25, help="maximum number of requests that schemathesis generates for each operation"
    )


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="session")
def authorization_tarantool(run_folder: Path) -> Iterator[Tarantool]:
    with Tarantool("authorization", run_folder / "authorization_tarantool") as tarantool:
        yield tarantool


@pytest.fixture(scope="session")
def key_value_tarantool(run_folder: Path) -> Iterator[Tarantool]:
    # All tests' pairs stay, and large values fragment memory.
    with Tarantool("key_value", run_folder / "key_value_tarantool", TARANTOOL_MEMTX_MEMORY=str(2**30)) as tarantool:
        yield tarantool


@pytest.fixture(scope="session")
def tokens() -> TokenMaker:
    """Signs tokens with the key that the key-value service under test trusts."""
    return TokenMaker()


@pytest.fixture(scope="session")
def jwks_url(tokens: TokenMaker) -> Iterator[str]:
    with publish_keys(tokens) as url:
        yield url


@pytest.fixture(scope="session")
def authorization_service(run_folder: Path) -> Iterator[Service]:
    # It has a Tarantool of its own: tests of repositories change the data that the service needs.
    folder = run_folder / "authorization_service"
    port = reserve_port()
    settings = {"AUTHORIZATION_PASSKEY_ORIGIN": f"http://localhost:{port}"}
    with (
        Tarantool("authorization", folder / "tarantool") as tarantool,
        Service("authorization", folder, tarantool, port=port, **settings) as service,
    ):
        yield service.wait_until_ready()


@pytest.fixture(scope="session")
def key_value_service(run_folder: Path, key_value_tarantool: Tarantool, jwks_url: str) -> Iterator[Service]:
    """A key-value service that trusts the tests' key."""
    with Service("key_value", run_folder / "key_value_service", key_value_tarantool, KEY_VALUE_JWKS_URL=jwks_url) as service:
        yield service.wait_until_ready()


@pytest.fixture
def authorization(authorization_service: Service) -> Iterator[httpx.Client]:
    """A client of the authorization service."""
    with httpx.Client(base_url=authorization_service.url, trust_env=False, timeout=10) as client:
        yield client


@pytest.fixture
def key_value(key_value_service: Service, tokens: TokenMaker) -> Iterator[httpx.Client]:
    """A client of the key-value service, with a valid token."""
    with httpx.Client(
        base_url=key_value_service.url,
        headers={"Authorization": f"Bearer {tokens.make()}"},
        trust_env=False,
        timeout=10,
    ) as client:
        yield client
