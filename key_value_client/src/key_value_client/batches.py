"""Operations on several pairs of a namespace, as the service has them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from key_value_client.channel import Channel
from key_value_client.flows import REQUEST_ID, Flow, Request, Response
from key_value_client.values import JSON, BatchWritten, dump, load, put_values, take_values

MAX_BATCH = 1000


def post(
    channel: Channel, path: str, body: Any, *, safe: bool, once: bool = False, retry_for: float | None = None
) -> Flow[Response]:
    """Send an operation on several pairs."""
    request = Request("POST", channel.url + path, {}, JSON, dump(body), safe, once, retry_for=retry_for)
    return (yield from channel.send(request))


def read_values(channel: Channel, namespace: str, keys: list[str]) -> Flow[tuple[dict[str, Any], str]]:
    """Return the values of those keys that exist, and the request's id."""
    response = yield from post(channel, "/read", {"keys": keys, "namespace": namespace}, safe=True)
    return take_values(load(response.body)), response.headers.get(REQUEST_ID, "")


def write_values(
    channel: Channel, namespace: str, values: Mapping[str, Any], options: Mapping[str, Any] = MappingProxyType({})
) -> Flow[BatchWritten]:
    """Write values, all at once or none."""
    body = {"namespace": namespace, **put_values(values), **options}
    is_safe = bool(options.get("if_revision")) and "if_absent" not in options
    answer = load((yield from post(channel, "/write", body, safe=is_safe, once=True)).body)
    return BatchWritten(answer["written"], answer["revision"], answer["skipped"])
