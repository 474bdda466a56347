"""The works that are measured side by side; a new operation adds an item to WORKS.

A work is a few requests that are sent in turn, in our API (which the bare app shares, where it has the operation), in etcd's and
in webdis's, and the goals for the result.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

ContestantName = Literal["key_value_service", "authorization_service", "bare app", "etcd", "webdis", "etcd by gRPC"]
OURS: Final = "key_value_service"
AUTHORIZATION: Final = "authorization_service"
BARE: Final = "bare app"
ETCD: Final = "etcd"
WEBDIS: Final = "webdis"
ETCD_GRPC: Final = "etcd by gRPC"

KEYS = [f"key-{number:08d}" for number in range(1000)]
VALUE = "a value of thirty-two bytes ok"  # with its quotes: 32 bytes of JSON text
VALUE_TEXT = json.dumps(VALUE)
VARIANTS = 50
PAIRS = "/namespaces/default/pairs"


@dataclass(frozen=True)
class Request:
    """An HTTP request."""

    path: str
    body: bytes = b""
    method: str = "POST"

    @classmethod
    def of(cls, path: str, body: object, method: str = "POST") -> "Request":
        """Return the request with this JSON body."""
        return cls(path, json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode(), method)

    def on_the_wire(self, host: str, authorization: str) -> bytes:
        """Return the request as HTTP/1.1."""
        content = f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n" if self.body else ""
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {authorization}\r\n{content}\r\n"
        return head.encode() + self.body


@dataclass(frozen=True)
class Work:
    """A row of the table. `goals`: the wanted ratio to another contestant's throughput."""

    name: str
    ours: Sequence[Request]
    etcd: Sequence[Request] = ()
    webdis: Sequence[Request] = ()
    bare_app_has_it: bool = True
    goals: Mapping[ContestantName, float] = field(default_factory=dict)

    def requests(self, contestant: ContestantName) -> Sequence[Request]:
        """Return the requests for a contestant: none, if it does not have the operation."""
        if contestant in (ETCD, WEBDIS):
            return self.etcd if contestant == ETCD else self.webdis
        return self.ours if contestant == OURS or self.bare_app_has_it else ()


def read(keys: Sequence[str]) -> Request:
    """Return our request that reads these keys."""
    return Request.of("/read", {"keys": keys})


def write(keys: Sequence[str], value: object = VALUE) -> Request:
    """Return our request that writes these keys."""
    return Request.of("/write", {"data": dict.fromkeys(keys, value)})


def get(key: str) -> Request:
    """Return our request for one pair as a resource."""
    return Request(f"{PAIRS}/{key}", method="GET")


def put(key: str, value: object = VALUE) -> Request:
    """Return our request that writes one pair as a resource."""
    return Request.of(f"{PAIRS}/{key}", value, "PUT")


def etcd_read(keys: Sequence[str]) -> Request:
    """Return etcd's request: a range of one key, or a transaction of several."""
    ranges = [{"key": _base64(key)} for key in keys]
    if len(ranges) == 1:
        return Request.of("/v3/kv/range", ranges[0])
    return _etcd_transaction([{"requestRange": one} for one in ranges])


def etcd_write(keys: Sequence[str], value: object = VALUE) -> Request:
    """Return etcd's request: a put of one key, or a transaction of several. The value is JSON text, as in our store."""
    text = _base64(json.dumps(value))
    puts = [{"key": _base64(key), "value": text} for key in keys]
    if len(puts) == 1:
        return Request.of("/v3/kv/put", puts[0])
    return _etcd_transaction([{"requestPut": one} for one in puts])


def webdis_get(key: str) -> Request:
    """Return webdis's request that reads a key."""
    return Request(f"/GET/{key}", method="GET")


def webdis_set(key: str) -> Request:
    """Return webdis's request that writes a key. The value is JSON text, as in our store."""
    return Request(f"/SET/{key}", VALUE_TEXT.encode(), "PUT")


def _etcd_transaction(operations: list[dict[str, Any]]) -> Request:
    return Request.of("/v3/kv/txn", {"success": operations})


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def batches(size: int) -> list[list[str]]:
    """Return VARIANTS batches of `size` different keys."""
    step = 1 + size // 3
    return [[KEYS[(start * step + place) % len(KEYS)] for place in range(size)] for start in range(VARIANTS)]


READ_ONE = Work(
    "/read, 1 key",
    ours=[read(keys) for keys in batches(1)],
    etcd=[etcd_read(keys) for keys in batches(1)],
    webdis=[webdis_get(key) for [key] in batches(1)],
    goals={BARE: 0.75, ETCD: 3.0},
)

WRITE_ONE = Work(
    "/write, 1 key",
    ours=[write(keys) for keys in batches(1)],
    etcd=[etcd_write(keys) for keys in batches(1)],
    webdis=[webdis_set(key) for [key] in batches(1)],
    goals={BARE: 0.75, ETCD: 2.5},
)

# Reads come first: they find the stores as they were filled, not what the writes have left.
WORKS = [
    READ_ONE,
    Work(
        "GET a pair",
        ours=[get(key) for [key] in batches(1)],
        etcd=[etcd_read(keys) for keys in batches(1)],
        goals={BARE: 0.65},
    ),
    Work(
        "/read, 100 keys",
        ours=[read(keys) for keys in batches(100)],
        etcd=[etcd_read(keys) for keys in batches(100)],
        goals={BARE: 0.8},
    ),
    WRITE_ONE,
    Work(
        "PUT a pair",
        ours=[put(key) for [key] in batches(1)],
        etcd=[etcd_write(keys) for keys in batches(1)],
        goals={BARE: 0.65},
    ),
    Work(
        "/write, 100 keys",
        ours=[write(keys) for keys in batches(100)],
        etcd=[etcd_write(keys) for keys in batches(100)],
        goals={BARE: 0.8},
    ),
]
