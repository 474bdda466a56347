"""A pair with a time to live that somebody holds: taken, renewed, given back or lost."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from key_value_client.batches import post
from key_value_client.caching import Cache
from key_value_client.channel import Channel
from key_value_client.clocks import Stopwatch
from key_value_client.errors import (
    AnswerLost,
    InsufficientScope,
    KeyMissing,
    KeyValueError,
    LockLost,
    NamespaceMissing,
    RevisionConflict,
    RevisionGone,
)
from key_value_client.flows import Acquire, Flow, Request, Sleep, Wait
from key_value_client.values import JSON, dump, load, take_values

logger = logging.getLogger("key_value_client")

POLL_SECONDS = 20.0
"""How long one request waits for the end of somebody else's lease; the service allows 25."""
PAUSE_SECONDS = 1.0
"""Between attempts of clients that may not watch."""
SLICE_SECONDS = 1.0
"""How soon a loss is noticed after the machine was suspended, while which waiting makes no progress."""
UNDO_SECONDS = 1.0

ENDED = (KeyMissing, RevisionConflict, NamespaceMissing)
"""The answers that tell a holder that its lease has ended."""


@dataclass(frozen=True)
class Holder:
    """Who holds a lock, or leads. `token`: the revision at which that began, the fencing token."""

    name: str
    token: int


@dataclass(frozen=True)
class LeasedPair:
    """The pair of a lock or an election: where it is, and how long it lives without a renewal."""

    channel: Channel
    driver: Any
    namespace: str
    url: str
    """Of the namespace."""
    key: str
    ttl: float
    margin: float
    """So many seconds before the end of the time to live a holder regards it as ended: clocks run at different speeds."""
    cache: Cache | None

    def obtain(self, name: str, timeout: float | None) -> Flow["Lease | None"]:
        """Take the lease; wait so many seconds for others to give it back (None: for ever). Return None if they do not."""
        ends = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if ends is None else max(0.0, ends - time.monotonic())
            lease = yield from self._take({"holder": name, "id": uuid4().hex}, left)
            if lease is not None or left == 0:
                return lease
            yield from self._wait_for_the_end(left)

    def find_holder(self) -> Flow[tuple[Holder | None, int]]:
        """Return the holder, if any, and the revision as of which that is so."""
        value, revision, seen = yield from self._read()
        return to_holder(value, revision) if revision else None, seen

    def extend(self, revision: int) -> Flow[tuple[int, Stopwatch]]:
        """Renew the time to live of a pair that has a revision; return the present one, and the time since that was asked for."""
        since = Stopwatch()
        request = self.change("PUT", "/pair/ttl", revision, self.ttl / 4, dump({"ttl": self.ttl}))
        return load((yield from self.channel.attempt(request)).body)["revision"], since

    def change(self, method: str, path: str, revision: int, timeout: float, body: bytes | None = None) -> Request:
        """Return a request that changes the pair if it still has a revision, and that is repeated for so long at most."""
        return Request(
            method,
            f"{self.url}{path}",
            {"key": self.key},
            {**JSON, "If-Match": f'"{revision}"'},
            body,
            safe=True,
            once=True,
            timeout=timeout,
            retry_for=timeout,
        )

    def forget(self) -> None:
        """Let the cache drop the pair."""
        if self.cache is not None:
            self.cache.forget([self.key])

    def _take(self, value: dict[str, str], retry_for: float | None) -> Flow["Lease | None"]:
        since = Stopwatch()
        params = {"key": self.key, "ttl": self.ttl}
        headers = JSON | {"If-None-Match": "*"}
        body = dump(value)
        request = Request("PUT", f"{self.url}/pair", params, headers, body, safe=True, once=True, retry_for=retry_for)
        try:
            revision: int = load((yield from self.channel.send(request)).body)["revision"]
        except RevisionConflict:
            return None
        except AnswerLost:
            found, revision, _ = yield from self._read()
            if found != value:
                raise
        except BaseException as error:
            if not isinstance(error, Exception | GeneratorExit):  # cancelled, or Ctrl-C
                yield from self._undo(value)
            raise
        finally:
            self.forget()
        present = revision
        if since.elapsed() > self.ttl / 3:  # that took long, as a login does: perhaps it has ended already
            try:
                present, since = yield from self.extend(revision)
            except ENDED:
                return None
        lease = Lease(self, revision, present, since)
        return lease if lease.is_held else None

    def _undo(self, value: dict[str, str]) -> Flow[None]:
        """Give back what an interrupted request may have taken. What fails ends with its time to live."""
        compare = [{"target": "value", "key": self.key, "operator": "=", "operand": value}]
        body = {"compare": compare, "then": [{"operation": "delete", "key": self.key}], "else": []}
        url = f"{self.url}/transactions"
        try:
            yield from self.channel.attempt(Request("POST", url, {}, JSON, dump(body), safe=True, timeout=UNDO_SECONDS))
        except KeyValueError as error:
            logger.warning("the lease of %r may last for its time to live: %s", self.key, error)

    def _read(self, retry_for: float | None = None) -> Flow[tuple[Any, int, int]]:
        """Return the pair's value and revision (None and 0 if there is none), and the namespace's revision."""
        body = {"keys": [self.key], "namespace": self.namespace, "metadata": True}
        answer = load((yield from post(self.channel, "/read", body, safe=True, retry_for=retry_for)).body)
        metadata = answer["metadata"].get(self.key, {"revision": 0})
        return take_values(answer).get(self.key), metadata["revision"], answer["revision"]

    def _wait_for_the_end(self, left: float | None) -> Flow[None]:
        """Wait until the pair has changed, but not for ever: its removal may be late."""
        ends = time.monotonic() + min(POLL_SECONDS, POLL_SECONDS if left is None else left)
        try:
            _, revision, seen = yield from self._read(left)
            while revision and (wait := ends - time.monotonic()) > 0:
                params = {"prefix": self.key, "after": seen, "wait": round(wait, 3)}
                request = Request("GET", f"{self.url}/changes", params, safe=True, timeout=wait + 10, retry_for=left)
                page = load((yield from self.channel.send(request)).body)
                seen = page["last"]
                if any(change["key"] == self.key for change in page["changes"]):
                    return
        except RevisionGone:
            return
        except InsufficientScope:  # with a scope on this key alone it may not be watched
            yield Sleep(min(PAUSE_SECONDS, max(0.0, ends - time.monotonic())))


