"""What stored functions answer where they refuse: a list that begins with the reason."""

from typing import Any, NoReturn

from key_value_service.domain.entities.namespace import MAX_NAMESPACES
from key_value_service.domain.exceptions import (
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NotANumberError,
    NumberOverflowError,
    OperationRefusedError,
    QuotaExceededError,
    RevisionConflictError,
    TooManyNamespacesError,
)
from key_value_service.domain.value_objects.batch import AnswerTooLargeError


def take(answer: Any) -> Any:
    """Return what a stored function answers. Raises the error that a refusal stands for."""
    if type(answer[0]) is str:
        _refuse(*answer)
    return answer


def _refuse(reason: str, *details: Any) -> NoReturn:
    match reason:
        case "no namespace":
            raise NoSuchNamespaceError
        case "conflict":
            raise RevisionConflictError([(key, revision) for key, revision in details[0]])
        case "quota":
            raise QuotaExceededError(*details)
        case "not empty":
            raise NamespaceNotEmptyError
        case "too many namespaces":
            raise TooManyNamespacesError(MAX_NAMESPACES)
        case "not a number":
            raise NotANumberError
        case "overflow":
            raise NumberOverflowError
        case "too large":
            raise AnswerTooLargeError(*details)
        case "operation":
            succeeded, place, key, why = details
            raise OperationRefusedError(f"{'then' if succeeded else 'else'}.{place}", key, why)
    raise ValueError(f"a stored function refuses for an unknown reason: {reason}")
