"""Two instances of each service behind HAProxy, configured as `documentation/proxies.md` shows."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from test_support.processes import ProcessUnderTest, reserve_port, wait_until
from test_support.proxies import GUIDE, PROGRAMS
from test_support.store import Store

_FRONTENDS = """
global
    tune.bufsize 131072  # the collection has tokens of 60,000 characters, which the services refuse

defaults
    mode http
    timeout connect 5s
    timeout client 1m
    timeout server 1m

frontend public_key_value
    bind 127.0.0.1:{key_value_port}
    default_backend key_value

frontend public_authorization
    bind 127.0.0.1:{authorization_port}
    default_backend authorization

"""


class BalancedStore:
    """Both services at one address each. `stores` has the instances, which share a Tarantool a service, keys and secrets."""

    def __init__(self, folder: Path, settings: dict[str, str], key_value_settings: tuple[dict[str, str], dict[str, str]]) -> None:
        key_value_port, authorization_port = reserve_port(), reserve_port()
        self.key_value_url = f"http://127.0.0.1:{key_value_port}"
        self.authorization_url = issuer = f"http://127.0.0.1:{authorization_port}"
        shared = folder / "shared"
        of_authorization = {
            "AUTHORIZATION_ISSUER": issuer,
            "AUTHORIZATION_CERTIFICATES_DIRECTORY": str(shared / "certificates"),
            "AUTHORIZATION_KEY_VALUE_CLIENT_SECRET_FILE": str(shared / "key_value_client_secret"),
            "AUTHORIZATION_ADMINISTRATOR_PASSWORD_FILE": str(shared / "administrator_password"),
            **settings,
        }
        of_key_value = {
            "KEY_VALUE_ISSUER": issuer,
            "KEY_VALUE_JWKS_URL": f"{issuer}/.well-known/jwks.json",
            "KEY_VALUE_REVOCATIONS_URL": f"{issuer}/revocations",
            "KEY_VALUE_TOKEN_URL": f"{issuer}/token",
            "KEY_VALUE_CLIENT_SECRET_FILE": str(shared / "key_value_client_secret"),
        }
        first = Store(folder / "first", of_authorization, of_key_value | key_value_settings[0])
        tarantools = (first.authorization_tarantool, first.key_value_tarantool)
        second = Store(folder / "second", of_authorization, of_key_value | key_value_settings[1], tarantools=tarantools)
        self.stores = (first, second)
        self._administrator_password = shared / "administrator_password"
        shown = re.search(r"^```haproxy-backends\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
        assert shown is not None
        backends = shown[1]
        for port, store in zip((9080, 9081), self.stores, strict=True):
            backends = backends.replace(f"127.0.0.1:{port}", f"127.0.0.1:{store.key_value.port}")
        for port, store in zip((8080, 8081), self.stores, strict=True):
            backends = backends.replace(f"127.0.0.1:{port}", f"127.0.0.1:{store.authorization.port}")
        configuration = folder / "haproxy.cfg"
        frontends = _FRONTENDS.format(key_value_port=key_value_port, authorization_port=authorization_port)
        configuration.write_text(frontends + backends)
        self.proxy = ProcessUnderTest([PROGRAMS["haproxy"], "-db", "-f", str(configuration)], {}, folder / "haproxy.log")

    @property
    def administrator_password(self) -> str:
        """The password of the user `admin`."""
        return self._administrator_password.read_text().strip()

    def is_ready(self) -> bool:
        """Return whether all instances are ready, and are reached."""
        try:
            for url in (self.authorization_url, self.key_value_url):
                httpx.get(f"{url}/health/ready", trust_env=False).raise_for_status()
            return all(store.follows_revocations() for store in self.stores)
        except (httpx.HTTPError, KeyError):
            return False


@contextmanager
def running_balanced_store(
    folder: Path, settings: dict[str, str], key_value_settings: tuple[dict[str, str], dict[str, str]]
) -> Iterator[BalancedStore]:
    store = BalancedStore(folder, settings, key_value_settings)
    first, second = store.stores
    processes = (
        first.authorization_tarantool, first.key_value_tarantool, store.proxy,
        first.authorization, second.authorization, first.key_value, second.key_value,
    )  # fmt: skip
    with ExitStack() as running:
        for process in processes:
            running.enter_context(process)
        wait_until(store.is_ready, "all instances ready behind HAProxy")
        yield store
