"""Join concurrent calls of an AsyncClient into batches: what is called within one turn of the event loop is one request."""

import asyncio
import copy
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from key_value_client.batches import MAX_BATCH, read_values, write_values
from key_value_client.caching import Cache
from key_value_client.channel import Channel
from key_value_client.drivers import AsyncDriver
from key_value_client.errors import BodyTooLarge, InsufficientScope, KeyValueError, QuotaExceeded, RuleBroken
from key_value_client.flows import Flow
from key_value_client.tracing import add_caller, link
from key_value_client.values import ABSENT, Written, dump, to_binary

K = TypeVar("K", bound=Hashable)
A = TypeVar("A")
R = TypeVar("R")

OWN_REFUSALS = (BodyTooLarge, InsufficientScope, QuotaExceeded, RuleBroken)
"""What may refuse a batch because of one of its calls, or because there are too many of them."""


class Batches(Generic[K, A, R]):
    """Calls by key, with an argument each, which one request carries.

    `send` is given the arguments by key and returns the results by key. Each caller gets its own result or exception: a batch
    that is refused is halved until the refusal concerns one call alone. `in_order`: a batch begins when the one before has ended.
    """

    def __init__(
        self,
        driver: AsyncDriver,
        send: Callable[[Mapping[K, A]], Flow[Mapping[K, R]]],
        max_size: int,
        *,
        in_order: bool = False,
    ) -> None:
        self._driver = driver
        self._send = send
        self._max_size = max_size
        self._in_order = in_order
        self._waiting: dict[K, tuple[A, list[asyncio.Future[R]]]] = {}
        self._callers: list[Any] = []
        """The spans of those that wait, where the program traces."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: asyncio.Task[None] | None = None

    def __contains__(self, key: object) -> bool:
        return key in self._waiting

    def add(self, key: K, argument: A) -> "asyncio.Future[R]":
        """Return the result to come. Calls of one key share it, and the argument of the first."""
        loop = asyncio.get_running_loop()
        if len(self._waiting) == self._max_size and key not in self._waiting:
            self.flush()
        if not self._waiting:
            loop.call_soon(self.flush)
        add_caller(self._callers)
        future: asyncio.Future[R] = loop.create_future()
        self._waiting.setdefault(key, (argument, []))[1].append(future)
        return future

    def flush(self) -> None:
        """Send what waits."""
        if self._waiting:
            batch, self._waiting = self._waiting, {}
            callers, self._callers = self._callers, []
            task = asyncio.get_running_loop().create_task(self._settle(batch, callers, self._last))
            self._last = task if self._in_order else None
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _settle(
        self,
        batch: Mapping[K, tuple[A, list[asyncio.Future[R]]]],
        callers: Sequence[Any],
        before: asyncio.Task[None] | None,
    ) -> None:
        link(callers)
        if before is not None:
            await asyncio.wait([before])
        arguments = {key: argument for key, (argument, _) in batch.items()}
        try:
            results = await self._driver.run(send_or_halve(arguments, self._send))
        except BaseException as error:
            results = dict.fromkeys(batch, error)
            if not isinstance(error, KeyValueError):
                raise
        finally:
            for key, (_, futures) in batch.items():
                for future in futures:
                    _settle(future, results[key])


def _settle(future: "asyncio.Future[R]", result: R | BaseException) -> None:
    if future.done():  # its caller was cancelled
        return
    if isinstance(result, BaseException):
        future.set_exception(copy.copy(result))  # each caller adds its own traceback
    else:
        future.set_result(result)


def send_or_halve(calls: Mapping[K, A], send: Callable[[Mapping[K, A]], Flow[Mapping[K, R]]]) -> Flow[dict[K, R | BaseException]]:
    """Return the results of calls by key, and the exceptions of those that were refused."""
    try:
        return {**(yield from send(calls))}
    except OWN_REFUSALS as refusal:
        if len(calls) == 1:
            return dict.fromkeys(calls, refusal)
    keys = list(calls)
    results: dict[K, R | BaseException] = {}
    for half in (keys[: len(keys) // 2], keys[len(keys) // 2 :]):
        results |= yield from send_or_halve({key: calls[key] for key in half}, send)
    return results


class NamespaceBatches:
    """The batches of one namespace, which all its objects of one client share."""

    def __init__(self, name: str, channel: Channel, driver: AsyncDriver, cache: Cache | None = None) -> None:
        self._name = name
        self._channel = channel
        self._cache = cache
        self.reads: Batches[str, None, tuple[Any, str]] = Batches(driver, self._read, MAX_BATCH)
        """Of each key its value, or ABSENT, and the id of the request."""
        self._writes: Batches[str, Any, Written] = Batches(driver, self._write, MAX_BATCH, in_order=True)

    def write(self, key: str, value: Any) -> "asyncio.Future[Written]":
        """Return the result to come of writing a pair. Raises InvalidValue."""
        if to_binary(value) is None:
            dump(value)  # a value that cannot be sent concerns its caller alone
        if key in self._writes:  # each gets a revision of its own
            self._writes.flush()
        return self._writes.add(key, value)

    def _read(self, keys: Mapping[str, None]) -> Flow[dict[str, tuple[Any, str]]]:
        wanted = list(keys)
        reading = read_values(self._channel, self._name, wanted) if self._cache is None else self._cache.read_values(wanted)
        values, request_id = yield from reading
        return {key: (values.get(key, ABSENT), request_id) for key in keys}

    def _write(self, values: Mapping[str, Any]) -> Flow[dict[str, Written]]:
        try:
            last = (yield from write_values(self._channel, self._name, values)).revision
        finally:
            if self._cache is not None:
                self._cache.forget(values)
        # Each takes the next revision, in the order of the request, whose bytes come last.
        keys = sorted(values, key=lambda key: to_binary(values[key]) is not None)
        return {key: Written(last - len(keys) + 1 + place, created=None) for place, key in enumerate(keys)}
