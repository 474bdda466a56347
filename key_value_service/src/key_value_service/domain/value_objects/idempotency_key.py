"""Idempotency keys: what makes a repetition of a request get the first answer."""

from dataclasses import dataclass

from shared_kernel.domain.rules import RulesBrokenError, Violation

MAX_ANSWER_BYTES = 64 * 1024
"""Of an answer that is kept, as stored."""


@dataclass(slots=True)
class IdempotencyKey:
    """The key of one request. `value` is unique among all callers; requests with the same `fingerprint` are the same.

    The answer is kept for `keep_milliseconds`. `is_replayed` becomes true when the answer is that of an earlier request.
    """

    value: str
    fingerprint: str
    keep_milliseconds: int
    is_replayed: bool = False


class AnswerTooLargeToKeepError(RulesBrokenError):
    """The answer is too large to be kept for a repetition; nothing was done."""

    def __init__(self) -> None:
        message = (
            f"The answer has more than {MAX_ANSWER_BYTES} bytes, too many to be kept for a repetition; nothing was done. Ask for "
            "less at once, or send the request without the field."
        )
        super().__init__([Violation("idempotency-key", "answer_size", message)])