class Lease:
    """A lease, from when it was taken until it is given back or lost.

    Its holder regards it as held for its time to live, less the margin, from before the last successful request was sent.
    """

    def __init__(self, pair: LeasedPair, token: int, revision: int, since: Stopwatch) -> None:
        self._pair = pair
        self.token = token
        """The revision at which it was taken: greater than that of all holders before."""
        self.revision = revision
        """The present one, which differs only where the clock of the database was set back."""
        self._since = since
        self._ended = pair.driver.make_event()
        self._renewing = pair.driver.make_lock()
        self._trouble: KeyValueError | None = None
        self.loss: LockLost | None = None
        """How it was lost, if it was."""

    @property
    def is_held(self) -> bool:
        """Whether it is held, as far as can be known without asking. Once it is not, it never is again."""
        if not self._ended.is_set() and self._remaining() <= 0:
            self._lose(f"It could not be renewed in time. {self._trouble or ''}".strip())
        return not self._ended.is_set()

    def keep(self) -> Flow[None]:
        """Renew it until it ends."""
        pause = self._pair.ttl / 3
        while not (yield Wait(self._ended, pause)):
            yield Acquire(self._renewing)
            try:
                is_renewed = yield from self.renew()
            finally:
                self._renewing.release()
            pause = max(0.0, self._pair.ttl / 3 - self._since.elapsed()) if is_renewed else self._pair.ttl / 20

    def watch_over(self, on_lost: Callable[[], object] | None) -> Flow[None]:
        """Call `on_lost` when it is lost, also while a renewal waits for an answer."""
        while self.is_held:
            yield Wait(self._ended, min(SLICE_SECONDS, max(0.0, self._remaining())))
        if self.loss is not None and on_lost is not None:
            on_lost()

    def renew(self) -> Flow[bool]:
        """Renew it once; return whether that was done."""
        if not self.is_held:
            return False
        try:
            revision, since = yield from self._pair.extend(self.revision)
        except ENDED as error:
            self._lose(str(error))
            return False
        except KeyValueError as error:
            self._trouble = error
            return False
        if self.is_held:
            self.revision, self._since = revision, since
        return True

    def give_back(self) -> Flow[None]:
        """Give it back. Raises LockLost if it was lost."""
        is_held = self.is_held
        self._ended.set()
        if not is_held:
            self.check()
        yield Acquire(self._renewing)  # a renewal in between would find nothing, or a revision that is gone
        try:
            left = max(UNDO_SECONDS, self._remaining())
            yield from self._pair.channel.send(self._pair.change("DELETE", "/pair", self.revision, left))
        except ENDED as error:
            self._lose(str(error))
            self.check()
        except KeyValueError as error:
            logger.warning("the lease of %r lasts for its time to live: %s", self._pair.key, error)
        finally:
            self._renewing.release()
            self._pair.forget()

    def check(self) -> None:
        """Raise LockLost if it is not held."""
        if not self.is_held:
            raise self.loss or LockLost(f"{self._pair.key!r} is not held: it was given back.")

    def _remaining(self) -> float:
        return self._pair.ttl - self._pair.margin - self._since.elapsed()

    def _lose(self, reason: str) -> None:
        self.loss = LockLost(f"{self._pair.key!r} was lost. {reason}")
        self._ended.set()


def to_holder(value: Any, revision: int) -> Holder:
    """Return the holder that a pair names: as this library writes it, or as a text."""
    name = value.get("holder") if isinstance(value, dict) else value
    return Holder(name if isinstance(name, str) else str(value), revision)
