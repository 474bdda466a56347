"""Exports of other stores, as the lines that an import takes."""

import base64
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, BinaryIO

from key_value_cli.failures import Failure
from key_value_client.values import put_value

_LOST = {"flags": "flags", "lease": "leases"}  # members of entries that pairs have nothing for


@dataclass(frozen=True)
class ForeignPairs:
    """Lines for an import, and how many entries had something that a pair cannot keep, by what it is called."""

    lines: list[dict[str, Any]]
    lost: dict[str, int]


def read_consul(file: BinaryIO, *, parse_json: bool) -> ForeignPairs:
    """Read the output of `consul kv export`. Raises Failure."""
    command = "`consul kv export`"
    entries = _load(file, command)
    if not isinstance(entries, list):
        raise Failure(f"This is not the output of {command}, which is a JSON array.")
    return _convert(entries, command, is_key_base64=False, parse_json=parse_json)


def read_etcd(file: BinaryIO, *, parse_json: bool) -> ForeignPairs:
    """Read the output of `etcdctl get --prefix "" -w json`. Raises Failure."""
    command = '`etcdctl get --prefix "" -w json`'
    answer = _load(file, command)
    entries = answer.get("kvs", []) if isinstance(answer, dict) and "header" in answer else None
    if not isinstance(entries, list):
        raise Failure(f"This is not the output of {command}, which has `header` and `kvs`.")
    return _convert(entries, command, is_key_base64=True, parse_json=parse_json)


def _load(file: BinaryIO, command: str) -> Any:
    try:
        return json.load(file)
    except (ValueError, RecursionError) as error:
        raise Failure(f"This is not the output of {command}: {error}") from None


def _convert(entries: list[Any], command: str, *, is_key_base64: bool, parse_json: bool) -> ForeignPairs:
    lines = []
    lost: Counter[str] = Counter()
    for number, entry in enumerate(entries, 1):
        try:
            key = base64.b64decode(entry["key"], validate=True).decode() if is_key_base64 else str(entry["key"])
            content = base64.b64decode(entry.get("value") or "", validate=True)
        except UnicodeDecodeError:
            raise Failure(f"The key of entry {number} is not UTF-8. Nothing was imported.") from None
        except (KeyError, TypeError, AttributeError, ValueError):
            raise Failure(f"Entry {number} is not what {command} writes. Nothing was imported.") from None
        lost.update(_LOST[name] for name in _LOST if entry.get(name))
        lines.append({"key": key} | _to_member(content, parse_json=parse_json))
    return ForeignPairs(lines, lost)


def _to_member(content: bytes, *, parse_json: bool) -> dict[str, Any]:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return put_value(content)
    if parse_json:
        try:
            return put_value(json.loads(text))
        except (ValueError, RecursionError):
            pass
    return put_value(text)
