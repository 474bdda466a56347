"""What an error of the driver or of Tarantool says about the request that failed."""

from asynctnt.exceptions import ErrorCode, TarantoolDatabaseError, TarantoolError, TarantoolNotConnectedError

from shared_kernel.application.availability import DiskFullError, StoreFullError, StoreUnavailableError

FAILURES = (TarantoolError, TimeoutError, OSError)
NOT_LEADER = "not leader"
"""The reason of the refusal by an instance that is not the leader: it has done nothing (tarantool_infra/common/refusals.lua)."""
UNAVAILABLE = "The database is unavailable; try again soon."

_NO_RESPONSE = "The database did not respond in time; the request may or may not have been executed."
_LEADERSHIP_LOST = "leadership was lost"  # of a stored function
_CONNECTION_LOST = "The database became unavailable before it responded; the request may or may not have been executed."
# Of an instance that is not the leader any more. What was waiting for the quorum may be confirmed by the next leader, and what is
# refused by Tarantool itself may have done something before.
_UNKNOWN_OUTCOME = frozenset(
    {
        ErrorCode.ER_READONLY,
        ErrorCode.ER_SYNC_QUORUM_TIMEOUT,
        ErrorCode.ER_SYNC_ROLLBACK,
        ErrorCode.ER_UNCOMMITTED_FOREIGN_SYNC_TXNS,
        ErrorCode.ER_SYNC_QUEUE_UNCLAIMED,
        ErrorCode.ER_SYNC_QUEUE_FOREIGN,
        ErrorCode.ER_TXN_ROLLBACK,
        ErrorCode.ER_SPLIT_BRAIN,
    }
)
# The latter for what was written on top of a write that failed.
_DISK_ERRORS = frozenset({ErrorCode.ER_WAL_IO, ErrorCode.ER_CASCADE_ROLLBACK})


def is_not_executed(error: Exception) -> bool:
    """Return whether the request has certainly done nothing, because the instance is starting."""
    return isinstance(error, TarantoolDatabaseError) and error.code == ErrorCode.ER_LOADING


def explain(error: Exception) -> Exception:
    """Return the exception to raise for a failed request: a database error that is not due to an outage stays as it is."""
    if isinstance(error, TarantoolNotConnectedError):
        return StoreUnavailableError(_CONNECTION_LOST)
    code = error.code if isinstance(error, TarantoolDatabaseError) else None
    if code is None:
        return StoreUnavailableError(_NO_RESPONSE)
    if code == ErrorCode.ER_MEMORY_ISSUE:
        return StoreFullError()
    if code in _DISK_ERRORS:
        return DiskFullError()
    is_unknown = code in _UNKNOWN_OUTCOME or str(error).startswith(_LEADERSHIP_LOST)
    return StoreUnavailableError(_CONNECTION_LOST) if is_unknown else error
