"""Both services as they are deployed: the key-value service trusts the authorization service alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from test_support.certificates import trust
from test_support.processes import Service, Tarantool, reserve_port, wait_until


class Store:
    """Both services with their Tarantools. `settings` are the authorization service's, and go before those that it has here.

    `certificate`: a file with a certificate and its key, which both have.
    """

    def __init__(
        self,
        folder: Path,
        settings: dict[str, str],
        key_value_settings: dict[str, str] | None = None,
        environment: dict[str, str] | None = None,
        tarantools: tuple[Tarantool, Tarantool] | None = None,
        certificate: Path | None = None,
    ) -> None:
        authorization_port = reserve_port()
        key_value_port = reserve_port()
        scheme = "http" if certificate is None else "https"
        issuer = f"{scheme}://127.0.0.1:{authorization_port}"
        environment = environment or {}
        of_authorization, of_key_value = {}, {}
        if certificate is not None:
            of_authorization["AUTHORIZATION_TLS_CERTIFICATE_FILE"] = str(certificate)
            of_key_value["KEY_VALUE_TLS_CERTIFICATE_FILE"] = str(certificate)
            of_key_value["KEY_VALUE_AUTHORIZATION_CA_FILE"] = str(certificate)
        self.context = True if certificate is None else trust(certificate)
        """What a client verifies with."""
        self.authorization_tarantool, self.key_value_tarantool = tarantools or (
            Tarantool("authorization", folder / "authorization_tarantool", **environment),
            Tarantool("key_value", folder / "key_value_tarantool", **environment),
        )
        self.authorization = Service(
            "authorization",
            folder / "authorization_service",
            self.authorization_tarantool,
            port=authorization_port,
            **{
                "AUTHORIZATION_ISSUER": issuer,
                "AUTHORIZATION_ALLOWED_ORIGINS": f"{scheme}://127.0.0.1:{key_value_port}",
                "AUTHORIZATION_CONSOLE_ADDRESSES": f"{scheme}://127.0.0.1:{key_value_port}/console/",
                **of_authorization,
                **settings,
                **environment,
            },
        )
        self.key_value = Service(
            "key_value",
            folder / "key_value_service",
            self.key_value_tarantool,
            port=key_value_port,
            **{
                "KEY_VALUE_ISSUER": issuer,
                "KEY_VALUE_JWKS_URL": f"{issuer}/.well-known/jwks.json",
                "KEY_VALUE_REVOCATIONS_URL": f"{issuer}/revocations",
                "KEY_VALUE_TOKEN_URL": f"{issuer}/token",
                "KEY_VALUE_CLIENT_SECRET_FILE": str(folder / "authorization_service/var/secrets/key_value_client_secret"),
                "KEY_VALUE_REVOCATIONS_TOLERATED_SECONDS": "1.0",
                "KEY_VALUE_JWKS_REFRESH_SECONDS": "0.2",
                "KEY_VALUE_JWKS_PAUSE_SECONDS": "0.2",
                **of_key_value,
                **(key_value_settings or {}),
                **environment,
            },
        )

    def follows_revocations(self) -> bool:
        """Return whether the key-value service is ready and not degraded."""
        status: str = httpx.get(f"{self.key_value.url}/health/ready", trust_env=False, verify=self.context).json()["status"]
        return status == "ready"

    @property
    def administrator_password(self) -> str:
        """The password of the user `admin`."""
        return (self.authorization.log.parent / "var/authorization_service/administrator_password").read_text().strip()

    def create_account(self, client_id: str, *scopes: str) -> str:
        """Create a service account as the administrator; return its secret."""
        login = {"username": "admin", "password": self.administrator_password}
        with httpx.Client(base_url=self.authorization.url, trust_env=False) as http:
            token = http.post("/login", json=login).raise_for_status().json()["access_token"]
            account = {"client_id": client_id, "scopes": list(scopes)}
            answer = http.post("/clients", json=account, headers={"Authorization": f"Bearer {token}"})
        secret: str = answer.raise_for_status().json()["client_secret"]
        return secret


@contextmanager
def running_store(
    folder: Path,
    settings: dict[str, str],
    key_value_settings: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
) -> Iterator[Store]:
    store = Store(folder, settings, key_value_settings, environment)
    with store.authorization_tarantool, store.key_value_tarantool, store.authorization, store.key_value:
        store.authorization.wait_until_ready()
        store.key_value.wait_until_ready()
        wait_until(store.follows_revocations, "the key-value service following the revocations")
        yield store
