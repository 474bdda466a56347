"""What is sent and returned: values, pairs, changes, and how they are JSON."""

import base64
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypedDict

from typing_extensions import Self, TypeVar

from key_value_client.errors import InvalidValue

V = TypeVar("V", default=Any)
"""The type of a namespace's values: what JSON has, and `Binary`; or a model of yours (`typed`)."""


Item = TypeVar("Item", bound=Sized)


class Binary(bytes):
    """A value of bytes, with its media type. Plain bytes, too, may be written: they have the default type."""

    media_type: str

    def __new__(cls, data: bytes, media_type: str = "application/octet-stream") -> Self:
        """Return the bytes with their media type."""
        binary = super().__new__(cls, data)
        binary.media_type = media_type
        return binary

    @property
    def data(self) -> bytes:
        """The bytes alone."""
        return bytes(self)

    def __repr__(self) -> str:
        return f"Binary({bytes(self)!r}, {self.media_type!r})"

    def __reduce__(self) -> tuple[type["Binary"], tuple[bytes, str]]:
        return Binary, (bytes(self), self.media_type)


@dataclass(frozen=True)
class Pair(Generic[V]):
    """A pair as of a revision. `version`: how often it was written since it was created."""

    key: str
    value: V
    revision: int
    created_revision: int
    version: int
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Written:
    """A pair was written. `created`: there was none before; None where the service does not say it, as of a batch."""

    revision: int
    created: bool | None


@dataclass(frozen=True)
class BatchWritten:
    """Pairs were written, all at once. `skipped`: keys that existed, with `if_absent`."""

    written: int
    revision: int
    skipped: list[str]


@dataclass(frozen=True)
class BatchDeleted:
    """Pairs were deleted, all at once. `missing`: keys of which there was none."""

    deleted: int
    revision: int
    missing: list[str]


@dataclass(frozen=True)
class Incremented:
    """A number was added. `value`: the sum; None if you may not read it."""

    value: int | float | None
    revision: int


@dataclass(frozen=True)
class Updated(Generic[V]):
    """A value was changed and written."""

    value: V
    revision: int
    created: bool | None


@dataclass(frozen=True)
class Expiry:
    """When a pair expires; None: never."""

    revision: int
    expires_at: datetime | None


@dataclass(frozen=True)
class Change(Generic[V]):
    """A change of a pair. `kind`: "written", "deleted" or "expired"; only a written one has a value.

    `previous`: what a removed pair had, where that was asked for and kept.
    """

    revision: int
    kind: str
    key: str
    value: V | None = None
    expires_at: datetime | None = None
    previous: V | None = None


@dataclass(frozen=True)
class Branch:
    """All pairs whose keys begin with `prefix`, which ends with a delimiter."""

    prefix: str


@dataclass(frozen=True)
class PairPage(Generic[V]):
    """Pairs in the order of their keys. `next_cursor`: `cursor` of the next page; None: there is none."""

    pairs: list[Pair[V]]
    next_cursor: str | None


@dataclass(frozen=True)
class ChangePage(Generic[V]):
    """Changes in order. `last`: `after` of the next page. `oldest`: the oldest revision that is kept."""

    changes: list[Change[V]]
    last: int
    oldest: int


@dataclass(frozen=True)
class ExportedPair(Generic[V]):
    """A pair of an export."""

    key: str
    value: V
    expires_at: datetime | None = None


@dataclass(frozen=True)
class ImportSummary:
    """What became of an import's lines. `errors`: the first hundred refused ones: `line`, `field`, `rule`, `message`."""

    written: int
    skipped: int
    expired: int
    refused: int
    revision: int
    errors: list[dict[str, Any]]


@dataclass(frozen=True)
class Statistics:
    """What a namespace holds. `bytes`: as stored."""

    pairs: int
    bytes: int
    revision: int
    oldest_change: int


class NamespaceSettings(TypedDict, total=False):
    """The settings of a namespace: quotas (None: no limit), and the time to live of pairs that are written without, in seconds.

    `changes_kept`: how many of the latest changes are kept. `history_kept`: how many values of each pair, beyond these.
    """

    description: str
    quota_pairs: int | None
    quota_bytes: int | None
    default_ttl: float | None
    changes_kept: int
    history_kept: int


@dataclass(frozen=True)
class NamespaceInfo:
    """A namespace and its settings."""

    name: str
    description: str
    quota_pairs: int | None
    quota_bytes: int | None
    default_ttl: float | None
    changes_kept: int
    history_kept: int
    created_at: datetime


