"""Turns of long work, so that requests do not wait for it."""

import asyncio
from asyncio import AbstractEventLoop, Future
from collections import deque
from weakref import WeakKeyDictionary

_waiting: WeakKeyDictionary[AbstractEventLoop, deque[Future[None]]] = WeakKeyDictionary()


async def take_turn() -> None:
    """Return when it is the caller's turn: in each iteration of the event loop one of those that wait, in order.

    However many bodies are decoded at the same time, other requests wait for one piece of one of them.
    """
    loop = asyncio.get_running_loop()
    queue = _waiting.setdefault(loop, deque())
    turn = loop.create_future()
    queue.append(turn)
    if len(queue) == 1:
        loop.call_soon(_let_next, loop, queue)
    await turn


def _let_next(loop: AbstractEventLoop, queue: deque[Future[None]]) -> None:
    turn = queue[0]
    if not turn.done():  # a cancelled task waits no more
        turn.set_result(None)
    queue.popleft()
    if queue:
        loop.call_soon(_let_next, loop, queue)
