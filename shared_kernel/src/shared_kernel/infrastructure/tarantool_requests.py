"""Requests to Tarantool that wait for their responses."""

import asyncio
import math
import time
from typing import Any

from shared_kernel.infrastructure.tarantool_instance import TarantoolInstance

RESPONSE_TIMEOUT_SECONDS = 1.5
SWEEP_SECONDS = 0.2


class PendingRequests:
    """Ends those that wait for too long, with TimeoutError."""

    def __init__(self) -> None:
        self.started_at: dict[asyncio.Future[Any], float] = {}
        """Start of each (time.monotonic()), oldest first."""
        self._left: TarantoolInstance | None = None
        self._left_at = -math.inf

    def leave(self, instance: TarantoolInstance) -> None:
        """Take what was sent until now for sent to this instance, which another one has replaced as the leader.

        It ends as soon as the instance is silent: one that answers is about to say what became of each request.
        """
        self._left, self._left_at = instance, time.monotonic()

    async def time_out(self) -> None:
        """End requests until cancelled."""
        # One timer for all requests: a timer per request would cost an eighth of a read.
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            deadline = self._find_deadline()
            for response, started_at in self.started_at.items():
                if started_at > deadline:
                    break
                if not response.done():
                    response.set_exception(TimeoutError())

    def _find_deadline(self) -> float:
        """Return the moment until which a request must have been sent to end now."""
        deadline = time.monotonic() - RESPONSE_TIMEOUT_SECONDS
        if self._left is not None and self._left.is_silent:
            return max(deadline, self._left_at)
        return deadline
