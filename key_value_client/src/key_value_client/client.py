"""The two clients."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar, get_args
from urllib.parse import quote, urlsplit, urlunsplit

import httpx
from typing_extensions import Self, Unpack

from key_value_client.caching import MAX_STALE_SECONDS, Cache
from key_value_client.certificates import choose_authorities
from key_value_client.channel import Channel, IdempotencyKeys
from key_value_client.coalescing import NamespaceBatches
from key_value_client.codecs import Codec, Plain, make_codec
from key_value_client.drivers import AsyncDriver, Driver
from key_value_client.flows import Awaiting, Blocking, Emit, Flow, Join, Request, Stream, operation, stream
from key_value_client.locks import AsyncElection, AsyncLock, Election, Lock, Locking
from key_value_client.namespaces import NamespaceOperations, missing
from key_value_client.retries import Retries
from key_value_client.tokens import ClientGrant, Credentials, Grant, NoGrant, PasswordGrant, Session, StaticToken, TokenStore
from key_value_client.transactions import AsyncTransaction, Transaction
from key_value_client.values import JSON, KEEP, NamespaceInfo, NamespaceSettings, Ttl, V, Written, dump, load, parse_namespace

M = TypeVar("M")

Consistency = Literal["linearizable", "stale"]

TIMEOUT_SECONDS = 10.0
RETRY_SECONDS = 30.0
DEFAULT_PORT, AUTHORIZATION_PORT = 9080, 8080


class ClientOperations:
    """What both clients can do beside what is done in a namespace.

    `url` is that of the key-value service. One of these tells who you are: `username` and `password`; `client_id` and
    `client_secret` of a service account; `token`, an access token that you obtained. `code` is called for a code of the user's
    second factor, where there is one, whenever a session begins; it blocks. `authorization_url` is where tokens are
    obtained: where it is not given, port 8080 of the same host, if the key-value service has its default port 9080. A
    `token_store` keeps the session for later processes; with a `client_id` and no secret, one that a user has begun by signing in
    to this public client.

    `timeout`: seconds until a connection is made, and until an answer goes on. `retry_for`: seconds during which a request is
    repeated that may be repeated (0: not at all). `ca_file`: a PEM file of the authorities, one of which the services'
    certificates must be from, in place of those that browsers know. `http_options`: of httpx's client, as `limits`.
    """

    _credentials: Credentials

    def __init__(
        self,
        url: str,
        *,
        username: str | None = None,
        password: str | None = None,
        code: Callable[[], str] | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        token: str | None = None,
        authorization_url: str | None = None,
        token_store: TokenStore | None = None,
        timeout: float = TIMEOUT_SECONDS,
        retry_for: float = RETRY_SECONDS,
        idempotency_keys: bool = True,
        ca_file: str | os.PathLike[str] | None = None,
        http_options: Mapping[str, Any] | None = None,
    ) -> None:
        """Raises OSError for a `ca_file` that cannot be read, or has no certificates."""
        self.url = url.rstrip("/")
        self.authorization_url = (authorization_url or _guess_authorization_url(self.url)).rstrip("/")
        verify = choose_authorities(f"{self.url} {self.authorization_url}", ca_file)
        self._driver: Any = self._make_driver({"timeout": timeout, "verify": verify, **(http_options or {})})
        retries = Retries(retry_for)
        if token is not None:
            self._credentials = StaticToken(token)
        else:
            if not self.authorization_url:
                raise ValueError("Give authorization_url, the address of the authorization service.")
            grant = _choose_grant(username, password, code, client_id, client_secret, token_store)
            public_client = client_id if isinstance(grant, NoGrant) else None
            lock = self._driver.make_lock()
            self._credentials = Session(self.authorization_url, grant, retries, lock, token_store, public_client)
        self._channel = Channel(self.url, self._credentials, retries, IdempotencyKeys(are_used=idempotency_keys))
        self._caches: dict[tuple[str, float], Cache] = {}

    @classmethod
    def from_env(cls, **options: Any) -> Self:
        """Return a client as the environment says.

        `KV_URL` (http://127.0.0.1:9080 if absent), `KV_AUTHORIZATION_URL`, `KV_CA_FILE`, and `KV_TOKEN`, or `KV_USERNAME` and
        `KV_PASSWORD`, or `KV_CLIENT_ID` and `KV_CLIENT_SECRET`. Secrets may be in files: `KV_TOKEN_FILE`, `KV_PASSWORD_FILE`,
        `KV_CLIENT_SECRET_FILE`.
        """
        found = {name: _read_setting(name) for name in ("authorization_url", "ca_file", "username", "client_id")}
        found |= {name: _read_secret(name) for name in ("token", "password", "client_secret")}
        given = {name: value for name, value in found.items() if value is not None}
        return cls(options.pop("url", None) or _read_setting("url") or "http://127.0.0.1:9080", **{**given, **options})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    def _make_driver(self, options: dict[str, Any]) -> Any:
        raise NotImplementedError

    def _find_channel(self, consistency: Consistency, *, cached: bool) -> Channel:
        if consistency not in get_args(Consistency):
            raise ValueError(f"consistency must be one of {', '.join(get_args(Consistency))}")
        if consistency == "linearizable":
            return self._channel
        if cached:
            raise ValueError("a cached namespace hears of changes, and cannot be stale besides")
        return replace(self._channel, consistency=consistency)

    def _find_cache(self, name: str, max_stale: float) -> Cache:
        """Return the cache of a namespace, which all its objects share that have the same bound."""
        cache = self._caches.get((name, max_stale))
        if cache is None:
            cache = Cache(name, self._channel, self._namespace(name), max_stale, self._driver.start)
            cache = self._caches.setdefault((name, max_stale), cache)
        return cache

    def _close_caches(self) -> None:
        for cache in self._caches.values():
            cache.is_closed = True

    # Sessions.

    @operation
    def log_in(self) -> Flow[None]:
        """Obtain tokens now, rather than with the first request. Raises AccessRefused."""
        yield from self._credentials.get_token()

    @operation
    def log_out(self) -> Flow[None]:
        """End the session, also one that a token store keeps."""
        end = self._credentials.log_out if isinstance(self._credentials, Session) else self._credentials.end
        yield from end()

    @operation
    def whoami(self) -> Flow[dict[str, Any]]:
        """Return the user that the token is of: `username`, `role`, … Not for service accounts."""
        response = yield from self._channel.send(Request("GET", f"{self.authorization_url}/me", safe=True))
        user: dict[str, Any] = load(response.body)
        return user

    # Namespaces.

    @stream
    def list_namespaces(self) -> Stream[NamespaceInfo]:
        """Yield the namespaces for which you have any right, by name."""
        cursor: str | None = ""
        while cursor is not None:
            params = {"limit": 1000, "cursor": cursor}
            page = load((yield from self._channel.send(Request("GET", f"{self.url}/namespaces", params, safe=True))).body)
            for members in page["namespaces"]:
                yield Emit(parse_namespace(members))
            cursor = page["next_cursor"]

    @operation
    def show_namespace(self, name: str) -> Flow[NamespaceInfo]:
        """Return a namespace's settings. Raises NamespaceMissing."""
        return parse_namespace(load((yield from self._channel.send(Request("GET", self._namespace(name), safe=True))).body))

    @operation
    def create_namespace(self, name: str, **settings: Unpack[NamespaceSettings]) -> Flow[NamespaceInfo]:
        """Create a namespace, or replace all settings of one that exists. Those that are not given get their defaults."""
        return (yield from self._put_namespace(name, settings))

    @operation
    def set_namespace(self, name: str, **settings: Unpack[NamespaceSettings]) -> Flow[NamespaceInfo]:
        """Change those settings of a namespace that are given. Raises NamespaceMissing."""
        present = load((yield from self._channel.send(Request("GET", self._namespace(name), safe=True))).body)
        del present["name"], present["created_at"]
        return (yield from self._put_namespace(name, {**present, **settings}))

    @operation
    def delete_namespace(self, name: str, *, force: bool = False) -> Flow[None]:
        """Delete a namespace; one with pairs in it only with `force`. Raises NamespaceNotEmpty, NamespaceMissing."""
        params = {"force": "true"} if force else {}
        yield from self._channel.send(Request("DELETE", self._namespace(name), params))

    def _put_namespace(self, name: str, settings: Mapping[str, Any]) -> Flow[NamespaceInfo]:
        request = Request("PUT", self._namespace(name), {}, JSON, dump(settings), safe=True)  # the same twice is the same
        return parse_namespace(load((yield from self._channel.send(request)).body))

    def _namespace(self, name: str) -> str:
        return f"{self.url}/namespaces/{quote(name, safe='')}"


class Namespace(NamespaceOperations[V], Locking[Lock, Election], Blocking):
    """A namespace of a `Client`. It also works as a mapping of keys to values."""

    _lock_type, _election_type = Lock, Election

    def transaction(self) -> Transaction[V]:
        """Begin a transaction: put it together in a `with` block, at whose end it is sent.

        >>> with store.transaction() as tx:
        ...     taken = tx.when("lock", exists=False).write("lock", "anna", ttl=60)
        ...     holder = tx.otherwise.read("lock")
        >>> tx.succeeded, taken.result.created, holder.is_done
        (True, True, False)
        """
        return Transaction(self._url, self._channel, self._driver, self._codec, self._cache)

    def typed(self, model: type[M]) -> "Namespace[M]":
        """Return the namespace with values of a type: a pydantic model, a dataclass, or whatever pydantic knows.

        Raises UnexpectedValue where a stored value does not fit it.

        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Point:
        ...     x: int
        ...     y: int = 0
        >>> points = store.typed(Point)
        >>> points.put("a", Point(1)).created, points.get("a"), store.get("a")
        (True, Point(x=1, y=0), {'x': 1, 'y': 0})
        """
        return Namespace(self.name, self._channel, self._driver, make_codec(model), self._cache)

    def __getitem__(self, key: str) -> V:
        return self.get(key)

    def __setitem__(self, key: str, value: V) -> None:
        self.put(key, value)

    def __delitem__(self, key: str) -> None:
        if not self.delete(key):
            raise missing(key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key in self.get_many([key])

    def __iter__(self) -> Iterator[str]:
        return (pair.key for pair in self.scan(values=False))

    def __len__(self) -> int:
        return self.stats().pairs


class AsyncNamespace(NamespaceOperations[V], Locking[AsyncLock, AsyncElection], Awaiting):
    """A namespace of an `AsyncClient`. Concurrent calls of `get`, within one turn of the event loop, are one request."""

    _lock_type, _election_type = AsyncLock, AsyncElection

    def __init__(
        self,
        name: str,
        channel: Channel,
        driver: AsyncDriver,
        codec: Codec[V],
        cache: Cache | None,
        batches: NamespaceBatches,
        *,
        coalesce_puts: bool = False,
    ) -> None:
        super().__init__(name, channel, driver, codec, cache)
        self._batches = batches
        self._coalesce_puts = coalesce_puts

    def _read(self, key: str) -> Flow[tuple[Any, str]]:
        for value in self._look_up([key]).values():
            return value, ""
        found: tuple[Any, str] = yield Join(self._batches.reads.add(key, None))
        return found

    def _put(self, key: str, value: Any, ttl: Ttl, if_revision: int | None) -> Flow[Written]:
        if not self._coalesce_puts or ttl is not KEEP or if_revision is not None:
            return (yield from super()._put(key, value, ttl, if_revision))
        written: Written = yield Join(self._batches.write(key, value))
        return written

    def transaction(self) -> AsyncTransaction[V]:
        """Begin a transaction: put it together in an `async with` block, at whose end it is sent."""
        return AsyncTransaction(self._url, self._channel, self._driver, self._codec, self._cache)

    def typed(self, model: type[M]) -> "AsyncNamespace[M]":
        """Return the namespace with values of a type: a pydantic model, a dataclass, or whatever pydantic knows.

        Raises UnexpectedValue where a stored value does not fit it.
        """
        codec = make_codec(model)
        return AsyncNamespace(
            self.name, self._channel, self._driver, codec, self._cache, self._batches, coalesce_puts=self._coalesce_puts
        )


class Client(ClientOperations, Blocking):
    """A client whose methods block. Threads may share it."""

    def _make_driver(self, options: dict[str, Any]) -> Driver:
        return Driver(httpx.Client(**options))

    def namespace(
        self,
        name: str,
        *,
        cached: bool = False,
        max_stale: float = MAX_STALE_SECONDS,
        consistency: Consistency = "linearizable",
    ) -> Namespace[Any]:
        """Return a namespace. This sends nothing; the namespace need not exist yet.

        `cached`: `get`, `get_many` and what a mapping has keep what they read, and drop it when it changes, which they hear of
        from the service. They return no value that has not been current within the last `max_stale` seconds: where they have not
        heard for so long, because the service is away or the network is cut, they read through, and raise what that raises. As a
        rule a change is heard of within milliseconds; one's own are seen at once. A pair that expires is gone at its time, as far
        as the clocks of the service and its database agree. All other operations ask the service each time.

        `consistency`: "stale" lets any instance of the service's database answer what reads, watches and exports, with what was
        true up to some seconds ago (the service's setting). Not for `cached`: raises ValueError.
        """
        cache = self._find_cache(name, max_stale) if cached else None
        return Namespace(name, self._find_channel(consistency, cached=cached), self._driver, Plain(), cache)

    def close(self) -> None:
        """End the session, if there is one that no token store keeps, and close all connections."""
        self._close_caches()
        try:
            self._driver.run(self._credentials.end())
        finally:
            self._driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class AsyncClient(ClientOperations, Awaiting):
    """A client whose methods are awaited. Tasks of one event loop may share it."""

    @cached_property
    def _batches(self) -> dict[tuple[str, Cache | None, Consistency], NamespaceBatches]:
        return {}

    def _make_driver(self, options: dict[str, Any]) -> AsyncDriver:
        return AsyncDriver(httpx.AsyncClient(**options))

    def namespace(
        self,
        name: str,
        *,
        cached: bool = False,
        max_stale: float = MAX_STALE_SECONDS,
        coalesce_puts: bool = False,
        consistency: Consistency = "linearizable",
    ) -> AsyncNamespace[Any]:
        """Return a namespace. This sends nothing; the namespace need not exist yet.

        `cached`, `max_stale`, `consistency`: as for a `Client`. `coalesce_puts`: concurrent calls of `put` without conditions and
        `ttl` are one request, too. Each has its own result, and they are done in the order of the calls.
        """
        channel = self._find_channel(consistency, cached=cached)
        cache = self._find_cache(name, max_stale) if cached else None
        batches = self._batches.get((name, cache, consistency))
        if batches is None:
            batches = self._batches[name, cache, consistency] = NamespaceBatches(name, channel, self._driver, cache)
        return AsyncNamespace(name, channel, self._driver, Plain(), cache, batches, coalesce_puts=coalesce_puts)

    async def close(self) -> None:
        """End the session, if there is one that no token store keeps, and close all connections."""
        self._close_caches()
        await self._driver.stop()
        try:
            await self._driver.run(self._credentials.end())
        finally:
            await self._driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()


def _guess_authorization_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.port != DEFAULT_PORT:
        return ""
    host = parts.netloc.removesuffix(f":{DEFAULT_PORT}")
    return urlunsplit(parts._replace(netloc=f"{host}:{AUTHORIZATION_PORT}"))


def _choose_grant(
    username: str | None,
    password: str | None,
    code: Callable[[], str] | None,
    client_id: str | None,
    client_secret: str | None,
    store: TokenStore | None,
) -> Grant:
    if username is not None and password is not None and client_id is None and client_secret is None:
        return PasswordGrant(username, password, code)
    if client_id is not None and client_secret is not None and username is None and password is None:
        return ClientGrant(client_id, client_secret)
    if store is not None and password is None and client_secret is None:
        return NoGrant()
    raise ValueError("Give a token, or username and password, or client_id and client_secret.")


def _read_setting(name: str) -> str | None:
    return os.environ.get(f"KV_{name.upper()}") or None


def _read_secret(name: str) -> str | None:
    file = _read_setting(f"{name}_file")
    return _read_setting(name) or (Path(file).read_text(encoding="utf-8").strip() if file else None)
