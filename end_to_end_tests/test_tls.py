"""Both services with certificates of their own, without a proxy: what speaks to them goes on working."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from authorization_service.config import Settings as AuthorizationSettings
from key_value_client import Client, KeyValueError
from key_value_service.config import Settings as KeyValueSettings
from shared_kernel.config import BROKEN_SETTING, ServiceSettings
from test_support.certificates import make_certificate
from test_support.processes import wait_until
from test_support.store import Store

from .users import ANNA

KV = Path(sys.executable).parent / "kv"
HSTS = "max-age=3600"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("certificate") / "certificate.pem"
    make_certificate(path)
    return path


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, certificate: Path) -> Iterator[Store]:
    store = Store(
        tmp_path_factory.mktemp("tls"),
        {"AUTHORIZATION_HSTS_SECONDS": "3600"},
        {"KEY_VALUE_HSTS_SECONDS": "3600"},
        certificate=certificate,
    )
    with store.authorization_tarantool, store.key_value_tarantool, store.authorization, store.key_value:
        store.authorization.wait_until_ready()
        store.key_value.wait_until_ready()
        wait_until(store.follows_revocations, "the key-value service following the revocations by https")
        yield store


def test_client_library_works_with_the_authority(store: Store, certificate: Path) -> None:
    options: dict[str, Any] = {
        "username": "admin",
        "password": store.administrator_password,
        "authorization_url": store.authorization.url,
    }
    with Client(store.key_value.url, ca_file=certificate, **options) as client:
        namespace = client.namespace("default")
        revision = namespace.put("by-tls", "x" * 1_000_000).revision
        assert namespace.get("by-tls") == "x" * 1_000_000
        assert next(namespace.watch(prefix="by-tls", after=revision - 1)).revision == revision
    with Client(store.key_value.url, retry_for=0, **options) as client, pytest.raises(KeyValueError, match="certificate"):
        client.namespace("default").get("by-tls")


def test_kv_works_with_the_authority(store: Store, certificate: Path, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(store.administrator_password)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([KV, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False)

    login = ("login", "--url", store.key_value.url, "--username", "admin", "--password-file", str(password))
    refused = run(*login, "--authorization-url", store.authorization.url)
    assert (refused.returncode, refused.stderr.count("\n")) == (7, 1), refused
    assert "certificate" in refused.stderr
    assert run(*login, "--ca-file", str(password)).returncode != 0
    logged_in = run(*login, "--ca-file", str(certificate))
    assert logged_in.returncode == 0, logged_in
    assert run("put", "greeting", "hello").returncode == 0
    assert run("get", "greeting").stdout == "hello\n"


def test_browsers_are_told_to_use_https_alone(store: Store) -> None:
    with httpx.Client(verify=store.context, trust_env=False) as http:
        for url in (store.authorization.url, store.key_value.url):
            for path in ("/health/live", "/docs", "/absent", "/openapi.json"):
                assert http.get(f"{url}{path}").headers["strict-transport-security"] == HSTS


def test_cookies_are_for_https_alone(store: Store) -> None:
    with httpx.Client(verify=store.context, trust_env=False, base_url=store.authorization.url) as http:
        page = http.get("/account", follow_redirects=True)
        cookies = [line for one in (page, *page.history) for line in one.headers.get_list("set-cookie")]
        assert cookies
        for cookie in cookies:
            assert cookie.startswith("__Host-")
            assert "; Secure" in cookie
        metadata = http.get("/.well-known/openid-configuration").json()
        assert metadata["issuer"] == store.authorization.url
        assert json.dumps(metadata).count("http://") == 0


def test_client_without_tls_gets_nothing(store: Store) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.post(f"{store.authorization.url}/login".replace("https", "http"), json=ANNA, trust_env=False)
    assert store.authorization.is_healthy("ready")


@pytest.mark.parametrize(
    ("service", "settings", "named"),
    [
        (AuthorizationSettings, {"TLS_CERTIFICATE_FILE": "certificate.pem"}, "AUTHORIZATION_ISSUER"),
        (KeyValueSettings, {"TLS_KEY_FILE": "certificate.pem"}, "KEY_VALUE_TLS_KEY_FILE"),
        (KeyValueSettings, {"TLS_CERTIFICATE_FILE": "absent.pem"}, "KEY_VALUE_TLS_CERTIFICATE_FILE"),
        (
            KeyValueSettings,
            {"TLS_CERTIFICATE_FILE": "certificate.pem", "TLS_KEY_FILE": "other.pem"},
            "KEY_VALUE_TLS_CERTIFICATE_FILE",
        ),
        (KeyValueSettings, {"AUTHORIZATION_CA_FILE": "absent.pem"}, "KEY_VALUE_AUTHORIZATION_CA_FILE"),
        (KeyValueSettings, {"AUTHORIZATION_CA_FILE": "empty.pem"}, "KEY_VALUE_AUTHORIZATION_CA_FILE"),
    ],
)
def test_broken_setting_is_named(
    service: type[ServiceSettings],
    settings: dict[str, str],
    named: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("certificate.pem", "other.pem"):
        make_certificate(tmp_path / name)
    (tmp_path / "empty.pem").touch()
    for name, value in settings.items():
        monkeypatch.setenv(service.variable(name), value)
    with pytest.raises(SystemExit) as ended:
        service.load().find_tls()
    assert ended.value.code == BROKEN_SETTING
    written = capsys.readouterr().err
    assert written.startswith(f"broken setting {named}: ")
    assert written.count("\n") == 1
    assert "PRIVATE" not in written
