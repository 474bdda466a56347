from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from test_support.problems import read_problem
from test_support.processes import Service, Tarantool


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Tarantool]:
    with Tarantool("authorization", tmp_path / "tarantool") as tarantool:
        yield tarantool


def administrator(folder: Path) -> dict[str, str]:
    file = folder / "service/var/authorization_service/administrator_password"
    return {"username": "admin", "password": file.read_text().strip()}


def test_keys_administrator_and_users_survive_a_restart_of_everything(tmp_path: Path, database: Tarantool) -> None:
    with Service("authorization", tmp_path / "service", database) as service:
        service.wait_until_ready()
        token = httpx.post(f"{service.url}/login", json=administrator(tmp_path), trust_env=False).json()["access_token"]
        assert service.stop() == 0
        database.kill()
        database.start()
        service.start().wait_until_ready()
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.get(f"{service.url}/me", headers=headers, trust_env=False).json()["username"] == "admin"
        assert httpx.post(f"{service.url}/login", json=administrator(tmp_path), trust_env=False).is_success


def test_unavailable_tarantool_is_503_and_makes_the_service_not_ready(tmp_path: Path, database: Tarantool) -> None:
    with Service("authorization", tmp_path / "service", database) as service:
        service.wait_until_ready()
        login = administrator(tmp_path)
        database.kill()
        answer = httpx.post(f"{service.url}/login", json=login, trust_env=False, timeout=20)
        read_problem(answer, 503, "store-unavailable")
        assert answer.headers["retry-after"] == "1"
        ready = httpx.get(f"{service.url}/health/ready", trust_env=False)
        assert read_problem(ready, 503, "not-ready")["missing"] == ["tarantool"]
        database.start()
        assert httpx.post(f"{service.url}/login", json=login, trust_env=False, timeout=20).is_success


def test_service_started_before_tarantool_creates_the_administrator_later(tmp_path: Path) -> None:
    database = Tarantool("authorization", tmp_path / "tarantool")
    with Service("authorization", tmp_path / "service", database) as service:
        service.wait_until_live()
        ready = httpx.get(f"{service.url}/health/ready", trust_env=False)
        assert read_problem(ready, 503, "not-ready")["missing"] == [
            "tarantool",
            "administrator",
            "client",
            "first-party clients",
            "revocations",
            "signing keys",
        ]
        with database:
            service.wait_until_ready()
            assert httpx.post(f"{service.url}/login", json=administrator(tmp_path), trust_env=False).is_success


def test_two_services_on_one_tarantool_create_one_administrator(tmp_path: Path, database: Tarantool) -> None:
    password_file = str(tmp_path / "password")
    services = [
        Service(
            "authorization",
            tmp_path / name,
            database,
            AUTHORIZATION_ADMINISTRATOR_PASSWORD_FILE=password_file,
            AUTHORIZATION_CERTIFICATES_DIRECTORY=str(tmp_path / "certificates"),
        )
        for name in ("first", "second")
    ]
    with services[0] as first, services[1] as second:
        for service in (first, second):
            service.wait_until_ready()
        login = {"username": "admin", "password": Path(password_file).read_text().strip()}
        for service in (first, second):
            assert httpx.post(f"{service.url}/login", json=login, trust_env=False).is_success


def test_weak_administrator_password_is_reported_and_not_used(tmp_path: Path, database: Tarantool) -> None:
    password_file = tmp_path / "password"
    password_file.write_text("weak")
    service = Service(
        "authorization", tmp_path / "service", database, AUTHORIZATION_ADMINISTRATOR_PASSWORD_FILE=str(password_file)
    )
    with service:
        service.wait_until_live()
        assert "cannot make the administrator" in service.output
        ready = httpx.get(f"{service.url}/health/ready", trust_env=False)
        assert "administrator" in read_problem(ready, 503, "not-ready")["missing"]


def test_folder_without_a_usable_key_is_reported_in_one_line(tmp_path: Path, database: Tarantool) -> None:
    certificates = tmp_path / "certificates"
    certificates.mkdir()
    (certificates / "broken.pem").write_text("not a key")
    service = Service("authorization", tmp_path / "service", database, AUTHORIZATION_CERTIFICATES_DIRECTORY=str(certificates))
    assert service.start().wait() == 78
    assert service.output.startswith("broken setting AUTHORIZATION_CERTIFICATES_DIRECTORY: ")
    assert len(service.output.splitlines()) == 1


def test_logins_beyond_the_queue_are_rejected_immediately_and_the_rest_succeed(tmp_path: Path, database: Tarantool) -> None:
    service = Service(
        "authorization",
        tmp_path / "service",
        database,
        AUTHORIZATION_PASSWORD_HASHING_THREADS="1",
        AUTHORIZATION_PASSWORD_HASHING_QUEUE="2",
        AUTHORIZATION_FREE_ATTEMPTS="100",
    )
    with service:
        service.wait_until_ready()
        login = administrator(tmp_path)
        with ThreadPoolExecutor(30) as pool:
            answers = list(pool.map(lambda _: httpx.post(f"{service.url}/login", json=login, trust_env=False), range(30)))
        refused = [answer for answer in answers if answer.status_code == 503]
        assert sum(answer.is_success for answer in answers) == 30 - len(refused)
        assert refused
        assert read_problem(refused[0], 503, "busy")
        assert httpx.post(f"{service.url}/login", json=login, trust_env=False).is_success
