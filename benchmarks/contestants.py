"""The contestants, each started as in production: our services, the bare app, etcd, webdis."""

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from benchmarks.etcd import Etcd
from benchmarks.machine import Cores, Layout, cpu_seconds, running_on
from benchmarks.redis_server import Redis, Webdis
from benchmarks.works import AUTHORIZATION, BARE, ETCD, KEYS, OURS, WEBDIS, ContestantName, Request, etcd_write, write
from test_support.processes import ROOT, ProcessUnderTest, Service, Tarantool, reserve_port, wait_until
from test_support.tokens import TokenMaker, publish_keys

TOKEN_SECONDS = 24 * 3600
MEMORY = str(1024**3)  # bytes; the default is too little for dozens of values of 1 MiB on their way


@dataclass(frozen=True)
class Contestant:
    """A server under measurement. `processes`: the server and its store, or one that is both."""

    name: ContestantName
    port: int
    authorization: str
    processes: tuple[ProcessUnderTest, ...]

    @property
    def host(self) -> str:
        """Its address."""
        return f"127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        """Return the CPU time that the server and its store have used: seconds."""
        return cpu_seconds(process.pid for process in self.processes)

    def on_the_wire(self, requests: Sequence[Request]) -> list[bytes]:
        """Return the bytes to send."""
        return [request.on_the_wire(self.host, self.authorization) for request in requests]

    def send(self, request: Request) -> httpx.Response:
        """Send one request and return the response. Raises httpx.HTTPStatusError for an error status."""
        headers = {"Authorization": self.authorization, "Content-Type": "application/json"}
        url = f"http://{self.host}{request.path}"
        response = httpx.request(request.method, url, content=request.body, headers=headers, trust_env=False, timeout=30)
        return response.raise_for_status()


@dataclass(frozen=True)
class Stage:
    """Starts contestants in a folder, on the cores of the layout.

    `authorization`: the header that clients send. `workers`: of each service, where both run.
    """

    folder: Path
    layout: Layout
    authorization: str
    jwks_url: str
    workers: int = 1

    @contextmanager
    def tarantool(self, name: str = "tarantool", instance: str = "key_value", **environment: str) -> Iterator[Tarantool]:
        """Run a Tarantool on the store's cores."""
        tarantool = Tarantool(instance, self.folder / name, **environment)
        with running_on(self.layout.store):
            tarantool.start()
        with stopping(tarantool):
            yield tarantool

    @contextmanager
    def key_value_service(self, tarantool: Tarantool, name: str = "service", **environment: str) -> Iterator[Contestant]:
        """Run our service, with its default settings, on the server's cores."""
        service = Service("key_value", self.folder / name, tarantool, port=None, KEY_VALUE_JWKS_URL=self.jwks_url, **environment)
        with running_on(self.layout.server):
            service.start()
        with stopping(service):
            service.wait_until_ready()
            yield Contestant(OURS, service.port, self.authorization, (service, tarantool))

    @contextmanager
    def authorization_service(
        self, tarantool: Tarantool, name: str = "authorization", **environment: str
    ) -> Iterator[Contestant]:
        """Run the authorization service, with its default settings, on the server's cores."""
        port = reserve_port()
        issuer = f"http://127.0.0.1:{port}"
        service = Service("authorization", self.folder / name, tarantool, port=port, AUTHORIZATION_ISSUER=issuer, **environment)
        with running_on(self.layout.server):
            service.start()
        with stopping(service):
            service.wait_until_ready()
            yield Contestant(AUTHORIZATION, port, "", (service, tarantool))

    @contextmanager
    def both_services(self, elsewhere: Layout, **environment: str) -> Iterator[tuple[Contestant, Contestant]]:
        """Run the authorization service and its Tarantool on other cores, and a key-value service that follows it.

        `environment`: settings of the authorization service.
        """
        environment["AUTHORIZATION_WORKERS"] = str(self.workers)
        with (
            replace(self, layout=elsewhere).tarantool("authorization_tarantool", "authorization") as users,
            replace(self, layout=elsewhere).authorization_service(users, **environment) as authorization,
            self.tarantool("key_value_tarantool") as pairs,
        ):
            url = f"http://{authorization.host}"
            with replace(self, jwks_url=f"{url}/.well-known/jwks.json").key_value_service(
                pairs,
                "key_value",
                KEY_VALUE_WORKERS=str(self.workers),
                KEY_VALUE_ISSUER=url,
                KEY_VALUE_REVOCATIONS_URL=f"{url}/revocations",
                KEY_VALUE_TOKEN_URL=f"{url}/token",
                KEY_VALUE_CLIENT_SECRET_FILE=str(self.folder / "authorization/var/secrets/key_value_client_secret"),
            ) as key_value:
                wait_until(lambda: is_following(key_value), "following the revocations")
                yield authorization, key_value

    @contextmanager
    def bare_app(self, tarantool: Tarantool) -> Iterator[Contestant]:
        """Run the bare app on the server's cores."""
        port = reserve_port()
        environment = {
            "KEY_VALUE_PORT": str(port),
            "KEY_VALUE_TARANTOOL_PORT": str(tarantool.port),
            "KEY_VALUE_TARANTOOL_PASSWORD_FILE": str(tarantool.password_file),
            "KEY_VALUE_JWKS_URL": self.jwks_url,
        }
        command = [sys.executable, str(ROOT / "benchmarks" / "bare_app.py")]
        process = ProcessUnderTest(command, environment, self.folder / "bare_app.log")
        with running_on(self.layout.server):
            process.start()
        with stopping(process):
            contestant = Contestant(BARE, port, self.authorization, (process, tarantool))
            wait_until(lambda: _writes(contestant, write(KEYS[:1])) or not process.is_running(), "the bare app being ready")
            yield contestant

    @contextmanager
    def etcd(self, *, protected: bool = True) -> Iterator[Contestant]:
        """Run etcd, server and store in one, on the cores of our service and its Tarantool together.

        `protected`: with authentication.
        """
        etcd = Etcd(self.folder / "etcd")
        with running_on(self.layout.server | self.layout.store):
            etcd.start()
        with stopping(etcd):
            yield Contestant(ETCD, etcd.port, etcd.protect() if protected else "", (etcd,))

    @contextmanager
    def redis(self, cores: Cores) -> Iterator[Redis]:
        """Run a Redis."""
        redis = Redis(self.folder / "redis")
        with running_on(cores):
            redis.start()
        with stopping(redis):
            yield redis

    @contextmanager
    def webdis(self) -> Iterator[Contestant]:
        """Run webdis on the server's cores, and its Redis on the store's."""
        with self.redis(self.layout.store) as redis:
            webdis = Webdis(self.folder / "webdis", redis)
            with running_on(self.layout.server):
                webdis.start()
            with stopping(webdis):
                yield Contestant(WEBDIS, webdis.port, webdis.authorization, (webdis, redis))


