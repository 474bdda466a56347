"""Answers that are kept for idempotency keys, in memory."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol, TypeVar

from key_value_service.domain.exceptions import (
    IdempotencyKeyReusedError,
    KeyValueError,
    NoSuchNamespaceError,
    TooManyAnswersError,
)
from key_value_service.domain.value_objects.change import Change
from key_value_service.domain.value_objects.idempotency_key import (
    MAX_ANSWER_BYTES,
    AnswerTooLargeToKeepError,
    IdempotencyKey,
)
from key_value_service.domain.value_objects.pair import Pair

Result = TypeVar("Result")


class Store(Protocol):
    """What changes, or not."""

    kept: dict[str, Pair]
    changes: list[Change]
    revision: int


class _Answer(NamedTuple):
    fingerprint: str
    kept_until: datetime
    outcome: object


class KeptAnswers:
    """The answers of one namespace."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._answers: dict[str, _Answer] = {}
        self.is_full = False
        self.is_tried_again = False
        """Whether a refusal is not the answer, because the caller tries again."""

    def answer(self, key: IdempotencyKey | None, work: Callable[[], Result]) -> Result:
        """Return the result of `work` or raise its error: that of the first call with the key, as long as it is kept."""
        if key is None:
            return work()
        outcome: object
        now = datetime.now(UTC)
        kept = self._answers.get(key.value)
        if kept is None or kept.kept_until <= now:
            if self.is_full:
                raise TooManyAnswersError
            outcome = self._work(work)
            self._answers[key.value] = _Answer(key.fingerprint, now + timedelta(milliseconds=key.keep_milliseconds), outcome)
        elif kept.fingerprint != key.fingerprint:
            raise IdempotencyKeyReusedError
        else:
            key.is_replayed, outcome = True, kept.outcome
        if isinstance(outcome, Exception):
            raise outcome
        return outcome  # type: ignore[return-value] # what the first call has returned

    def _work(self, work: Callable[[], Result]) -> Result | KeyValueError:
        self.is_tried_again = False
        store = self._store
        before = store.kept.copy(), store.changes.copy(), store.revision
        try:
            outcome = work()
        except NoSuchNamespaceError:
            raise
        except KeyValueError as error:
            if self.is_tried_again:
                raise
            return error
        if len(str(outcome).encode()) > MAX_ANSWER_BYTES:
            store.kept, store.changes, store.revision = before
            raise AnswerTooLargeToKeepError
        return outcome
