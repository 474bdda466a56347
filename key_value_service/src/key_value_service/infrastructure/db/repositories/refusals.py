"""Refusals of the stored functions of key_value_service, and the errors that they stand for."""

from key_value_service.domain.entities.namespace import MAX_NAMESPACES
from key_value_service.domain.exceptions import (
    IdempotencyKeyReusedError,
    InvalidWatchTicketError,
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NoSuchRevisionError,
    NotANumberError,
    NumberOverflowError,
    OperationRefusedError,
    QuotaExceededError,
    RevisionConflictError,
    TooManyAnswersError,
    TooManyNamespacesError,
    TooManyWatchTicketsError,
)
from key_value_service.domain.value_objects.batch import AnswerTooLargeError
from key_value_service.domain.value_objects.idempotency_key import AnswerTooLargeToKeepError
from shared_kernel.application.availability import BusyError
from shared_kernel.infrastructure.stored_functions import Refusals

REFUSALS: Refusals = {
    "answer too large": AnswerTooLargeToKeepError,
    "conflict": lambda conflicts: RevisionConflictError([(key, revision) for key, revision in conflicts]),
    "key reused": IdempotencyKeyReusedError,
    "no namespace": NoSuchNamespaceError,
    "no revision": NoSuchRevisionError,
    "no ticket": InvalidWatchTicketError,
    "not a number": NotANumberError,
    "not empty": NamespaceNotEmptyError,
    "operation": lambda branch_holds, place, key, reason: OperationRefusedError(
        f"{'then' if branch_holds else 'else'}.{place}", key, reason
    ),
    "overflow": NumberOverflowError,
    "quota": QuotaExceededError,
    "tickets full": lambda: BusyError("There are as many tickets as the service keeps; try again soon."),
    "too large": AnswerTooLargeError,
    "too many answers": TooManyAnswersError,
    "too many namespaces": lambda: TooManyNamespacesError(MAX_NAMESPACES),
    "too many tickets": TooManyWatchTicketsError,
}
