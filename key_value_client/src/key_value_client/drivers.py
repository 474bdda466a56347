"""Carry flows out: the only two places that do I/O, one blocking, one awaiting.

What httpx raises becomes `NotSent` or `AnswerLost`; everything else about a request stands in flows.
"""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
from httpx_sse import EventSource, SSEError

from key_value_client.errors import AnswerLost, ClientClosed, NotSent
from key_value_client.flows import REQUEST_ID, Acquire, Emit, Flow, Join, Next, Open, Request, Response, Sleep, Step, T, Wait

logger = logging.getLogger("key_value_client")

_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, SSEError)


@dataclass(frozen=True)
class _End:
    """A flow has ended."""

    result: Any


def _translate(error: Exception, request: Request) -> NotSent | AnswerLost:
    what = f"{request.method} {request.url}: {error or type(error).__name__}"
    return (NotSent if isinstance(error, _UNSENT) else AnswerLost)(what, request.headers.get(REQUEST_ID, ""))


def _arguments(http: httpx.Client | httpx.AsyncClient, request: Request) -> dict[str, Any]:
    if http.is_closed:
        raise ClientClosed("The client is closed.")
    arguments: dict[str, Any] = {"params": request.params, "headers": request.headers, "content": request.content}
    if request.timeout is not None:
        usual = http.timeout
        connect = min(request.timeout, usual.connect or request.timeout)
        arguments["timeout"] = httpx.Timeout(connect=connect, read=request.timeout, write=usual.write, pool=usual.pool)
    return arguments


class Driver:
    """Carries flows out and blocks meanwhile. Threads may share one."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self.make_lock = threading.Lock
        self.make_event = threading.Event

    def run(self, flow: Flow[T]) -> T:
        """Carry a flow out; return its result."""
        opened = _Opened()
        try:
            result: T = self._advance(flow, opened).result
        finally:
            opened.close()
        return result

    def iterate(self, flow: Flow[T]) -> Iterator[T]:
        """Carry a stream out; yield what it emits."""
        opened = _Opened()
        try:
            while isinstance(step := self._advance(flow, opened), Emit):
                yield step.item
        finally:
            flow.close()
            opened.close()

    def start(self, flow: Flow[None]) -> None:
        """Carry a flow out in a thread of its own, which does not keep the process alive."""
        threading.Thread(target=self._run_in_background, args=(flow,), name="key_value_client", daemon=True).start()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def _run_in_background(self, flow: Flow[None]) -> None:
        try:
            self.run(flow)
        except Exception:
            if not self._http.is_closed:
                logger.exception("what ran in the background has failed")

    def _advance(self, flow: Flow[Any], opened: "_Opened") -> Any:
        try:
            step = flow.send(None)
            while not isinstance(step, Emit):
                try:
                    outcome = self._perform(step, opened)
                except BaseException as error:  # noqa: BLE001, PERF203 - the flow decides, and releases what it holds
                    step = flow.throw(error)
                else:
                    step = flow.send(outcome)
        except StopIteration as end:
            return _End(end.value)
        return step

    def _perform(self, step: Step, opened: "_Opened") -> Any:
        if isinstance(step, Request):
            try:
                answer = self._http.request(step.method, step.url, **_arguments(self._http, step))
            except _FAILURES as error:
                raise _translate(error, step) from error
            return Response(answer.status_code, answer.headers, answer.content)
        if isinstance(step, Next):
            return opened.next()
        if isinstance(step, Open):
            return opened.open(self._http, step)
        if isinstance(step, Acquire):
            return step.lock.acquire()
        if isinstance(step, Wait):
            return step.event.wait(step.seconds)
        if isinstance(step, Sleep):
            return time.sleep(step.seconds)
        raise TypeError(step)


class _Opened:
    """The body that a flow is fetching, if any."""

    def __init__(self) -> None:
        self._answer: httpx.Response | None = None

    def open(self, http: httpx.Client, step: Open) -> Response:
        self.close()
        request = step.request
        arguments = _arguments(http, request)
        try:
            answer = http.send(http.build_request(request.method, request.url, **arguments), stream=True)
            if answer.is_success:
                self._request, self._answer = request, answer
                self._items: Iterator[Any] = EventSource(answer).iter_sse() if step.events else answer.iter_bytes()
                return Response(answer.status_code, answer.headers, b"")
            try:
                return Response(answer.status_code, answer.headers, answer.read())
            finally:
                answer.close()
        except _FAILURES as error:
            raise _translate(error, request) from error

    def next(self) -> Any:
        try:
            return next(self._items, None)
        except _FAILURES as error:
            raise _translate(error, self._request) from error

    def close(self) -> None:
        if self._answer is not None:
            self._answer.close()


class AsyncDriver:
    """Carries flows out and awaits meanwhile. Tasks of one event loop may share one."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self.make_lock = asyncio.Lock
        self.make_event = asyncio.Event
        self._background: set[asyncio.Task[None]] = set()

    async def run(self, flow: Flow[T]) -> T:
        """Carry a flow out; return its result."""
        opened = _AsyncOpened()
        try:
            result: T = (await self._advance(flow, opened)).result
        finally:
            await opened.close()
        return result

    async def iterate(self, flow: Flow[T]) -> AsyncIterator[T]:
        """Carry a stream out; yield what it emits."""
        opened = _AsyncOpened()
        try:
            while isinstance(step := await self._advance(flow, opened), Emit):
                yield step.item
        finally:
            flow.close()
            await opened.close()

    def start(self, flow: Flow[None]) -> None:
        """Carry a flow out in a task of its own."""
        task = asyncio.get_running_loop().create_task(self._run_in_background(flow))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def stop(self) -> None:
        """Cancel what `start` began."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def _run_in_background(self, flow: Flow[None]) -> None:
        try:
            await self.run(flow)
        except Exception:
            logger.exception("what ran in the background has failed")

    async def _advance(self, flow: Flow[Any], opened: "_AsyncOpened") -> Any:
        try:
            step = flow.send(None)
            while not isinstance(step, Emit):
                try:
                    outcome = await self._perform(step, opened)
                except BaseException as error:  # noqa: BLE001, PERF203 - the flow decides, and releases what it holds
                    step = flow.throw(error)
                else:
                    step = flow.send(outcome)
        except StopIteration as end:
            return _End(end.value)
        return step

    async def _perform(self, step: Step, opened: "_AsyncOpened") -> Any:
        if isinstance(step, Request):
            try:
                answer = await self._http.request(step.method, step.url, **_to_async(_arguments(self._http, step)))
            except _FAILURES as error:
                raise _translate(error, step) from error
            return Response(answer.status_code, answer.headers, answer.content)
        if isinstance(step, Next):
            return await opened.next()
        if isinstance(step, Open):
            return await opened.open(self._http, step)
        if isinstance(step, Acquire):
            return await step.lock.acquire()
        if isinstance(step, Join):
            return await step.awaitable
        if isinstance(step, Wait):
            return await _wait(step)
        return await asyncio.sleep(step.seconds)


class _AsyncOpened:
    """The body that a flow is fetching, if any."""

    def __init__(self) -> None:
        self._answer: httpx.Response | None = None

    async def open(self, http: httpx.AsyncClient, step: Open) -> Response:
        await self.close()
        request = step.request
        arguments = _to_async(_arguments(http, request))
        try:
            answer = await http.send(http.build_request(request.method, request.url, **arguments), stream=True)
            if answer.is_success:
                self._request, self._answer = request, answer
                self._items: AsyncIterator[Any] = EventSource(answer).aiter_sse() if step.events else answer.aiter_bytes()
                return Response(answer.status_code, answer.headers, b"")
            try:
                return Response(answer.status_code, answer.headers, await answer.aread())
            finally:
                await answer.aclose()
        except _FAILURES as error:
            raise _translate(error, request) from error

    async def next(self) -> Any:
        try:
            return await anext(self._items, None)
        except _FAILURES as error:
            raise _translate(error, self._request) from error

    async def close(self) -> None:
        if self._answer is not None:
            await self._answer.aclose()


async def _wait(step: Wait) -> bool:
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(step.event.wait(), step.seconds)
    is_set: bool = step.event.is_set()
    return is_set


def _to_async(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with a body that httpx can send from an event loop."""
    content = arguments["content"]
    is_plain = content is None or isinstance(content, bytes) or not isinstance(content, Iterable)
    return arguments if is_plain else arguments | {"content": _iterate(content)}


async def _iterate(parts: Iterable[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