@contextmanager
def stopping(process: ProcessUnderTest) -> Iterator[None]:
    """Stop a running process at the end of the context."""
    try:
        yield
    finally:
        process.__exit__(None, None, None)


@contextmanager
def three_contestants(stage: Stage) -> Iterator[list[Contestant]]:
    """Run all three with the same pairs. Ours and the bare app share one Tarantool and are never measured at the same time."""
    with (
        tempfile.TemporaryDirectory(dir=stage.folder) as folder,
        (stage := replace(stage, folder=Path(folder))).tarantool(TARANTOOL_MEMTX_MEMORY=MEMORY) as tarantool,
        stage.key_value_service(tarantool) as ours,
        stage.bare_app(tarantool) as bare,
        stage.etcd() as etcd,
    ):
        fill(ours, etcd)
        yield [ours, bare, etcd]


def fill(ours: Contestant, etcd: Contestant) -> None:
    """Write the pairs that are read later."""
    ours.send(write(KEYS))
    for start in range(0, len(KEYS), 100):
        etcd.send(etcd_write(KEYS[start : start + 100]))


@contextmanager
def open_stage(folder: Path, layout: Layout) -> Iterator[Stage]:
    """Publish the signing key of the tokens that all contestants but etcd accept."""
    tokens = TokenMaker()
    with publish_keys(tokens) as jwks_url:
        token = tokens.make(exp=int(time.time()) + TOKEN_SECONDS)
        yield Stage(folder, layout, f"Bearer {token}", jwks_url)


def is_following(key_value: Contestant) -> bool:
    """Return whether the key-value service follows the revocations."""
    answer = httpx.get(f"http://{key_value.host}/health/ready", trust_env=False, timeout=2)
    return answer.content == b'{"status":"ready"}'


def _writes(contestant: Contestant, request: Request) -> bool:
    try:
        contestant.send(request)
    except httpx.HTTPError:
        return False
    return True
