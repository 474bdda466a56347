"""Operations without I/O, and how they become methods of both clients.

An operation is written once, as a *flow*: a generator that yields what it needs from the world (`Request`, `Sleep`, `Acquire`,
…), is sent the outcome, and returns its result. A driver (`drivers.py`) carries a flow out, blocking or awaiting. Exceptions of
I/O are thrown into the flow, so `try`, `finally` and `with` work in it as anywhere.

`@operation` and `@stream` make a flow a method: in a subclass of `Blocking` an ordinary one, in a subclass of `Awaiting` a
coroutine function. So names, signatures and docstrings exist once, and type checkers see the right one of each class.
"""

import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

if TYPE_CHECKING:
    from key_value_client.drivers import AsyncDriver, Driver

P = ParamSpec("P")
T = TypeVar("T")

REQUEST_ID = "x-request-id"


@dataclass(frozen=True)
class Request:
    """A request. `safe`: repeating it does no harm, since it changes nothing, or only from a known state.

    `once`: it is a change that the service does once, if it is given an idempotency key.
    """

    method: str
    url: str
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: Any = field(default=None, repr=False)
    """bytes, or an iterable of them, which is sent as a stream."""
    safe: bool = False
    once: bool = False
    timeout: float | None = None
    """Seconds until the answer begins, where that differs from the client's."""
    retry_for: float | None = None
    """Seconds during which it may be repeated, if these are fewer than the client's."""


@dataclass(frozen=True)
class Response:
    """A complete answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Sleep:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Wait:
    """Wait until an event of the driver's is set, so many seconds at most; the outcome is whether it is."""

    event: Any
    seconds: float


@dataclass(frozen=True)
class Acquire:
    """Acquire a lock of the driver's; the flow itself calls its `release`."""

    lock: Any


@dataclass(frozen=True)
class Open:
    """Send a request; the outcome is its `Response`. Of a success the body is empty, and is fetched by `Next`."""

    request: Request
    events: bool
    """Whether the body is Server-Sent Events; otherwise parts of it are fetched as they come."""


@dataclass(frozen=True)
class Next:
    """Fetch the next event or part of the body that `Open` opened; None at its end."""


@dataclass(frozen=True)
class Join:
    """Await what another flow will bring; asynchronous drivers only."""

    awaitable: Awaitable[Any]


@dataclass(frozen=True)
class Emit(Generic[T]):
    """Hand one item to the caller of a stream."""

    item: T


Step = Request | Sleep | Wait | Acquire | Open | Next | Join
Flow = Generator[Step, Any, T]
"""Yields what the driver has to do; returns the result."""
Stream = Generator[Step | Emit[T], Any, None]
"""Yields what the driver has to do, and the items."""


class Blocking:
    """A client whose methods block."""

    _driver: "Driver"

    def __init_subclass__(cls) -> None:
        _add_methods(cls, _blocking_method, _blocking_iterator)


class Awaiting:
    """A client whose methods are awaited."""

    _driver: "AsyncDriver"

    def __init_subclass__(cls) -> None:
        _add_methods(cls, _coroutine_method, _blocking_iterator)  # an asynchronous iterator is made without awaiting


class operation(Generic[P, T]):  # noqa: N801 - a decorator
    """Make a flow a method that returns its result, or a coroutine function that does."""

    def __init__(self, flow: Callable[Concatenate[Any, P], Flow[T]]) -> None:
        self.flow = flow
        self.__doc__ = flow.__doc__

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> "operation[P, T]": ...
        @overload
        def __get__(self, instance: Blocking, owner: Any) -> Callable[P, T]: ...
        @overload
        def __get__(self, instance: Awaiting, owner: Any) -> Callable[P, Coroutine[Any, Any, T]]: ...
        def __get__(self, instance: Any, owner: Any) -> Any: ...


class stream(Generic[P, T]):  # noqa: N801 - a decorator
    """Make a flow that emits items a method that returns an iterator of them, or an asynchronous iterator."""

    def __init__(self, flow: Callable[Concatenate[Any, P], Stream[T]]) -> None:
        self.flow = flow
        self.__doc__ = flow.__doc__

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> "stream[P, T]": ...
        @overload
        def __get__(self, instance: Blocking, owner: Any) -> Callable[P, Iterator[T]]: ...
        @overload
        def __get__(self, instance: Awaiting, owner: Any) -> Callable[P, AsyncIterator[T]]: ...
        def __get__(self, instance: Any, owner: Any) -> Any: ...


Function = Callable[..., Any]


def _blocking_method(flow: Function) -> Function:
    def method(self: Any, *args: Any, **options: Any) -> Any:
        return self._driver.run(flow(self, *args, **options))

    return method


def _coroutine_method(flow: Function) -> Function:
    async def method(self: Any, *args: Any, **options: Any) -> Any:
        return await self._driver.run(flow(self, *args, **options))

    return method


def _blocking_iterator(flow: Function) -> Function:
    def method(self: Any, *args: Any, **options: Any) -> Any:
        return self._driver.iterate(flow(self, *args, **options))

    return method


def _add_methods(cls: type, make_method: Callable[[Function], Function], make_iterator: Callable[[Function], Function]) -> None:
    members = {name: member for base in reversed(cls.__mro__) for name, member in vars(base).items()}
    for name, member in members.items():
        if isinstance(member, operation | stream):
            make = make_method if isinstance(member, operation) else make_iterator
            method = functools.wraps(member.flow)(make(member.flow))
            method.__qualname__ = f"{cls.__name__}.{name}"
            setattr(cls, name, method)