class _Mark:
    """A value that is none of anybody's."""

    def __repr__(self) -> str:
        return "…"


KEEP: Final[Any] = _Mark()
"""Stands for an argument that was not given, where None means something."""
ABSENT: Final[Any] = _Mark()
"""Stands for the value of a pair that does not exist."""


Ttl = float | timedelta | None
"""Seconds; None: never."""

JSON = {"Content-Type": "application/json"}


def to_seconds(ttl: Ttl) -> float | None:
    """Return a time to live in seconds."""
    return ttl.total_seconds() if isinstance(ttl, timedelta) else ttl


def dump(value: Any) -> bytes:
    """Return a value as JSON. Raises InvalidValue."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:  # also UnicodeEncodeError, for half of a surrogate pair
        raise InvalidValue(f"The value cannot be sent as JSON: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    return "half of a surrogate pair" if isinstance(error, UnicodeError) else str(error)


def load(body: bytes | str) -> Any:
    """Return what JSON says: integers of any length are exact, `1.0` and `1` differ."""
    return json.loads(body)


def parse_time(text: str | None) -> datetime | None:
    """Return a time of the service's; None stays None."""
    return None if text is None else _parse_time(text)


def _parse_time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))  # Python 3.10 knows no Z


def put_value(value: Any) -> dict[str, Any]:
    """Return the member `value` or `binary` that carries a value in JSON."""
    binary = to_binary(value)
    if binary is None:
        return {"value": value}
    return {"binary": {"media_type": binary.media_type, "base64": base64.b64encode(binary).decode()}}


def to_binary(value: Any) -> Binary | None:
    """Return a value of bytes with its media type; None if it is none."""
    if isinstance(value, Binary):
        return value
    return Binary(bytes(value)) if isinstance(value, bytes | bytearray | memoryview) else None


def take_value(members: Mapping[str, Any]) -> Any:
    """Return the value that `value` or `binary` carries; None if there is neither."""
    binary = members.get("binary")
    return members.get("value") if binary is None else _to_binary(binary)


def put_values(pairs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members `data` and, where needed, `binary` that carry values by key."""
    data, binary = {}, {}
    for key, value in pairs.items():
        member = put_value(value)
        if "binary" in member:
            binary[key] = member["binary"]
        else:
            data[key] = value
    return {"data": data, "binary": binary} if binary else {"data": data}


def take_values(members: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values by key that `data` and `binary` carry."""
    values: dict[str, Any] = dict(members["data"])
    for key, binary in members.get("binary", {}).items():
        values[key] = _to_binary(binary)
    return values


def _to_binary(members: Mapping[str, str]) -> Binary:
    return Binary(base64.b64decode(members["base64"]), members["media_type"])


def parse_pair(key: str, value: Any, members: Mapping[str, Any]) -> Pair[Any]:
    """Return a pair from its metadata."""
    return Pair(
        key, value, members["revision"], members["created_revision"], members["version"], parse_time(members["expires_at"])
    )


def parse_change(members: Mapping[str, Any], load_value: Callable[[Any], Any]) -> Change[Any]:
    """Return a change."""
    value = load_value(take_value(members)) if members["kind"] == "written" else None
    previous = load_value(take_value(members["previous"])) if members.get("previous") else None
    return Change(members["revision"], members["kind"], members["key"], value, parse_time(members.get("expires_at")), previous)


def parse_exported(members: Mapping[str, Any], load_value: Callable[[Any], Any]) -> ExportedPair[Any]:
    """Return a pair of a line of an export."""
    return ExportedPair(members["key"], load_value(take_value(members)), parse_time(members.get("expires_at")))


def parse_namespace(members: Mapping[str, Any]) -> NamespaceInfo:
    """Return a namespace."""
    settings = {name: members[name] for name in NamespaceSettings.__annotations__ if name != "history_kept"}
    history_kept = members.get("history_kept", 0)  # services that keep none do not say it
    return NamespaceInfo(members["name"], **settings, history_kept=history_kept, created_at=_parse_time(members["created_at"]))


def in_batches(items: Iterable[Item], size: int, max_bytes: float = math.inf) -> Iterator[list[Item]]:
    """Yield lists of at most `size` items; each ends with the item that makes it as large as `max_bytes`."""
    batch: list[Item] = []
    length = 0
    for item in items:
        batch.append(item)
        length += len(item)
        if len(batch) == size or length >= max_bytes:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch
