"""Calls of stored functions that change pairs, with or without an idempotency key."""

from dataclasses import dataclass
from typing import Any

from key_value_service.domain.value_objects import batch, idempotency_key
from key_value_service.domain.value_objects.idempotency_key import IdempotencyKey
from key_value_service.infrastructure.db.repositories.refusals import REFUSALS
from shared_kernel.infrastructure.stored_functions import unwrap


@dataclass
class Replays:
    """The answers of this process that were answers to earlier requests."""

    count: int = 0


REPLAYS = Replays()

_ANSWER = 4
"""The field of a tuple of the space `idempotency`."""


def find_max_bytes(key: IdempotencyKey | None) -> int:
    """Return the size up to which pairs are answered: fewer where the answer is to be kept."""
    return batch.MAX_ANSWER_BYTES if key is None else idempotency_key.MAX_ANSWER_BYTES


def add_key(arguments: list[Any], key: IdempotencyKey | None) -> list[Any]:
    """Return the arguments of a stored function with the key, if there is one, as the last."""
    if key is not None:
        arguments.append((key.value, key.fingerprint, key.keep_milliseconds))
    return arguments


def unwrap_answer(answer: Any, key: IdempotencyKey | None) -> Any:
    """Return what a stored function answered, now or to an earlier call with the key, or raise the exception for its refusal."""
    if key is not None:
        key.is_replayed, answer = answer
        if key.is_replayed:
            REPLAYS.count += 1
            answer = answer[_ANSWER]
    return unwrap(answer, REFUSALS)
