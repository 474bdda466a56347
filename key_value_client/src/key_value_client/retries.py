"""Repeat requests that may be repeated, when they may be: tenacity's policies, carried out as flows."""

import sys
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Protocol
from uuid import uuid4

from tenacity import (
    BaseRetrying,
    DoAttempt,
    DoSleep,
    RetryCallState,
    retry_if_exception,
    stop_before_delay,
    wait_random_exponential,
)

from key_value_client.errors import (
    AnswerLost,
    KeyValueError,
    Problem,
    RevisionConflict,
    RuleBroken,
    StoreFull,
    TooManyIdempotencyKeys,
    TransportError,
    parse_problem,
)
from key_value_client.flows import REQUEST_ID, Flow, Request, Response, Sleep, T
from key_value_client.tracing import RequestSpan

BACKOFF = wait_random_exponential(multiplier=0.05, max=2.0)
REPEATABLE_STATUSES = frozenset({429, 502, 503, 504})


class FlowRetrying(BaseRetrying):
    """A policy of tenacity's for flows: it yields `Sleep` where `Retrying` would sleep."""

    def __call__(self, fn: Callable[..., Flow[T]], *args: Any, **kwargs: Any) -> Flow[T]:  # type: ignore[override]
        """Carry out the flows that `fn` makes until one is good, or no more may follow."""
        state = RetryCallState(self, fn, args, kwargs)
        while True:
            self.begin()  # tenacity's statistics are of one thread, and a flow may go on in another one
            action = self.iter(state)
            if isinstance(action, DoAttempt):
                try:
                    state.set_result((yield from fn(*args, **kwargs)))
                except Exception:  # noqa: BLE001 - the policy decides
                    state.set_exception(sys.exc_info())  # type: ignore[arg-type]
            elif isinstance(action, DoSleep):
                state.prepare_for_next_attempt()
                yield Sleep(action)
            else:
                result: T = action
                return result


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked_for = error.retry_after if isinstance(error, Problem) else None
    return max(BACKOFF(state), asked_for or 0.0)


Attempt = Callable[[Request], Flow[Response]]


class Retries:
    """Sends requests, and repeats what may be repeated for so many seconds at most.

    What was surely not done (no connection; 429; 503 `busy` and others) is repeated in any case. Where it may have been done (no
    answer; 503 `store-unavailable`, `shutting-down`; 502, 504), that is repeated which is safe, and a change with an idempotency
    key, if the service knows such keys.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def send(self, request: Request, attempt: Attempt | None = None, keys: "Keys | None" = None) -> Flow[Response]:
        """Send a request until it is answered with a success. Raises Problem or TransportError."""
        sending = _Sending(request, attempt or self.attempt, keys)
        seconds = self._seconds if request.retry_for is None else min(self._seconds, request.retry_for)
        policy = FlowRetrying(
            stop=stop_before_delay(seconds), wait=_wait, retry=retry_if_exception(sending.may_repeat), reraise=True
        )
        return (yield from policy(sending.send))

    def attempt(self, request: Request) -> Flow[Response]:
        """Send a request once. Raises Problem or TransportError."""
        return (yield from check(request))


class Keys(Protocol):
    """Idempotency keys, as far as they concern the sending of a request."""

    def add_key(self, request: Request) -> Request:
        """Return the request with a key, if it is a change and there may be one."""

    def are_known(self) -> Flow[bool]:
        """Return whether the service does a request with a key once, however often it is sent."""

    def are_too_many(self, seconds: float) -> None:
        """Use none for so long."""


class _Sending:
    """What is known of one request that may have to be repeated."""

    def __init__(self, request: Request, attempt: Attempt, keys: Keys | None) -> None:
        self._plain = request
        self._attempt = attempt
        self._keys = keys
        self._request = keys.add_key(request) if keys else request
        self._lost: KeyValueError | None = None
        """Why it is unknown whether the request was done."""

    @property
    def _is_keyed(self) -> bool:
        return self._request is not self._plain

    def may_repeat(self, error: BaseException) -> bool:
        if not is_temporary(error) or isinstance(error.__cause__, RevisionConflict):  # which is found again each time
            return False
        if isinstance(error, AnswerLost) or (isinstance(error, Problem) and error.maybe_done):
            self._lost = error
        return self._plain.safe or self._is_keyed or self._lost is None

    def send(self) -> Flow[Response]:
        if self._lost is not None and self._keys and self._is_keyed and not (yield from self._keys.are_known()):
            self._request = self._plain
            if not self._plain.safe:
                raise self._lost
        try:
            return (yield from self._attempt(self._request))
        except RevisionConflict as conflict:
            if self._lost is None or self._is_keyed:
                raise
            message = "An answer was lost, and the repeated request found another revision: it may have been done or not."
            raise AnswerLost(message, conflict.request_id) from conflict
        except (RuleBroken, StoreFull, TooManyIdempotencyKeys) as refusal:
            if not self._is_keyed or self._lost is not None or not self._is_of_the_key(refusal):
                raise
        self._request = self._plain  # without a key it may be done
        return (yield from self._attempt(self._request))

    def _is_of_the_key(self, refusal: Problem) -> bool:
        """Return whether the service may have refused the request because it cannot keep the answer."""
        if isinstance(refusal, TooManyIdempotencyKeys) and self._keys:
            self._keys.are_too_many(refusal.retry_after or 1.0)
        return not isinstance(refusal, RuleBroken) or any(broken.get("rule") == "answer_size" for broken in refusal.errors)


def check(request: Request, wrap: Callable[[Request], Any] | None = None) -> Flow[Response]:
    """Send a request with an id; return the answer. Raises Problem if it is an error."""
    request = replace(request, headers={**request.headers, REQUEST_ID: uuid4().hex})
    span = RequestSpan(request)
    try:
        response: Response = yield (wrap(span.request) if wrap else span.request)
    except BaseException as error:
        span.fail(error)
        raise
    span.end(response.status)
    if response.status >= HTTPStatus.BAD_REQUEST:
        headers = response.headers
        request_id = headers.get(REQUEST_ID, request.headers[REQUEST_ID])
        raise parse_problem(response.status, response.body, request_id, headers.get("retry-after"))
    return response


def endless(fn: Callable[..., Any], *args: Any) -> Any:
    """Carry out the flows that `fn` makes until one is good, however long the service cannot be reached."""
    policy = FlowRetrying(wait=_wait, retry=retry_if_exception(is_temporary), reraise=True)
    return policy(fn, *args)


def is_temporary(error: BaseException) -> bool:
    """Return whether a later request may be answered."""
    return isinstance(error, TransportError) or (isinstance(error, Problem) and error.status in REPEATABLE_STATUSES)
